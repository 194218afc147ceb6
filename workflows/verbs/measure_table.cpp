// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/verbs/measure_table.hpp"

#include <utility>

#include <fmt/format.h>

#include "core/log.hpp"
#include "data/flags.hpp"
#include "phot/limits.hpp"

namespace skyweft::workflows {

void MeasureTable::add(const MeasuredFrame& f) {
  const FrameRecord& record = f.work.record;
  limit_e_.resize(f.table.limits_sigma.size());
  limit_mag_.resize(f.table.limits_sigma.size());
  for (std::size_t i = 0; i < f.table.rows.size(); ++i) {
    const phot::ForcedRow& row = f.table.rows[i];
    const auto t = static_cast<std::size_t>(row.target);
    const auto a = static_cast<std::size_t>(row.aperture);
    file_.push_back(printable(record.file));
    frame_id_.push_back(record.id);
    time_.push_back(record.time_utc_mid_jd);
    target_.push_back(printable(f.targets[t].name));
    ra_.push_back(f.directions[t].ra.deg());
    dec_.push_back(f.directions[t].dec.deg());
    x_.push_back(f.places[t].x_px);
    y_.push_back(f.places[t].y_px);
    aperture_.push_back(row.aperture);
    a_.push_back(row.shape.a_px);
    b_.push_back(row.shape.b_px);
    theta_.push_back(row.shape.theta_deg);
    kron_.push_back(row.kron_radius);
    flux_e_.push_back(row.flux_e);
    flux_err_e_.push_back(row.flux_err_e);
    source_.push_back(row.source_err_e);
    sky_.push_back(row.sky_err_e);
    level_.push_back(row.level_err_e);
    flat_.push_back(row.flat_err_e);
    snr_.push_back(row.snr);
    background_.push_back(row.background_e);
    background_err_.push_back(row.background_err_e);
    area_.push_back(row.area_px);
    coverage_.push_back(row.coverage);
    n_masked_.push_back(row.n_masked);
    peak_.push_back(row.peak_e);
    // What lies outside a circle is taken from the curve of growth; Kron ellipses are taken as they
    // are.
    const bool is_circle = f.growth != nullptr && a < f.table.radii_px.size();
    const double correction =
        is_circle ? phot::aperture_correction(*f.growth, f.table.radii_px[a]).correction_mag : 0.0;
    correction_.push_back(is_circle ? correction : kNaN);
    mag_.push_back(f.table.magnitude_of(i) + correction);
    mag_err_.push_back(f.table.magnitude_error_of(i));
    for (std::size_t k = 0; k < limit_e_.size(); ++k) {
      limit_e_[k].push_back(f.table.limit_e(i, k));
      limit_mag_[k].push_back(f.table.limit_mag(i, k) + correction);
    }
    const bool has_empty = a < f.empty.size();
    empty_.push_back(has_empty ? f.empty[a].noise_e : kNaN);
    empty_ratio_.push_back(has_empty ? f.empty[a].ratio : kNaN);
    inside_.push_back(i < f.crowd.inside.size() ? f.crowd.inside[i] : kNaN);
    neighbours_.push_back(i < f.crowd.neighbours.size() ? f.crowd.neighbours[i] : kNaN);
    quality_.push_back(row.quality);
    flags_.push_back(quality_names(row.quality));
  }
}

io::Table MeasureTable::take(const phot::ForcedConfig& config) {
  io::Table t;
  t.name = "FORCED";
  const auto column = [&t](std::string name, const char* unit, std::string meaning, auto& values,
                           const char* ucd = "") {
    t.columns.push_back(
        {std::move(name), unit, std::move(meaning), ucd, std::exchange(values, {})});
  };
  column("file", "", "frame", file_);
  column("frame_id", "", "exposure", frame_id_, "meta.id");
  column("time_utc_mid_jd", "d", "mid-exposure Julian date, UTC", time_, "time.epoch");
  column("target", "", "as asked for", target_, "meta.id;meta.main");
  column("ra_deg", "deg", "where it was then, ICRS", ra_, "pos.eq.ra");
  column("dec_deg", "deg", "where it was then, ICRS", dec_, "pos.eq.dec");
  column("x_px", "pixel", "0-based column, pixel centres at integers", x_, "pos.cartesian.x");
  column("y_px", "pixel", "0-based row, pixel centres at integers", y_, "pos.cartesian.y");
  column("aperture", "", "index of the aperture", aperture_);
  column("a_px", "pixel", "radius, or semi-axis a of the ellipse", a_);
  column("b_px", "pixel", "semi-axis b", b_);
  column("theta_deg", "deg", "of axis a, from +x towards +y", theta_);
  column("kron_radius", "", "first moment, in rms along the axes", kron_);
  column("flux_e", "electron", "background-subtracted sum", flux_e_, "phot.flux");
  column("flux_err_e", "electron", "its error, quadratic sum of the next four", flux_err_e_,
         "stat.error;phot.flux");
  column("source_err_e", "electron", "photons of the source", source_);
  column("sky_err_e", "electron", "sky, dark and read-out", sky_);
  column("level_err_e", "electron", "level of the background", level_);
  column("flat_err_e", "electron", "flat field", flat_);
  column("snr", "", "flux over its error", snr_, "stat.snr");
  column("mag", "mag", "in the catalogue's system, corrected for light outside a circle", mag_,
         "phot.mag");
  column("mag_err", "mag", "error of mag", mag_err_, "stat.error;phot.mag");
  column("correction_mag", "mag", "of that, from the curve of growth", correction_);
  for (std::size_t k = 0; k < limit_e_.size(); ++k) {
    const std::string sigma = fmt::format("{:g}", config.limits_sigma[k]);
    column("limit_" + sigma + "sigma_e", "electron", "upper limit from the error budget",
           limit_e_[k]);
    column("limit_" + sigma + "sigma_mag", "mag", "the same as a magnitude", limit_mag_[k]);
  }
  column("empty_noise_e", "electron", "scatter of empty apertures of this size", empty_);
  column("empty_ratio", "", "that over the error budget: above 1 for correlated noise",
         empty_ratio_);
  column("background_e", "electron", "per pixel", background_);
  column("background_err_e", "electron", "its error", background_err_);
  column("area_px", "pixel2", "of the aperture over usable pixels", area_);
  column("coverage", "", "its share of the whole aperture", coverage_);
  column("n_masked", "", "pixels left out", n_masked_);
  column("peak_e", "electron", "highest pixel above the background", peak_);
  column("light_inside", "", "share of the target's light in the aperture", inside_);
  column("neighbour_light", "", "light of catalogue stars in it, over the target's", neighbours_);
  column("quality", "", "bits, see flags", quality_, "meta.code.qual");
  column("flags", "", "their names", flags_);
  return t;
}

}  // namespace skyweft::workflows

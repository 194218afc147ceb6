// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "io/tables.hpp"
#include "workflows/verbs/export.hpp"

namespace skyweft::workflows {
namespace {

/// Column `ap[star]` of a [star][ap] matrix.
std::vector<float> chosen(const std::vector<float>& matrix, const StarTable& table) {
  std::vector<float> out;
  for (std::size_t s = 0; s < table.aperture.size(); ++s) {
    const std::size_t at =
        s * static_cast<std::size_t>(table.n_ap()) + static_cast<std::size_t>(table.aperture[s]);
    out.push_back(at < matrix.size() ? matrix[at] : kNaNf);
  }
  return out;
}

/// "detect: no star above 5 sigma … (n_sources = 0, threshold 1)"
std::string reason_of(const FrameRecord& f) {
  if (f.reason.empty()) return {};
  const std::string text = f.stage + ": " + f.reason;
  if (f.test.empty()) return text;
  return fmt::format("{} ({} = {:g}, threshold {:g})", text, f.test, f.measured, f.threshold);
}

}  // namespace

io::Table stars_table(const Archive& archive) {
  const StarTable stars = io::read_star_table_h5(archive.star_table().string());
  io::Table t;
  t.name = "STARS";
  t.columns = {
      {"star_id", "", "star id", "meta.id;meta.main", stars.stars.id},
      {"ra_deg", "deg", "right ascension, ICRS", "pos.eq.ra", stars.stars.ra_deg},
      {"dec_deg", "deg", "declination, ICRS", "pos.eq.dec", stars.stars.dec_deg},
      {"mag", "mag", "catalogue magnitude", "phot.mag", stars.stars.mag},
      {"n_points", "", "frames with a magnitude in the chosen aperture", "meta.number",
       stars.n_points},
      {"aperture", "", "index of the aperture chosen by magnitude", "meta.id", stars.aperture}};
  for (std::size_t s = 0; s < kStages.size(); ++s)
    t.columns.push_back({fmt::format("scatter_{}", kStages[s]), "mag",
                         fmt::format("1.4826 MAD after {} in the chosen aperture", kStages[s]),
                         "stat.stdev", chosen(stars.scatter[s], stars)});
  t.columns.push_back(
      {"noise_model", "mag", "expected scatter", "stat.error", chosen(stars.noise_model, stars)});
  t.columns.push_back({"expected_loss", "",
                       "share of a signal's amplitude that TFA is expected to take", "",
                       stars.expected_loss});
  // How each number after the last stage compares, then every stage's other numbers.
  std::vector<float> ratio = chosen(stars.scatter.back(), stars);
  const std::vector<float> model = chosen(stars.noise_model, stars);
  for (std::size_t i = 0; i < ratio.size(); ++i) ratio[i] /= model[i];
  t.columns.push_back({"ratio_to_model", "", "scatter_tfa over noise_model", "", std::move(ratio)});
  const auto stages = [&](const char* name, const char* unit, const char* meaning, const char* ucd,
                          const StageMatrices& of) {
    for (std::size_t s = 0; s < kStages.size(); ++s)
      t.columns.push_back({fmt::format("{}_{}", name, kStages[s]), unit,
                           fmt::format("{} after {} in the chosen aperture", meaning, kStages[s]),
                           ucd, chosen(of[s], stars)});
  };
  stages("rms", "mag", "standard deviation, clipped points left out,", "stat.stdev", stars.rms);
  stages("point_to_point", "mag", "scatter from point to point", "stat.stdev",
         stars.point_to_point);
  stages("white_noise", "mag", "white noise of one point", "stat.stdev", stars.white_noise);
  stages("red_noise", "mag", "red noise", "stat.stdev", stars.red_noise);
  stages("beta", "", "scatter of long bins over what white noise would leave", "", stars.beta);
  stages("n_finite", "", "finite magnitudes", "meta.number", stars.n_finite);
  for (std::size_t g = 0; stars.n_group() > 1 && g < stars.group.size(); ++g) {
    std::vector<std::int32_t> points;
    std::vector<float> scatter;
    for (std::size_t i = g; i < stars.n_points_group.size(); i += stars.group.size()) {
      points.push_back(stars.n_points_group[i]);
      scatter.push_back(stars.scatter_group[i]);
    }
    std::string name = stars.group[g];
    std::ranges::replace(name, '/', '_');
    t.columns.push_back({fmt::format("n_points_{}", name), "",
                         fmt::format("n_points in group {}", stars.group[g]), "meta.number",
                         std::move(points)});
    t.columns.push_back({fmt::format("scatter_{}", name), "mag",
                         fmt::format("1.4826 MAD in group {} after the last stage", stars.group[g]),
                         "stat.stdev", std::move(scatter)});
  }
  return t;
}

io::Table frames_table(const Archive& archive) {
  const auto frames = io::read_frames_table(archive.frames_table().string());
  io::Table t;
  t.name = "FRAMES";
  const auto numbers = [&](const char* name, const char* unit, const char* meaning, auto member) {
    std::vector<double> v;
    for (const FrameRecord& f : frames) v.push_back(f.*member);
    t.columns.push_back({name, unit, meaning, "", std::move(v)});
  };
  const auto counts = [&](const char* name, const char* meaning, auto member) {
    std::vector<std::int64_t> v;
    for (const FrameRecord& f : frames) v.push_back(f.*member);
    t.columns.push_back({name, "", meaning, "meta.number", std::move(v)});
  };
  const auto texts = [&](const char* name, const char* meaning, auto text_of) {
    std::vector<std::string> v;
    for (const FrameRecord& f : frames) v.push_back(text_of(f));
    t.columns.push_back({name, "", meaning, "", std::move(v)});
  };
  counts("frame_id", "exposure", &FrameRecord::id);
  texts("file", "file name", [](const FrameRecord& f) { return f.file; });
  texts("state", "measured or rejected",
        [](const FrameRecord& f) { return std::string{name_of(f.state)}; });
  texts("reason", "stage, message and failed test of a rejected frame", reason_of);
  numbers("time_utc_mid_jd", "d", "mid-exposure Julian date, UTC", &FrameRecord::time_utc_mid_jd);
  numbers("ra_deg", "deg", "right ascension of the frame's centre", &FrameRecord::ra_deg);
  numbers("dec_deg", "deg", "declination of the frame's centre", &FrameRecord::dec_deg);
  numbers("scale_arcsec_px", "arcsec/pixel", "scale at the centre", &FrameRecord::scale_arcsec_px);
  numbers("rotation_deg", "deg", "position angle of +y, east of north", &FrameRecord::rotation_deg);
  counts("n_sources", "stars detected", &FrameRecord::n_sources);
  counts("n_matched", "of them matched to the catalogue", &FrameRecord::n_matched);
  numbers("wcs_rms_px", "pixel", "residual of the plate solution", &FrameRecord::wcs_rms_px);
  numbers("fwhm_px", "pixel", "median FWHM", &FrameRecord::fwhm_px);
  numbers("bg_e", "electron", "median background per pixel", &FrameRecord::bg_e);
  numbers("zero_point", "mag", "catalogue minus instrumental magnitude", &FrameRecord::zero_point);
  numbers("airmass", "", "at the frame's centre", &FrameRecord::airmass);
  numbers("transparency", "", "relative to the clearest frames, extinction taken off",
          &FrameRecord::transparency);
  numbers("depth_mag", "mag", "of 5 sigma in the middle aperture", &FrameRecord::depth_mag);
  numbers("zero_point_err", "mag", "standard error of the zero point",
          &FrameRecord::zero_point_err);
  numbers("zero_point_colour", "", "colour term of the zero point",
          &FrameRecord::zero_point_colour);
  numbers("zero_point_scatter", "mag", "of stars about the zero point",
          &FrameRecord::zero_point_scatter);
  counts("n_zero_point", "stars the zero point was taken from", &FrameRecord::n_zero_point);
  texts("psf_model", "star shape fitted to pixels",
        [](const FrameRecord& f) { return f.psf_model; });
  counts("psf_n_star", "stars it was fitted to", &FrameRecord::psf_n_star);
  numbers("psf_fwhm_px", "pixel", "its width at the frame's centre", &FrameRecord::psf_fwhm_px);
  numbers("psf_elongation", "", "its major over minor axis there", &FrameRecord::psf_elongation);
  numbers("psf_chi2", "", "chi squared per degree of freedom of its fit", &FrameRecord::psf_chi2);
  numbers("shift_x_px", "pixel", "added to all x by re-centring", &FrameRecord::shift_x_px);
  numbers("shift_y_px", "pixel", "added to all y by re-centring", &FrameRecord::shift_y_px);
  texts("solved_by", "previous, header, hint, blind or reference",
        [](const FrameRecord& f) { return f.solved_by; });
  numbers("log_odds", "", "of the plate solution, natural logarithm", &FrameRecord::log_odds);
  numbers("hour_angle_deg", "deg", "of the frame's centre", &FrameRecord::hour_angle_deg);
  numbers("zenith_distance_deg", "deg", "of the frame's centre", &FrameRecord::zenith_distance_deg);
  numbers("azimuth_deg", "deg", "of the frame's centre, east of north", &FrameRecord::azimuth_deg);
  numbers("sun_altitude_deg", "deg", "of the Sun", &FrameRecord::sun_altitude_deg);
  numbers("moon_altitude_deg", "deg", "of the Moon", &FrameRecord::moon_altitude_deg);
  numbers("moon_separation_deg", "deg", "Moon to the frame's centre",
          &FrameRecord::moon_separation_deg);
  numbers("moon_lit", "", "lit fraction of the Moon's disc", &FrameRecord::moon_lit);
  texts("camera", "as the configuration calls it", [](const FrameRecord& f) { return f.camera; });
  texts("channel", "of a mosaic", [](const FrameRecord& f) { return f.channel; });
  texts("filter", "as the header has it", [](const FrameRecord& f) { return f.filter; });
  counts("n_masked", "pixels that are not used", &FrameRecord::n_masked);
  texts("masters", "what the frame was corrected with, and what was missing",
        [](const FrameRecord& f) { return f.masters; });
  return t;
}

}  // namespace skyweft::workflows

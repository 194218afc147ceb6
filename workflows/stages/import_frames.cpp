// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/stages/import_frames.hpp"

#include <algorithm>
#include <cmath>

#include "core/lsq.hpp"
#include "core/robust.hpp"
#include "sky/projection.hpp"
#include "sky/time.hpp"
#include "sky/wcs.hpp"

namespace skyweft::workflows {
namespace {

constexpr double kMagOfError = 1.0857362047581296;  ///< 2.5 / ln 10

/// The highest order up to 3 with three stars per coefficient; 0: too few.
int order_for(std::size_t n_star) {
  for (const int order : {3, 2, 1})
    if (n_star >= 3 * static_cast<std::size_t>(sky::n_wcs_terms(order))) return order;
  return 0;
}

/// x and y as polynomials in the plane tangent at `centre`; invalid when there are too few stars.
Wcs fit_wcs(const SkyPos& centre, const std::vector<SkyPos>& where, const std::vector<double>& x,
            const std::vector<double>& y, double& rms_px) {
  Wcs wcs;
  wcs.centre = centre;
  const int order = order_for(where.size());
  if (order == 0) return wcs;
  const sky::TangentPlane plane{centre};
  std::vector<sky::PlanePos> places;
  double reach = 0.0;
  for (const SkyPos& one : where) {
    places.push_back(plane.project(one).value_or(sky::PlanePos{kNaN, kNaN}));
    reach = std::fmax(reach, std::hypot(places.back().xi_deg, places.back().eta_deg));
  }
  if (!(reach > 0.0)) return wcs;
  wcs.unit_deg = reach;
  Eigen::MatrixXd design(static_cast<Eigen::Index>(where.size()), sky::n_wcs_terms(order));
  std::vector<double> terms(static_cast<std::size_t>(sky::n_wcs_terms(order)));
  for (std::size_t i = 0; i < places.size(); ++i) {
    sky::wcs_terms(places[i].xi_deg / reach, places[i].eta_deg / reach, order, terms);
    for (std::size_t k = 0; k < terms.size(); ++k)
      design(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(k)) = terms[k];
  }
  const std::vector<double> weight(where.size(), 1.0);
  const LinearFit fit_x = fit_linear_clipped(design, x, weight);
  const LinearFit fit_y = fit_linear_clipped(design, y, weight);
  if (!fit_x.ok() || !fit_y.ok()) return wcs;
  wcs.order = order;
  wcs.cx.assign(fit_x.coefficients.begin(), fit_x.coefficients.end());
  wcs.cy.assign(fit_y.coefficients.begin(), fit_y.coefficients.end());
  rms_px = std::hypot(fit_x.residual_rms, fit_y.residual_rms);
  return wcs;
}

double median_at(const std::vector<float>& column, const std::vector<std::size_t>& rows) {
  std::vector<double> values;
  for (const std::size_t row : rows)
    if (std::isfinite(column[row])) values.push_back(static_cast<double>(column[row]));
  return values.empty() ? kNaN : median_in_place(std::span<double>{values});
}

}  // namespace

std::vector<double> table_radii(const io::TableOptions& options) {
  return options.radii_px.empty() ? std::vector<double>{kNaN} : options.radii_px;
}

FluxTable fluxes_of(const io::PhotometryTable& table, const io::TableOptions& options,
                    const std::vector<FrameRecord>& records,
                    const std::vector<std::int64_t>& frame_of_row) {
  FluxTable out{.n_ap = table.n_ap, .flux_e = {}, .flux_err_e = {}, .bg_e = {}};
  out.flux_e.reserve(table.value.size());
  out.flux_err_e.reserve(table.value.size());
  for (std::size_t at = 0; at < table.value.size(); ++at) {
    const auto frame =
        static_cast<std::size_t>(frame_of_row[at / static_cast<std::size_t>(table.n_ap)]);
    const double flux_e =
        table.is_flux ? table.value[at] * options.gain_e_per_adu
                      : records[frame].exposure_s *
                            std::pow(10.0, 0.4 * (options.zero_point_mag - table.value[at]));
    const double error_e = table.error_is_mag ? std::abs(flux_e) * table.error[at] / kMagOfError
                                              : table.error[at] * options.gain_e_per_adu;
    out.flux_e.push_back(static_cast<float>(flux_e));
    out.flux_err_e.push_back(static_cast<float>(error_e));
  }
  for (const float background_adu : table.background_adu)
    out.bg_e.push_back(background_adu * static_cast<float>(options.gain_e_per_adu));
  return out;
}

FrameFiller::FrameFiller(const io::PhotometryTable& table, const FluxTable& fluxes,
                         const TableStars& stars, const TableFrames& frames,
                         const steps::FrameOptions& options)
    : table_(table), fluxes_(fluxes), stars_(stars), options_(options) {
  rows_of_frame_.resize(frames.records.size());
  for (std::size_t row = 0; row < frames.frame_of_row.size(); ++row)
    rows_of_frame_[static_cast<std::size_t>(frames.frame_of_row[row])].push_back(row);
  sky::Vec3 sum{0.0, 0.0, 0.0};
  const StarCatalog& list = stars.stars;
  for (std::size_t s = 0; s < list.id.size(); ++s) {
    const sky::Vec3 v =
        sky::unit_vector({Angle::from_deg(list.ra_deg[s]), Angle::from_deg(list.dec_deg[s])});
    for (std::size_t i = 0; i < 3; ++i) sum[i] += v[i];
  }
  centre_ = sky::direction_of(sum);
  const auto is_known = [](float v) { return std::isfinite(v); };
  has_places_ =
      std::ranges::any_of(table.x_px, is_known) && std::ranges::any_of(table.y_px, is_known);
  if (has_places_) return;
  const Wcs plane = sky::linear_wcs(centre_, 1.0, 0.0, false, {0.0, 0.0});
  for (std::size_t s = 0; s < list.id.size(); ++s) {
    const PixelPos at =
        sky::to_pixel(plane, {Angle::from_deg(list.ra_deg[s]), Angle::from_deg(list.dec_deg[s])});
    x_px_.push_back(static_cast<float>(at.x_px));
    y_px_.push_back(static_cast<float>(at.y_px));
  }
}

void FrameFiller::place(std::int64_t i_frame, FrameRecord& record, FrameBlock& block,
                        std::int64_t row) const {
  PixelPos middle{0.0, 0.0};
  if (has_places_) {
    std::vector<SkyPos> where;
    std::vector<double> x;
    std::vector<double> y;
    for (const std::size_t r : rows_of_frame_[static_cast<std::size_t>(i_frame)]) {
      if (!std::isfinite(table_.x_px[r]) || !std::isfinite(table_.y_px[r])) continue;
      const auto s = static_cast<std::size_t>(stars_.star_of_row[r]);
      where.push_back(
          {Angle::from_deg(stars_.stars.ra_deg[s]), Angle::from_deg(stars_.stars.dec_deg[s])});
      x.push_back(static_cast<double>(table_.x_px[r]));
      y.push_back(static_cast<double>(table_.y_px[r]));
    }
    record.wcs = fit_wcs(centre_, where, x, y, record.wcs_rms_px);
    if (record.wcs.valid()) {
      const auto [x_low, x_high] = std::ranges::minmax(x);
      const auto [y_low, y_high] = std::ranges::minmax(y);
      middle = {0.5 * (x_low + x_high), 0.5 * (y_low + y_high)};
    }
  } else {
    record.wcs = sky::linear_wcs(centre_, 1.0, 0.0, false, {0.0, 0.0});
    std::ranges::copy(x_px_, block.points.x_px.begin() + row * block.n_star);
    std::ranges::copy(y_px_, block.points.y_px.begin() + row * block.n_star);
  }
  record.ra_deg = centre_.ra.deg();
  record.dec_deg = centre_.dec.deg();
  if (!record.wcs.valid()) return;
  record.solved_by = "table";
  const SkyPos centre = sky::to_sky(record.wcs, middle);
  if (std::isfinite(centre.ra.deg())) {
    record.ra_deg = centre.ra.deg();
    record.dec_deg = centre.dec.deg();
  }
  record.scale_arcsec_px = sky::scale_arcsec_px(record.wcs, middle);
  record.rotation_deg = sky::rotation_deg(record.wcs, middle);
}

void FrameFiller::note_conditions(FrameRecord& record) const {
  const sky::FrameTime time =
      sky::frame_time(record.time_utc_mid_jd, options_.site, options_.leap_seconds);
  record.time_tdb_mid_jd = time.tdb_jd;
  std::ranges::copy(time.observer_bary_ls, record.observer_bary_ls);
  const bool is_anywhere = options_.site == Site{};  // not known: nothing is above
  if (is_anywhere) return;
  std::ranges::copy(time.zenith, record.zenith);
  const SkyPos centre{Angle::from_deg(record.ra_deg), Angle::from_deg(record.dec_deg)};
  record.hour_angle_deg = sky::hour_angle(record.time_utc_mid_jd, options_.site, centre).deg();
  record.zenith_distance_deg = sky::zenith_distance(time, centre).deg();
  if (!std::isfinite(record.airmass)) record.airmass = sky::airmass(time, centre);
}

std::int64_t FrameFiller::fill(std::int64_t i_frame, FrameRecord& record, FrameBlock& block,
                               std::int64_t row) const {
  const auto& rows = rows_of_frame_[static_cast<std::size_t>(i_frame)];
  place(i_frame, record, block, row);
  std::int64_t n_repeated = 0;
  std::vector<std::uint8_t> taken(stars_.stars.id.size(), 0);
  const auto n_ap = static_cast<std::size_t>(block.n_ap);
  PointColumns& points = block.points;
  const auto first = static_cast<std::size_t>(row * block.n_star);
  std::fill_n(points.quality.begin() + row * block.n_star, block.n_star, quality::not_measured);
  for (const std::size_t r : rows) {
    const auto s = static_cast<std::size_t>(stars_.star_of_row[r]);
    if (taken[s]++ != 0) {
      taken[s] = 1;
      ++n_repeated;
      continue;
    }
    const std::size_t at = first + s;
    bool is_measured = false;
    for (std::size_t a = 0; a < n_ap; ++a) {
      points.flux_e[at * n_ap + a] = fluxes_.flux_e[r * n_ap + a];
      points.flux_err_e[at * n_ap + a] = fluxes_.flux_err_e[r * n_ap + a];
      is_measured = is_measured || points.flux_e[at * n_ap + a] > 0.0F;
    }
    if (has_places_) {
      points.x_px[at] = table_.x_px[r];
      points.y_px[at] = table_.y_px[r];
    }
    points.bg_e[at] = fluxes_.bg_e[r];
    points.quality[at] = is_measured ? 0 : quality::not_measured;
    record.n_matched += is_measured ? 1 : 0;
  }
  record.bg_e = median_at(fluxes_.bg_e, rows);
  record.fwhm_px = median_at(table_.fwhm_px, rows);
  record.airmass = median_at(table_.airmass, rows);
  note_conditions(record);
  if (record.n_matched == 0) {
    record.state = FrameState::rejected;
    record.stage = "frames";
    record.reason = "no star has a flux above zero";
    record.test = "stars_with_flux";
    record.measured = 0.0;
    record.threshold = 1.0;
  }
  return n_repeated;
}

}  // namespace skyweft::workflows

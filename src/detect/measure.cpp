// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/measure.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "detect/aperture.hpp"
#include "detect/centroid.hpp"

namespace skyweft::detect {
namespace {

constexpr double kUndersampled_px = 1.5;
constexpr float kOwnShapeSnr = 20.0f;
constexpr double kLeastVar = 1e-4;

struct Place {
  Centroid at;
  Covariance shape;
  double sharp_px = 0.0;
  bool found = false;
};

Place windowed_place(const Frame& frame, const Background& background, const Candidate& c,
                     const StarWindow& window, double reach_px, Stamp& scratch) {
  const WindowedStar s =
      windowed_star(frame, background, c.x_px, c.y_px, window, reach_px, scratch);
  return {{s.x_px, s.y_px, s.pos_err_px}, s.shape, kNaN, s.converged};
}

Place fitted_place(const Frame& frame, const Background& background, const Candidate& c,
                   const MeasureRule& rule, Stamp& scratch) {
  const int radius = std::clamp(static_cast<int>(std::ceil(1.2 * rule.stars.fwhm_px)), 2, 30);
  cut_stamp(frame, background, std::llround(c.x_px), std::llround(c.y_px), radius,
            {.refused = mask::unusable, .mirrored = false}, scratch);
  std::optional<PixelGaussian> fit;
  if (c.snr >= kOwnShapeSnr)
    fit = gaussian_centroid(scratch, c.x_px, c.y_px, rule.stars.shape, false, rule.max_shift_px);
  if (!fit)
    fit = gaussian_centroid(scratch, c.x_px, c.y_px, rule.stars.shape, true, rule.max_shift_px);
  if (!fit) return {};
  return {fit->at, fit->shape, kNaN, true};
}

Place box_place(const Frame& frame, const Background& background, const Candidate& c,
                const MeasureRule& rule, Stamp& scratch) {
  const bool quadratic = rule.method == CentroidMethod::quadratic;
  const int radius =
      quadratic ? 3 : std::clamp(static_cast<int>(std::ceil(1.2 * rule.stars.fwhm_px)), 2, 30);
  cut_stamp(frame, background, std::llround(c.x_px), std::llround(c.y_px), radius,
            {.refused = mask::unusable, .mirrored = true}, scratch);
  const std::optional<Centroid> at =
      quadratic ? quadratic_centroid(scratch) : mean_centroid(scratch);
  if (!at || !(std::hypot(at->x_px - c.x_px, at->y_px - c.y_px) < rule.max_shift_px)) return {};
  return {*at, {}, kNaN, true};
}

MaskBits bits_within(const Frame& frame, double x_px, double y_px, double radius_px) {
  const std::int64_t x0 = std::max<std::int64_t>(0, std::lround(std::ceil(x_px - radius_px)));
  const std::int64_t x1 = std::min(frame.nx() - 1, std::lround(std::floor(x_px + radius_px)));
  const std::int64_t y0 = std::max<std::int64_t>(0, std::lround(std::ceil(y_px - radius_px)));
  const std::int64_t y1 = std::min(frame.ny() - 1, std::lround(std::floor(y_px + radius_px)));
  unsigned bits = 0;
  for (std::int64_t y = y0; y <= y1; ++y) {
    const MaskBits* row = frame.mask.row(y).data();
    const double dy = static_cast<double>(y) - y_px;
    for (std::int64_t x = x0; x <= x1; ++x) {
      const double dx = static_cast<double>(x) - x_px;
      bits |= dx * dx + dy * dy <= radius_px * radius_px ? row[x] : MaskBits{0};
    }
  }
  return static_cast<MaskBits>(bits);
}

SourceBits flags_of(const Source& s, const Frame& frame, const MeasureRule& rule, bool found,
                    double core_px) {
  unsigned flags = found ? 0u : source_flag::no_centroid;
  if ((s.mask & mask::saturated) != 0) flags |= source_flag::saturated;
  if ((s.mask & mask::unusable & ~mask::saturated) != 0) flags |= source_flag::bad_pixel;
  const bool inside = s.x_px - core_px > -0.5 && s.y_px - core_px > -0.5 &&
                      s.x_px + core_px < static_cast<double>(frame.nx()) - 0.5 &&
                      s.y_px + core_px < static_cast<double>(frame.ny()) - 0.5;
  if (!inside) flags |= source_flag::edge;
  const double snr = std::max(1.0, static_cast<double>(s.snr));
  const double wide = rule.stars.fwhm_px * std::max(1.5, 1.0 + 3.0 / snr);
  const double long_ = rule.stars.elongation * (1.5 + 6.0 / snr);
  if (s.shape.fwhm_px > wide) flags |= source_flag::wide;
  if (s.shape.elongation > long_) flags |= source_flag::elongated;
  return static_cast<SourceBits>(flags);
}

}  // namespace

CentroidMethod centroid_method(const std::string& name, double fwhm_px) {
  if (name == "windowed") return CentroidMethod::windowed;
  if (name == "quadratic") return CentroidMethod::quadratic;
  if (name == "gaussian") return CentroidMethod::gaussian;
  if (name == "mean") return CentroidMethod::mean;
  if (name == "peak") return CentroidMethod::peak;
  return fwhm_px < kUndersampled_px ? CentroidMethod::gaussian : CentroidMethod::windowed;
}

std::optional<Source> measure_source(const Frame& frame, const Background& background,
                                     const Candidate& candidate, const MeasureRule& rule,
                                     Stamp& scratch) {
  const bool plateau = candidate.plateau_px > 0.0;
  const double fwhm_px = rule.stars.fwhm_px;
  const double reach_px = plateau ? candidate.plateau_px + 1.0 : rule.max_shift_px;
  const bool broad = 2.0 * candidate.plateau_px > rule.window.fwhm_px();
  const double window_px = broad ? 2.0 * candidate.plateau_px : rule.window.fwhm_px();
  const Place windowed =
      broad ? windowed_place(frame, background, candidate, StarWindow{window_px}, reach_px, scratch)
            : windowed_place(frame, background, candidate, rule.window, reach_px, scratch);
  Place place = windowed;
  if (!plateau && (rule.method == CentroidMethod::gaussian))
    place = fitted_place(frame, background, candidate, rule, scratch);
  else if (!plateau &&
           (rule.method == CentroidMethod::quadratic || rule.method == CentroidMethod::mean))
    place = box_place(frame, background, candidate, rule, scratch);
  if (!std::isfinite(place.shape.xx)) place.shape = windowed.shape;
  Source s;
  s.x_px = place.at.x_px;
  s.y_px = place.at.y_px;
  const bool as_found =
      !place.found || candidate.bled || (!plateau && rule.method == CentroidMethod::peak);
  if (as_found) s.x_px = candidate.x_px, s.y_px = candidate.y_px;
  if (!place.found) place.at.pos_err_px = windowed.at.pos_err_px;
  const double least_err = plateau ? 0.1 * candidate.plateau_px : 0.0;
  s.pos_err_px = static_cast<float>(std::max(rule.noise_scale * place.at.pos_err_px, least_err));
  const double most_var = 9.0 * std::pow(window_px / kFwhmPerSigma, 2);
  s.shape = shape_of(place.shape, kLeastVar, most_var);
  s.sharp_px = shape_of(windowed.shape, kLeastVar, most_var).fwhm_px;
  s.snr = candidate.snr;
  const QuickFlux flux = quick_flux(frame, background, s.x_px, s.y_px,
                                    2.0 * std::max(fwhm_px, 2.0 * candidate.plateau_px), scratch);
  if (!(flux.flux_e > 0.0)) return {};
  s.flux_e = static_cast<float>(flux.flux_e);
  s.flux_err_e = static_cast<float>(rule.noise_scale * flux.err_e);
  s.peak_e = flux.peak_e;
  const double core_px = std::max(1.0, fwhm_px);
  s.mask = bits_within(frame, s.x_px, s.y_px, core_px);
  s.flags = flags_of(s, frame, rule, place.found, core_px);
  return s;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/annulus.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"
#include "phot/star_order.hpp"

namespace skyweft::phot {
namespace {

constexpr int kClipRounds = 5;
constexpr double kSkewed = 0.3;  // |mean − median| / σ where a mode is no longer one

SkyEstimate estimate_of(const std::string& name) {
  if (name == "mode") return SkyEstimate::mode;
  if (name == "mean") return SkyEstimate::mean;
  if (name == "plane") return SkyEstimate::plane;
  if (name == "map") return SkyEstimate::map;
  return SkyEstimate::median;
}

double median_error(const ClippedSummary& sky) {
  return sky.sigma * std::sqrt(0.5 * kPi / static_cast<double>(sky.n));
}

LocalBackground from_values(const ClippedSummary& sky, SkyEstimate estimate) {
  LocalBackground out;
  out.n_pixel = sky.n;
  out.level_e = sky.median;
  out.error_e = median_error(sky);
  const double n = static_cast<double>(sky.n);
  if (estimate == SkyEstimate::mean) {
    out.level_e = sky.mean;
    out.error_e = sky.sigma / std::sqrt(n);
  } else if (estimate == SkyEstimate::mode &&
             std::abs(sky.mean - sky.median) <= kSkewed * sky.sigma) {
    out.level_e = 2.5 * sky.median - 1.5 * sky.mean;
    out.error_e = sky.sigma * std::sqrt((6.25 * 0.5 * kPi + 2.25 - 7.5) / n);
  }
  return out;
}

}  // namespace

SkyMeter::SkyMeter(const Frame& frame, const Grid<float>& background_e,
                   const Grid<float>& background_rms_e, const Annulus& annulus,
                   const ApertureConfig& config)
    : frame_(&frame),
      background_e_(&background_e),
      background_rms_e_(&background_rms_e),
      annulus_(annulus),
      estimate_(estimate_of(config.background)),
      clip_(config.background_clip),
      least_pixels_(config.min_background_pixels),
      pixels_(frame) {}

LocalBackground SkyMeter::of_map(double x, double y) const {
  const auto at = [&](const Grid<float>& map) {
    if (map.empty()) return kNaN;
    const std::int64_t ix = std::clamp<std::int64_t>(std::llround(x), 0, map.nx() - 1);
    const std::int64_t iy = std::clamp<std::int64_t>(std::llround(y), 0, map.ny() - 1);
    return static_cast<double>(map(ix, iy));
  };
  LocalBackground out;
  out.level_e = at(*background_e_);
  out.error_e = at(*background_rms_e_) * std::sqrt(0.5 * kPi / static_cast<double>(least_pixels_));
  if (estimate_ != SkyEstimate::map || !std::isfinite(out.level_e) || !std::isfinite(out.error_e))
    out.quality = quality::background_unreliable;
  return out;
}

LocalBackground SkyMeter::at(double x, double y) {
  if (estimate_ == SkyEstimate::map) return of_map(x, y);
  if (estimate_ == SkyEstimate::plane) {
    pixels_.gather(x, y, annulus_.inner_px, annulus_.outer_px, positioned_);
    const auto& value = positioned_.value;
    if (static_cast<std::int64_t>(value.size()) < least_pixels_) return of_map(x, y);
    sample_.reset(value.size());
    for (std::size_t i = 0; i < value.size(); ++i) sample_.value[i] = static_cast<float>(value[i]);
    sample_.n = value.size();
    const ClippedSummary sky = clipped_sky(sample_, clip_, kClipRounds, frame_->gain_e_per_adu);
    const ClippedPlane plane =
        clipped_plane(positioned_, sky.median, sky.sigma, clip_, kClipRounds);
    if (plane.n < least_pixels_) return of_map(x, y);
    return {.level_e = plane.level,
            .error_e = plane.level_error,
            .slope_x_e = plane.slope_x,
            .slope_y_e = plane.slope_y,
            .n_pixel = plane.n};
  }
  pixels_.gather(x, y, annulus_.inner_px, annulus_.outer_px, sample_);
  if (static_cast<std::int64_t>(sample_.n) < least_pixels_) return of_map(x, y);
  const ClippedSummary sky = clipped_sky(sample_, clip_, kClipRounds, frame_->gain_e_per_adu);
  if (sky.n < least_pixels_) return of_map(x, y);
  return from_values(sky, estimate_);
}

std::vector<LocalBackground> local_backgrounds(const Frame& frame, const Grid<float>& background_e,
                                               const Grid<float>& background_rms_e,
                                               std::span<const double> x_px,
                                               std::span<const double> y_px, double fwhm_px,
                                               const ApertureConfig& config) {
  SkyMeter meter(frame, background_e, background_rms_e, annulus_for(config, fwhm_px), config);
  const std::vector<std::size_t> order = order_by_place(x_px, y_px);
  for (const std::size_t i : order) meter.exclude(x_px[i], y_px[i]);
  std::vector<LocalBackground> out(x_px.size(), {.level_e = kNaN, .error_e = kNaN});
  for (const std::size_t i : order) out[i] = meter.at(x_px[i], y_px[i]);
  return out;
}

}  // namespace skyweft::phot

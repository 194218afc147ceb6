// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "phot/aperture_config.hpp"
#include "phot/sky_pixels.hpp"
#include "phot/sky_plane.hpp"
#include "phot/sky_statistics.hpp"

namespace skyweft::phot {

/// The sky at a star.
struct LocalBackground {
  double level_e = 0.0;    ///< per pixel, at the star's place; NaN when unknown
  double error_e = 0.0;    ///< standard error of the level
  double slope_x_e = 0.0;  ///< per px, with background = "plane"
  double slope_y_e = 0.0;
  std::int64_t n_pixel = 0;  ///< that gave the level; 0: it is the map's
  QualityBits quality = 0;   ///< background_unreliable, or nothing
};

/// How the annulus gives one number (ApertureConfig::background).
enum class SkyEstimate { median, mode, mean, plane, map };

/// Measures the background at the stars of one frame (science.md 3.6). Borrows its arguments.
///
/// With n pixels left of the annulus after clipping about their median, and σ their standard
/// deviation, level and standard error are
///   median  grouped over steps of one ADU; σ √(π/2n)
///   mode    2.5 median − 1.5 mean, or the median where these differ by more than 0.3 σ (Bertin &
///           Arnouts 1996); σ √((6.25 π/2 + 2.25 − 7.5)/n), as the covariance of mean and median of
///           a Gaussian is σ²/n
///   mean    σ/√n
///   plane   B + g_x Δx + g_y Δy, clipped about the plane: B; σ √((AᵀA)⁻¹_BB)
///   map     no annulus: the map's value; rms √(π/2 min_background_pixels)
/// Fewer pixels than min_background_pixels: as "map" with quality::background_unreliable; without a
/// map NaN.
class SkyMeter {
 public:
  /// The maps have the frame's shape, or are empty.
  SkyMeter(const Frame& frame, const Grid<float>& background_e, const Grid<float>& background_rms_e,
           const Annulus& annulus, const ApertureConfig& config);

  /// Takes a listed star's surroundings out of the background; before any at(). |x|, |y| < 1e9.
  void exclude(double x_px, double y_px) { pixels_.exclude(x_px, y_px, annulus_.exclusion_px); }

  /// The background at (x, y), |x|, |y| < 1e9. Collective: no. Throws: never.
  LocalBackground at(double x_px, double y_px);

 private:
  LocalBackground of_map(double x_px, double y_px) const;

  const Frame* frame_;
  const Grid<float>* background_e_;
  const Grid<float>* background_rms_e_;
  Annulus annulus_;
  SkyEstimate estimate_;
  double clip_;
  std::int64_t least_pixels_;
  SkyPixels pixels_;
  SkySample sample_;        // scratch
  PlaneSample positioned_;  // scratch
};

/// The background at all listed stars of a frame, [star], each star's surroundings left out for
/// all. A place that is not finite has none (NaN). `config.radii_px` must be in use. Collective:
/// no. Throws as annulus_for().
std::vector<LocalBackground> local_backgrounds(const Frame& frame, const Grid<float>& background_e,
                                               const Grid<float>& background_rms_e,
                                               std::span<const double> x_px,
                                               std::span<const double> y_px, double fwhm_px,
                                               const ApertureConfig& config);

}  // namespace skyweft::phot

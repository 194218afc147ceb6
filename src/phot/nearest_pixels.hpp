// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

#include "data/frame.hpp"

namespace skyweft::phot {

/// Distances [px] from a star's place to the nearest pixel of each kind, infinite without one: an
/// aperture touches it when its radius is larger.
struct Nearest {
  static constexpr double kFar = std::numeric_limits<double>::infinity();
  double edge = kFar;      ///< of the frame; 0 outside
  double unusable = kFar;  ///< unusable or not finite, and neither saturated nor only a cosmic ray
  double cosmic = kFar;
  double saturated = kFar;
  double leaked = kFar;
  double interpolated = kFar;
  bool all_finite = true;  ///< every signal and variance of the box that was looked at

  /// An aperture of this radius has all its light, or light that is known to be wrong (saturated).
  bool is_clean(double radius_px) const noexcept {
    return radius_px <= edge && radius_px <= unusable && radius_px <= cosmic;
  }
};

/// Looks at the pixels that a circle of this radius about (x, y) may touch. |x|, |y| < 1e9.
/// Collective: no. Throws: never.
Nearest nearest_pixels(const Frame& frame, double x_px, double y_px, double radius_px) noexcept;

/// Asks for these pixels early, so that nearest_pixels() need not wait for them.
void fetch_pixels(const Frame& frame, double x_px, double y_px, double radius_px) noexcept;

/// The distance from a place to the nearest point of the pixel (dx, dy) away.
double distance_to_pixel(double dx, double dy) noexcept;

}  // namespace skyweft::phot

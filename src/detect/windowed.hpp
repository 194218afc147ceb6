// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

/// What one star looks like through a Gaussian window.
struct WindowedShape {
  double x_px = kNaN;
  double y_px = kNaN;
  double fwhm_px = kNaN;  ///< √(a b)·2.3548, the window divided out, at most 3 windows
  double elongation = kNaN;
  bool converged = false;
};

/// Centres a Gaussian window on the star: x ← x + 2 Σ w I (x'−x)/Σ w I until it moves less than
/// 1e-4 px, at most 16 times (SExtractor XWIN; science.md 3.7), and takes second moments there.
///
/// The window's sigma is `fwhm_px`/2.3548. Unusable pixels and pixels off the frame are left out
/// together with their mirror image about the centre; saturated pixels are used as they are.
/// Not converged: it left the starting pixel by more than `max_shift_px` or found no light.
/// Collective: no. Throws: never.
WindowedShape windowed_shape(const Frame& frame, const Background& background, double x_px,
                             double y_px, double fwhm_px, double max_shift_px);

/// Sums signal minus background inside `radius_px`, edge pixels weighted linearly; unusable pixels
/// are left out, saturated ones are not.
double quick_flux_e(const Frame& frame, const Background& background, double x_px, double y_px,
                    double radius_px);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/stamp.hpp"

namespace skyweft::detect {

/// The light in a circle, good enough to sort sources; light curves are measured in phot.
struct QuickFlux {
  double flux_e = 0.0;
  double err_e = 0.0;   ///< from the pixels' variances
  float peak_e = 0.0f;  ///< the brightest of the 3 x 3 pixels at the centre, at least 0
};

/// Sums signal minus background inside `radius_px`, edge pixels weighted linearly by distance.
///
/// Unusable pixels and pixels off the frame are left out, saturated ones are not. `scratch` is used
/// as memory; a stamp of this frame in it that is whole, centred and large enough is not cut again
/// (one of another frame must not be left in it). Collective: no. Throws: never.
QuickFlux quick_flux(const Frame& frame, const Background& background, double x_px, double y_px,
                     double radius_px, Stamp& scratch);

}  // namespace skyweft::detect

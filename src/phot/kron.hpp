// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/frame.hpp"
#include "phot/ellipse_overlap.hpp"
#include "phot/forced_sky.hpp"

namespace skyweft::phot {

/// The form of a source's light: its rms along the axes of an ellipse.
struct LightShape {
  Ellipse rms;            ///< a >= b, theta in (−90, 90]
  bool measured = false;  ///< false: a circle of the starting width
};

/// Measures second moments about a given place in a Gaussian window of the source's own form
/// (adaptive moments: Bernstein & Jarvis 2002, section 3), which starts as a circle of
/// `start_sigma_px`.
///
/// With M the moments in a window W, W ← (M⁻¹ − W⁻¹)⁻¹ until nothing moves by 1e-5: then W is the
/// form of a Gaussian source exactly, its pixel part of it; long wings count little. Unusable
/// pixels are left out. Not measured: the light in the window is not positive or has S/N below 5,
/// the form does not settle in 60 rounds, or is narrower than 0.2 px or wider than 100 px.
/// Collective: no. Throws: never.
LightShape adaptive_shape(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                          double start_sigma_px);

/// Computes the first moment Σ r I / Σ I of the light (Kron 1980) over pixel centres within 6 rms
/// of the ellipse; r in units of its axes (Bertin & Arnouts 1996, section 7.4).
///
/// I is the signal without the sky; unusable pixels are left out. NaN when either sum is not
/// positive or the result lies outside the ellipse: noise. Cost: the area of the ellipse.
/// Collective: no. Throws: never.
double kron_radius(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                   const Ellipse& rms);

/// The ellipse that holds a source's light.
struct KronAperture {
  Ellipse ellipse;
  double kron_radius = kNaN;  ///< first moment, in units of the rms axes
  bool measured = false;      ///< false: form or radius are defaults
};

/// Builds an aperture of `factor` Kron radii, at least `min_radius`, both in units of the rms axes.
/// `rms` with an axis of 0 is measured here, with `start_sigma_px` where that fails; where form
/// or radius cannot be measured, the least radius is taken, `factor` rms when that is 0.
/// Collective: no. Throws: never.
KronAperture kron_aperture(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                           const Ellipse& rms, double start_sigma_px, double factor,
                           double min_radius);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"

namespace skyweft::detect {

/// FWHM of a Gaussian of sigma 1: 2 √(2 ln 2).
inline constexpr double kFwhmPerSigma = 2.3548200450309493;

/// Second central moments of a star's light, px²; the pixel is part of it.
struct Covariance {
  double xx = kNaN;
  double yy = kNaN;
  double xy = kNaN;
};

/// One star's shape in the forms others want.
struct StarShape {
  double fwhm_px = kNaN;     ///< √(a b) · 2.3548
  double elongation = kNaN;  ///< a / b >= 1
  double angle = kNaN;       ///< of the major axis from +x towards +y, −π/2…π/2
  double s = kNaN;           ///< exp{−½[S(Δx²+Δy²) + D(Δx²−Δy²) + 2K ΔxΔy]}, 1/px²
  double d = kNaN;
  double k = kNaN;
};

/// Turns moments into a shape: the matrix (S+D, K; K, S−D) is the inverse of the covariance, a² and
/// b² are its eigenvalues. These are first brought into [least_var, most_var]; NaN stays NaN.
/// Collective: no. Throws: never.
StarShape shape_of(const Covariance& c, double least_var, double most_var);

/// Divides a Gaussian window of variance `window_var` out of the moments `seen` through it:
/// C⁻¹ = M⁻¹ − 1/window, by eigenvalue; moments from 0.9 window on give 9 windows, which is the
/// most; those of 0 or less the least, 1e-4 px². Collective: no. Throws: never.
Covariance unwindowed(const Covariance& seen, double window_var);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/stamp.hpp"
#include "detect/star_shape.hpp"

namespace skyweft::detect {

struct Centroid {
  double x_px = kNaN;
  double y_px = kNaN;
  double pos_err_px = kNaN;  ///< standard error of x and of y
};

/// The top of the least-squares surface c0 + c1 x + c2 y + c3 xy + c4 x² + c5 y² through the 5 x 5
/// pixels around the brightest pixel of the stamp (photutils' quadratic centroid).
///
/// Pulled towards the pixel's centre: by up to 0.07 px at FWHM 3.5 px. The error is that of the top
/// to first order in the pixels' noise. Of equal pixels the first in reading order is the
/// brightest; nothing when it lies less than 2 px from the stamp's edge, the surface has no maximum
/// or the maximum lies outside the stamp. Collective: no. Throws: never.
std::optional<Centroid> quadratic_centroid(const Stamp& stamp);

/// The mean place of the light of all pixels of the stamp; nothing when the light is not positive.
/// Collective: no. Throws: never.
std::optional<Centroid> mean_centroid(const Stamp& stamp);

/// A Gaussian integrated over the pixels, fitted to a stamp.
struct PixelGaussian {
  Centroid at;
  double flux_e = kNaN;
  Covariance shape;  ///< with the pixel's 1/12 px²
};

/// Fits flux, place and, unless `fixed`, moments of a Gaussian integrated over the pixels, weighted
/// by 1/variance; pixels without variance are left out.
///
/// The model is F [Ex(x) Ey(y) + C Gx(x) Gy(y)] with E the integral of the 1-D Gaussian over the
/// pixel, G the difference of its values at the pixel's edges and C the covariance: exact to first
/// order in C. Levenberg-Marquardt from (x, y) and `start` (with the pixel in it), at most 20
/// rounds, stopping below 1e-4 px. The error is the Cramér–Rao bound of the model at the solution:
/// √ of the mean of the two diagonal elements of the inverse normal matrix. Nothing when it does
/// not converge, finds no light or leaves (x, y) by more than `max_shift_px`. Collective: no.
/// Throws: never.
std::optional<PixelGaussian> gaussian_centroid(const Stamp& stamp, double x_px, double y_px,
                                               const Covariance& start, bool fixed,
                                               double max_shift_px);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace skyweft::calib {

/// The variance of a Gaussian's median, in units of σ²/n.
inline constexpr double kMedianVariance = kPi / 2.0;

/// One number per overscan row; NaN where a row has no usable pixel.
struct OverscanRows {
  std::vector<double> level;
  std::vector<double> variance;
  double sigma = 0.0;  ///< of one pixel about its row's level
  double n_col = 0.0;  ///< median number of pixels of a row
  std::size_t n_measured = 0;
};

/// A smooth level for each overscan row; `kept` are the rows it rests on.
struct SmoothRows {
  std::vector<double> level;
  std::vector<double> variance;
  std::vector<std::uint8_t> kept;
  bool ok() const noexcept { return !level.empty(); }
};

struct RowClip {
  double sigma = 5.0;  ///< drop rows further than this from the fit
  int rounds = 10;     ///< at most
};

/// The running median of `window` rows, cut off at the ends; variance (π/2) v/n. `kept` is empty.
/// Collective: no. Throws: never.
SmoothRows running_median(const OverscanRows& rows, int window);

/// Clipped least squares through the rows, weighted by 1/variance: Legendre polynomials up to
/// `order`, or cubic B-splines on equal intervals of about `rows_per_knot` rows. A spline's second
/// differences cost a millionth of a row's weight, which carries it across gaps and changes nothing
/// elsewhere. Variance from the covariance, scaled by χ²/(n − m). Not ok() with fewer than 2 rows a
/// term. Collective: no. Throws: never.
SmoothRows fit_polynomial(const OverscanRows& rows, int order, const RowClip& clip);
SmoothRows fit_spline(const OverscanRows& rows, int rows_per_knot, const RowClip& clip);

/// By how much a fit lowers the variance of the rows it rests on, against their mean.
/// Collective: no. Throws: never.
double variance_explained(const OverscanRows& rows, const SmoothRows& model);

}  // namespace skyweft::calib

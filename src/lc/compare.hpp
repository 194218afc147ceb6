// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// One star in two runs; NaN where a run has no scatter of it.
struct StarPair {
  double mag = 0.0;
  double scatter_a = 0.0;
  double scatter_b = 0.0;
  std::int64_t n_points_a = 0;
  std::int64_t n_points_b = 0;
};

/// How two runs compare in one bin of magnitude, from_mag ≤ mag < to_mag, or altogether.
struct ScatterComparison {
  double from_mag = 0.0;
  double to_mag = 0.0;
  std::int64_t n_star = 0;  ///< with a scatter in both runs
  double scatter_a = 0.0;   ///< median
  double scatter_b = 0.0;
  double ratio = 0.0;      ///< median of the stars' own B/A, not the quotient of the medians
  double ratio_err = 0.0;  ///< bootstrap error of it; NaN for a single star
  double better = 0.0;     ///< share of stars whose scatter in B is less than in A
  double worse = 0.0;      ///< more than in A; equal ones are neither
  double points_a = 0.0;   ///< median number of points
  double points_b = 0.0;
  double points_kept = 0.0;  ///< points in B over points in A, all stars of the bin together
};

/// Compares bin by bin, bright first, bins aligned to multiples of `width_mag` and empty ones left
/// out; last, always, all stars together (from and to are then the outer edges). Stars without a
/// positive finite scatter in both runs or without magnitude take no part.
///
/// The error is the standard deviation of the median over `n_resample` resamples of the bin's
/// stars, drawn by a 64-bit Mersenne twister whose seed is the bin's number from_mag/width_mag (for
/// the total: 2⁶³), so that the same stars give the same error everywhere. Empty when no star takes
/// part. Collective: no. Throws: never.
std::vector<ScatterComparison> compare_scatter(std::span<const StarPair> stars,
                                               double width_mag = 0.5, int n_resample = 400);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "lc/magfit.hpp"

namespace skyweft::lc {

/// What one star's corrected series says about it, after rejection about the median.
struct StarStatistic {
  double median = 0.0;
  double scatter = 0.0;       ///< median |m − median|, mag
  double medianmeddev = 0.0;  ///< scatter / sqrt(n_kept): error of the median, mag
  std::int64_t n_full = 0;
  std::int64_t n_kept = 0;
};

/// Median with iterative rejection at 5 × the median deviation, at most 10 rounds
/// (science.md 3.12). `quality` ([frame] or empty): saturated, vetoed and duplicate points and
/// those of outlying frames do not count, so that a saturated star is no reference. NaN medians
/// when no point counts. Collective: no. Throws: never.
StarStatistic star_statistic(std::span<const float> mag, std::span<const QualityBits> quality = {});

/// The master reference from all stars' statistics, in star order (science.md 3.12).
///
/// A star is used when it has at least half the median count and its log10 scatter exceeds the fit
/// of scatter_terms over `catalog_mag` by no more than config.reject average residuals
/// (lc/scatter_fit.hpp). `excluded`
/// ([star] or empty) keeps stars such as a known transit host out. Collective: no. Throws
/// Error{bad_config}.
Reference assemble_reference(std::span<const StarStatistic> stars,
                             std::span<const double> catalog_mag, const MagfitConfig& config,
                             std::span<const std::uint8_t> excluded = {});

/// Shifts `reference` so that its mean difference to `first`, the reference frame's magnitudes, is
/// zero over the stars used by both. Collective: no. Throws: never.
void anchor_reference(Reference& reference, const Reference& first);

/// Whether the mean square change over stars used in both is at most convergence_mag2.
/// Collective: no. Throws: never.
bool converged(const Reference& before, const Reference& after, const MagfitConfig& config);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft {

/// 1.4826: turns a median absolute deviation into a Gaussian sigma.
inline constexpr double kMadToSigma = 1.482602218505602;

/// The median of `values`, reordering them (linear time); the mean of the two middle ones when
/// their number is even. NaN for an empty span. NaNs in `values` are not allowed.
double median_in_place(std::span<double> values);
float median_in_place(std::span<float> values);

/// The median of the finite entries; `values` is left alone. NaN when none is finite.
double median_of_finite(std::span<const double> values);
double median_of_finite(std::span<const float> values);

struct RobustSummary {
  double median = 0.0;
  double sigma = 0.0;  ///< 1.4826 × median absolute deviation
  std::int64_t n = 0;  ///< finite entries
};

/// Median and scaled median absolute deviation of the finite entries; NaN where n = 0.
RobustSummary robust_summary(std::span<const double> values);
RobustSummary robust_summary(std::span<const float> values);

struct ClippedSummary {
  double mean = 0.0;
  double median = 0.0;
  double sigma = 0.0;  ///< population standard deviation of the survivors
  std::int64_t n = 0;  ///< survivors
};

/// Drops entries further than `clip_sigma` standard deviations from the median until nothing
/// changes or `max_rounds` is reached; statistics of the survivors. Reorders `values` so that the
/// survivors are the first n.
ClippedSummary sigma_clipped_in_place(std::span<float> values, double clip_sigma, int max_rounds);
ClippedSummary sigma_clipped_in_place(std::span<double> values, double clip_sigma, int max_rounds);

/// The median of values that were rounded to multiples of `quantum`: equal values are taken as
/// spread evenly over one quantum, so that the result is not bound to the steps (grouped median).
/// Without ties it is the ordinary median. Reorders `values`; NaN when empty.
double grouped_median_in_place(std::span<float> values, double quantum);

/// The `q`-quantile (0…1) with linear interpolation; reorders `values`; NaN when empty.
double quantile_in_place(std::span<double> values, double q);

/// Point-to-point scatter 1.4826 · median|x[i+1] − x[i]| / √2 over consecutive finite entries.
double point_to_point_sigma(std::span<const double> values);

}  // namespace skyweft

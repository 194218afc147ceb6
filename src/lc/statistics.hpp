// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

struct SeriesScatter {
  double median = 0.0;
  double scatter = 0.0;         ///< 1.4826 MAD
  double point_to_point = 0.0;  ///< 1.4826 median|Δm| / √2
  std::int64_t n = 0;           ///< finite points
};

/// Summarises one light curve; NaN where no point is finite. Collective: no. Throws: never.
SeriesScatter series_scatter(std::span<const float> mag);

/// Means of the finite points in consecutive bins of `width_d` from the first finite point;
/// empty bins are left out. `time_d` ascends. Collective: no. Throws: never.
std::vector<double> binned_means(std::span<const double> time_d, std::span<const float> mag,
                                 double width_d);

/// Pont, Zucker & Queloz (2006) β: scatter of runs of `n_per_bin` points over the white expectation
/// σ/√n; 1 for white noise, NaN with fewer than 3 runs. Collective: no. Throws: never.
double red_noise_beta(std::span<const float> mag, std::int64_t n_per_bin);

}  // namespace skyweft::lc

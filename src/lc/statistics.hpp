// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "lc/statistics_median.hpp"

namespace skyweft::lc {

struct StatisticsConfig {
  double clip = 5.0;
  double timescale_h = 3.0;
  double night_gap_h = 4.0;
  static constexpr auto fields() {
    using C = StatisticsConfig;
    return std::tuple{
        field("clip", &C::clip, "sigma",
              "rms and red noise leave out points further than this times 1.4826 MAD from the "
              "median",
              positive),
        field("timescale_h", &C::timescale_h, "h",
              "red noise is told from bins of up to this length, and beta is given for it",
              positive),
        field("night_gap_h", &C::night_gap_h, "h",
              "a gap in time longer than this ends a night; no bin reaches across it", positive)};
  }
};

struct SeriesScatter {
  double median = 0.0;
  double scatter = 0.0;         ///< 1.4826 MAD
  double point_to_point = 0.0;  ///< 1.4826 median|Δm| / √2
  std::int64_t n = 0;           ///< finite points
};

/// A light curve's scatter with its rms, which is not a MAD: the standard deviation (divisor n − 1)
/// of the points within `clip` times 1.4826 MAD of the median; of all points where the MAD is 0.
struct SeriesSpread {
  SeriesScatter of;
  double rms = 0.0;         ///< NaN with fewer than 2 points
  double limit = 0.0;       ///< points further than this from the median are clipped
  std::int64_t n_kept = 0;  ///< points within it
};

/// Memory that is used again from star to star.
struct SeriesBuffers {
  std::vector<float> values;
  std::vector<float> steps;
  MedianScratch median;
  std::vector<double> sums;  ///< as lc/red_noise.hpp uses it
  std::vector<std::int32_t> counts;
};

/// Summarises one light curve; NaN where no point is finite. Collective: no. Throws: never.
SeriesScatter series_scatter(std::span<const float> mag, SeriesBuffers& buffers);
SeriesScatter series_scatter(std::span<const float> mag);

/// The same with the clipped rms. Collective: no. Throws: never.
SeriesSpread series_spread(std::span<const float> mag, double clip, SeriesBuffers& buffers);

/// Pont, Zucker & Queloz (2006) β of points without times: scatter of runs of `n_per_bin` finite
/// points over the white expectation σ/√n; 1 for white noise, NaN with fewer than 3 runs. Where
/// there are times, lc/red_noise.hpp has bins that end with the night. Collective: no. Throws:
/// never.
double red_noise_beta(std::span<const float> mag, std::int64_t n_per_bin);

}  // namespace skyweft::lc

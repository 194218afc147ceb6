// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/statistics.hpp"

namespace skyweft::lc {

/// Consecutive frames in bins of time, for several widths: none reaches across the end of a night.
struct TimeBins {
  std::vector<double> width_d;                    ///< [width] ascending; 0: one frame a bin
  std::vector<std::vector<std::int32_t>> starts;  ///< [width][bin + 1] first frame; last: n_frame
};

/// Cuts frames at `time_d` (finite, ascending) into bins of each width: in every night, which a gap
/// longer than `gap_d` ends, they begin with its first frame. A width of 0 gives one frame a bin.
/// Collective: no. Throws: never.
TimeBins make_time_bins(std::span<const double> time_d, std::span<const double> widths_d,
                        double gap_d);

/// The bins that red noise is told from: single frames, then the timescale halved and halved again
/// down to 1.5 times the median cadence, and last the timescale itself. Collective: no. Throws:
/// never.
TimeBins make_time_bins(std::span<const double> time_d, const StatisticsConfig& config);

/// The scatter of bin means of one width: a point of the curve of rms against bin size.
struct BinnedScatter {
  double width_d = 0.0;
  std::int64_t n_bin = 0;   ///< bins with at least half of the mean number of points
  double one_over_n = 0.0;  ///< mean of 1/points over these bins
  double rms = 0.0;         ///< of their means, divisor n_bin − 1; NaN with fewer than 3 bins
  double white = 0.0;  ///< what points without memory would have: rms of points · √one_over_n
};

/// The curve for one light curve [frame] of spread `of`, whose clipped points stay out; one entry
/// per width of `bins`. Collective: no. Throws: never.
std::vector<BinnedScatter> binned_scatter(std::span<const float> mag, const SeriesSpread& of,
                                          const TimeBins& bins, SeriesBuffers& buffers);

/// White and red noise of one light curve: the variance of means of n points is
/// σ_w²/n + σ_r² (Pont, Zucker & Queloz 2006).
struct RedNoise {
  double white = 0.0;  ///< σ_w, mag, of one point
  double red = 0.0;    ///< σ_r, mag
  double beta = 0.0;   ///< rms over the white expectation at the largest width (the timescale)
};

/// Fits σ_w² and σ_r², both at least 0, to the variances of a curve, each weighted by its own
/// uncertainty (2/(n_bin − 1) of its square). NaN with fewer than two widths that have an rms;
/// beta is NaN when the largest has none. Collective: no. Throws: never.
RedNoise fit_red_noise(std::span<const BinnedScatter> curve);

}  // namespace skyweft::lc

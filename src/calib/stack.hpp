// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

struct StackConfig {
  double clip_low = 4.0;
  double clip_high = 3.5;
  int max_rounds = 3;
  std::int64_t min_frames = 5;
  std::string combine = "clip";
  std::int64_t minmax_low = 1;
  std::int64_t minmax_high = 1;

  static constexpr auto fields() {
    return std::tuple{
        field("clip_low", &StackConfig::clip_low, "sigma", "drop values further below the median",
              positive),
        field("clip_high", &StackConfig::clip_high, "sigma",
              "drop values further above the median (cosmic rays)", positive),
        field("max_rounds", &StackConfig::max_rounds, "", "clipping rounds at most", non_negative),
        field("min_frames", &StackConfig::min_frames, "",
              "pixels with fewer values left are marked FAULT", at_least(1)),
        field("combine", &StackConfig::combine, "",
              "mean of what clipping leaves, median, mean without the extremes, or plain mean",
              one_of("clip|median|minmax|mean")),
        field("minmax_low", &StackConfig::minmax_low, "",
              "values that minmax drops at the lower end", non_negative),
        field("minmax_high", &StackConfig::minmax_high, "",
              "values that minmax drops at the upper end", non_negative)};
  }
};

/// A run of pixels of a master: [n_px] each.
struct StackedStrip {
  std::vector<float> value;          ///< mean of the survivors (or median); 0 when there is none
  std::vector<float> error;          ///< its standard error
  std::vector<std::uint16_t> count;  ///< survivors
  std::vector<MaskBits> mask;        ///< FAULT where count < min_frames
  std::vector<float> scale;          ///< 1.4826 MAD of all values, never floored
};

/// Averages n_frame values of each pixel robustly (science.md 3.2).
///
/// `samples` is [n_frame][n_px]; what is not finite is skipped. The expected noise is
/// m = √(R² + g max(c − pedestal, 0))/g about the median c; noise_floor_gain <= 0: not known (flats
/// in relative units). `pedestal` is the level that holds no photons (the bias level for bias
/// frames).
///
/// config.combine:
///   clip    values outside [c − clip_low s, c + clip_high s], s = max(1.4826 MAD, m), are dropped
///           until nothing changes; mean of the rest;
///   median  median of all; count: all;
///   minmax  mean without the minmax_low lowest and minmax_high highest; no survivor where not more
///           values than these are left;
///   mean    mean of all.
///
/// The error is √(V h / count) with h the statistic's variance relative to a mean (1 for mean; the
/// hard clip's, from the normal distribution, for clip; 1.38 for the median of 10, π/2 for that of
/// many). V pools two estimates of one variance: the values' own with ν degrees of freedom, and m²
/// with 4 (when known): V = (ν V_own + 4 m²)/(ν + 4). It equals the true scatter when the noise
/// model holds, follows the values when it does not and there are many, and never collapses for a
/// few equal values. s itself would not do: the larger of a noisy MAD and its own expectation is
/// too large, by 15 % for 10 frames. V_own: variance of the survivors, widened for the clipped
/// tails (clip), variance (mean), winsorised variance (minmax; Tukey & McLaughlin 1963), MAD with
/// its small-sample bias taken out (median).
///
/// Every pixel is on its own, so cutting rows into strips differently changes nothing; nor do the
/// order of the frames or the vector unit of the processor. Throws Error{internal} for a wrong
/// length and Error{bad_config} for an unknown `combine`. Collective: no.
StackedStrip stack_strip(std::span<const float> samples, std::int64_t n_frame, std::int64_t n_px,
                         double noise_floor_gain, double noise_floor_read_e,
                         const StackConfig& config, double pedestal = 0.0);

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
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

  static constexpr auto fields() {
    return std::tuple{
        field("clip_low", &StackConfig::clip_low, "sigma", "drop values further below the median",
              positive),
        field("clip_high", &StackConfig::clip_high, "sigma",
              "drop values further above the median (cosmic rays)", positive),
        field("max_rounds", &StackConfig::max_rounds, "", "clipping rounds at most", non_negative),
        field("min_frames", &StackConfig::min_frames, "",
              "pixels with fewer values left are marked FAULT", at_least(1))};
  }
};

/// A run of pixels of a master: [n_px] each.
struct StackedStrip {
  std::vector<float> value;          ///< mean of the survivors; 0 when there is none
  std::vector<float> error;          ///< its standard error
  std::vector<std::uint16_t> count;  ///< survivors
  std::vector<MaskBits> mask;        ///< FAULT where count < min_frames
};

/// Averages n_frame values of each pixel robustly (science.md 3.2).
///
/// `samples` is [n_frame][n_px]; NaN is skipped. Centre: median; scale s: 1.4826 MAD, but at least
/// the expected noise √(R² + g max(c − pedestal, 0))/g; values outside [c − clip_low s, c +
/// clip_high s] are dropped until nothing changes; mean of the rest with error s/√n.
/// noise_floor_gain <= 0: no floor (flats in relative units). `pedestal` is the level that holds no
/// photons (the bias level for bias frames). Every pixel is on its own, so cutting rows into strips
/// differently changes nothing. Throws Error{internal} for a wrong length. Collective: no.
StackedStrip stack_strip(std::span<const float> samples, std::int64_t n_frame, std::int64_t n_px,
                         double noise_floor_gain, double noise_floor_read_e,
                         const StackConfig& config, double pedestal = 0.0);

}  // namespace skyweft::calib

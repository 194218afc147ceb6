// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft {

/// A calibrated image in electrons. Signal, variance and mask have equal shapes;
/// variance > 0 wherever (mask & mask::unusable) == 0.
struct Frame {
  Grid<float> signal_e;     ///< [ny][nx]
  Grid<float> variance_e2;  ///< [ny][nx]
  Mask mask;                ///< [ny][nx]
  double exposure_s = 0.0;
  double gain_e_per_adu = 1.0;
  double read_noise_e = 0.0;
  double time_utc_mid_jd = 0.0;

  std::int64_t nx() const noexcept { return signal_e.nx(); }
  std::int64_t ny() const noexcept { return signal_e.ny(); }
  bool operator==(const Frame&) const = default;
};

}  // namespace skyweft

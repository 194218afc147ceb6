// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// The stars of one bin of magnitude, from_mag ≤ mag < from_mag + the bin's width.
struct MagnitudeBin {
  double from_mag = 0.0;
  std::int64_t n_star = 0;      ///< stars with a scatter
  double scatter = 0.0;         ///< median
  double ratio_to_model = 0.0;  ///< median of scatter over noise model; NaN without a model
};

/// Median scatter and ratio to the noise model in bins of `width_mag` (aligned to its multiples),
/// bright first; bins without a star are left out. `mag`, `scatter` and `model` are [star]; stars
/// without finite magnitude or scatter take no part, `model` may be empty. Collective: no. Throws:
/// never.
std::vector<MagnitudeBin> scatter_by_magnitude(std::span<const float> mag,
                                               std::span<const float> scatter,
                                               std::span<const float> model,
                                               double width_mag = 0.5);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::phot {

/// The values of one star's background pixels, and room to work on them. Reused from star to star.
struct SkySample {
  std::vector<float> value;  ///< the first n count; at least kSpare more places follow
  std::size_t n = 0;
  std::vector<float> scratch;

  static constexpr std::size_t kSpare = 8;
  /// Makes room for so many values and forgets the present ones.
  void reset(std::size_t n_largest) {
    if (value.size() < n_largest + kSpare) value.resize(n_largest + kSpare);
    n = 0;
  }
};

/// Clips a sample and summarises the survivors: the statistics of sigma_clipped_in_place()
/// (core/robust.hpp), with the median replaced by grouped_median_in_place() of the survivors.
///
/// The same numbers but for rounding (1e-13 relative in mean and sigma), five times faster: values
/// are not moved about; the median is looked for among the few dozen values near the mean, and
/// among all only when it is not there. NaN with n = 0 for an empty sample. The values must be
/// finite; the spare places are overwritten. Collective: no. Throws: never.
ClippedSummary clipped_sky(SkySample& sample, double clip_sigma, int max_rounds, double quantum);

}  // namespace skyweft::phot

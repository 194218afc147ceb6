// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// Memory of quick_median(), used again from call to call.
struct MedianScratch {
  std::vector<float> values;
  std::vector<std::uint16_t> bucket;
};

/// The median of `values`, exactly: the mean of the two middle ones when their number is even. A
/// sample says where the middle is; the values are counted in narrow buckets there, and only those
/// of the middle's bucket are selected from (all of them where the sample misled). NaN for an empty
/// span; NaNs in `values` are not allowed. Collective: no. Throws: never.
double quick_median(std::span<const float> values, MedianScratch& scratch);

}  // namespace skyweft::lc

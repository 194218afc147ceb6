// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

namespace skyweft::lc {

/// The median of `values`, which are finite and stay as they are; the mean of the two middle ones
/// when their number is even, NaN when there is none. Exact, at about a nanosecond per value: a
/// sorted sample brackets the middle, and only what lies in the bracket is looked at again (after
/// Floyd & Rivest 1975). `scratch` may be reused. Collective: no. Throws: never.
double exact_median(std::span<const double> values, std::vector<double>& scratch);

}  // namespace skyweft::lc

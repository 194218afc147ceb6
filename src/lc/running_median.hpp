// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// The medians of the values at most width/2 places away (width rounded up to odd), the window
/// being cut off at both ends. Collective: no. Throws: never.
std::vector<double> running_median(std::span<const double> values, std::int64_t width);

}  // namespace skyweft::lc

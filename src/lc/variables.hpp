// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "core/named_columns.hpp"

namespace skyweft::lc {

using skyweft::NamedColumns;

/// Colours with each NaN replaced by the median of the finite ones, so that stars without a colour
/// still take part; 0 when none is finite. Collective: no. Throws: never.
std::vector<double> filled_colours(std::span<const double> colour_mag);

}  // namespace skyweft::lc

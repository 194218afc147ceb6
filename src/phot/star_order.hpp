// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace skyweft::phot {

/// Lists the stars that have a place, those near each other one after the other: their pixels are
/// still in the cache. What is measured does not depend on the order. Collective: no. Throws:
/// never.
std::vector<std::size_t> order_by_place(std::span<const double> x_px, std::span<const double> y_px);

}  // namespace skyweft::phot

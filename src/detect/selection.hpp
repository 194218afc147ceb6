// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "detect/source.hpp"

namespace skyweft::detect {

/// Keeps `n_max` of a brightest-first list, spread over the frame: first the brightest of each of
/// the cells, then the second of each, …; the last round goes to the brightest. Order is kept.
///
/// Cells: the part of the frame that holds sources (so that masked borders and round fields of view
/// leave no rows of cells empty), cut into 8 x 8, fewer when n_max < 64, at least one source a
/// cell. Collective: no. Throws: never.
std::vector<Source> spread_evenly(const std::vector<Source>& sources, std::size_t n_max);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "mpi/comm.hpp"

namespace skyweft::mpi {

/// Collective. Sums the partial vectors of all tiles along a fixed binary tree over tile numbers,
/// so that the result has the same bits for every number of ranks and any distribution of tiles.
///
/// `my_tiles` are the numbers (0 … n_tiles − 1, any order) of this rank's tiles and `my_partials`
/// [tile][length] their sums. Returns [length] on every rank; zeros when there is no tile. The tree
/// joins neighbours: (0+1)+(2+3) … ; an odd last node moves up alone. Throws Error{internal} on all
/// ranks when a tile is missing or comes twice.
std::vector<double> ordered_fold(const Comm& comm, std::int64_t n_tiles, std::int64_t length,
                                 std::span<const std::int64_t> my_tiles,
                                 std::span<const double> my_partials);

}  // namespace skyweft::mpi

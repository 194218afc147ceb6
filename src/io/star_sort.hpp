// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the order of the rows of one tile of a star store.

#include <cstdint>
#include <span>
#include <vector>

#include "io/star_part.hpp"

namespace skyweft::io {

/// Bytes that sorting takes per row, beside the rows.
inline constexpr std::int64_t kSortBytesPerRow = 40;

/// The order in which the rows of one tile are stored.
struct TileOrder {
  std::vector<std::uint32_t> order;  ///< [row written] its place in the input
  std::int64_t n_mag = 0;            ///< rows with a magnitude; they come first
  std::int64_t n_duplicate = 0;      ///< left out: a brighter row has their id
};

/// Sorts `n_row` rows by magnitude (NaN last), id and bytes, and leaves out all but the first of
/// each id. Throws: never.
TileOrder sort_tile(const std::byte* rows, std::size_t n_row, std::size_t row_bytes);

/// Which cells of `order` = 9 or coarser are covered by stars: StarTiles::covers() has the rule.
struct CoveredCells {
  int order = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> runs;
};

inline constexpr int kFinestCoverageOrder = 9;

/// `counts` are the stars per cell of kFinestCoverageOrder. Throws: never.
CoveredCells covered_cells(std::vector<std::uint32_t> counts);

}  // namespace skyweft::io

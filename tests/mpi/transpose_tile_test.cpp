// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/transpose_tile.hpp"

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

namespace skyweft::mpi::detail {
namespace {

/// Compares with the definition, word by word; the results start at no particular place of a line.
void expect_turned(std::int64_t n_word, std::int64_t n_row, std::int64_t n_column, bool is_large) {
  const std::int64_t record = 4 * n_word;
  std::vector<std::uint32_t> from(static_cast<std::size_t>(n_row * n_column * n_word));
  for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<std::uint32_t>(i);
  std::vector<std::uint32_t> to(from.size() + 1, 0);
  std::vector<const std::byte*> rows;
  std::vector<std::byte*> out;
  for (std::int64_t i = 0; i < n_row; ++i)
    rows.push_back(std::as_bytes(std::span{from}).data() + i * n_column * record);
  for (std::int64_t j = 0; j < n_column; ++j)
    out.push_back(std::as_writable_bytes(std::span{to}).data() + 4 + j * n_row * record);
  TileTransposer turn{n_word, is_large};
  turn(rows, out);
  TileTransposer::finish();
  std::int64_t n_wrong = to.front() == 0 ? 0 : 1;
  for (std::int64_t j = 0; j < n_column; ++j)
    for (std::int64_t i = 0; i < n_row; ++i)
      for (std::int64_t w = 0; w < n_word; ++w)
        if (to[static_cast<std::size_t>(1 + (j * n_row + i) * n_word + w)] !=
            from[static_cast<std::size_t>((i * n_column + j) * n_word + w)])
          ++n_wrong;
  EXPECT_EQ(n_wrong, 0) << n_word << " words, " << n_row << " x " << n_column << ", large "
                        << is_large;
}

// Strips have 1536 bytes and tiles 1024 bytes in the other direction: the sizes end before, at and
// behind several of them, and results begin and end within cache lines.
TEST(TileTransposer, PutsEveryRecordIntoItsPlace) {
  for (const bool is_large : {false, true})
    for (std::int64_t n_word = 1; n_word <= 9; ++n_word) {
      expect_turned(n_word, 1, 1, is_large);
      expect_turned(n_word, 3, 5, is_large);
      expect_turned(n_word, 16, 16, is_large);
      expect_turned(n_word, 257, 33, is_large);
      expect_turned(n_word, 1031, 17, is_large);
      expect_turned(n_word, 37, 801, is_large);
    }
}

}  // namespace
}  // namespace skyweft::mpi::detail

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::mpi::detail {

/// Transposes matrices of records, which are a whole number of four-byte words each.
///
/// Works in strips of columns that are long enough for the memory to stream the rows, and gathers
/// what belongs to one row of the result in a scratch tile of the second-level cache, so that it
/// leaves in whole lines, past the caches when the result is larger than they are.
class TileTransposer {
 public:
  /// `is_large`: the results will not be found in a cache anyway. Collective: no.
  TileTransposer(std::int64_t words_per_record, bool is_large);

  /// Record i of out[j] becomes record j of rows[i], for all i and j. Rows and results may start at
  /// any byte and must not overlap. Collective: no. Throws: never.
  void operator()(std::span<const std::byte* const> rows, std::span<std::byte* const> out);

  /// Orders the results before what this process tells others. Collective: no. Throws: never.
  static void finish() noexcept;

 private:
  void write_out(std::byte* to, std::int64_t i_column, std::int64_t depth, bool is_last);

  std::int64_t record_bytes_;
  std::int64_t strip_;  ///< columns of the source at once
  std::int64_t depth_;  ///< rows of the source at once
  bool is_large_;
  std::int64_t scratch_stride_;
  std::vector<std::byte> scratch_;    ///< [column][row], a line before and behind each column
  std::vector<std::int64_t> n_left_;  ///< [column] bytes not written yet, before the column's own
};

}  // namespace skyweft::mpi::detail

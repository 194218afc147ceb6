// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace skyweft::calib {

/// Pixels that a block holds side by side, so that one vector operation serves several.
inline constexpr std::int64_t kBlockWidth = 32;

using BlockRow = std::array<float, kBlockWidth>;

/// Vector units that the kernels below are compiled for. All give the same bits: minimum, maximum
/// and single additions and products are the same operations at any width.
enum class VectorUnit : std::uint8_t { any, avx2, avx512 };

bool runs_here(VectorUnit unit);

/// The widest unit of this processor.
VectorUnit widest_unit();

/// Numbers of the columns of a block; the same as those of column_stats() where `n` equals the
/// block's `n_full`, not set elsewhere.
struct BlockStats {
  std::int64_t n_full = 0;  ///< the largest n
  std::array<std::int32_t, kBlockWidth> n;
  BlockRow median;
  BlockRow mad;
  std::array<double, kBlockWidth> mean;
  std::array<double, kBlockWidth> squares;
};

/// Copies [n_frame][width] samples, rows `stride` apart, into `rows` (resized to a multiple of 8
/// rows), sorts every column ascending with what is not finite last as +∞, and takes its numbers
/// with n_low and n_high values left out of the sums. width <= kBlockWidth; the other columns are
/// empty.
///
/// Runs of 8 rows are sorted by the network of 19 exchanges, then merged by Batcher's bitonic
/// network (Knuth 1998, 5.3.4) with up to three of its steps done per pass over memory.
void sort_block(const float* samples, std::int64_t n_frame, std::int64_t stride, std::int64_t width,
                std::int64_t n_low, std::int64_t n_high, VectorUnit unit,
                std::vector<BlockRow>& rows, BlockStats& stats);

}  // namespace skyweft::calib

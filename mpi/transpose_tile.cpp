// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "mpi/transpose_tile.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace skyweft::mpi::detail {
namespace {

constexpr std::int64_t kWord = 4;
constexpr std::int64_t kLine = 64;          // bytes of a cache line
constexpr std::int64_t kGroup = 16;         // rows read together: a line of the result
constexpr std::int64_t kStripBytes = 1536;  // read from each row at once
constexpr std::int64_t kDepthBytes = 1024;  // written to each result at once

using Rows = std::array<const std::byte*, kGroup>;

/// The part [first column, + n_column) of up to kGroup rows, and where it goes in the scratch tile.
struct Group {
  Rows rows;
  Rows later;  ///< what will be read next; fetched ahead, as no processor guesses the stride
  std::int64_t n_row;
  std::int64_t n_column;
  std::byte* out;
  std::int64_t out_stride;
};

void fetch_ahead(const Group& g, std::int64_t byte) {
  for (const std::byte* row : g.later) __builtin_prefetch(row + byte);
}

using Quad [[gnu::vector_size(16)]] = std::uint32_t;

Quad load(const std::byte* at) {
  Quad q;
  std::memcpy(&q, at, sizeof q);
  return q;
}
void store(std::byte* at, Quad q) {
  std::memcpy(at, &q, sizeof q);
}

/// Four words of four rows each, turned.
void turn_quads(const std::byte* const* rows, std::int64_t at, std::byte* out,
                std::int64_t stride) {
  const Quad a = load(rows[0] + at);
  const Quad b = load(rows[1] + at);
  const Quad c = load(rows[2] + at);
  const Quad d = load(rows[3] + at);
  const Quad ab_low = __builtin_shuffle(a, b, Quad{0, 4, 1, 5});
  const Quad ab_high = __builtin_shuffle(a, b, Quad{2, 6, 3, 7});
  const Quad cd_low = __builtin_shuffle(c, d, Quad{0, 4, 1, 5});
  const Quad cd_high = __builtin_shuffle(c, d, Quad{2, 6, 3, 7});
  store(out, __builtin_shuffle(ab_low, cd_low, Quad{0, 1, 4, 5}));
  store(out + stride, __builtin_shuffle(ab_low, cd_low, Quad{2, 3, 6, 7}));
  store(out + 2 * stride, __builtin_shuffle(ab_high, cd_high, Quad{0, 1, 4, 5}));
  store(out + 3 * stride, __builtin_shuffle(ab_high, cd_high, Quad{2, 3, 6, 7}));
}

template <std::int64_t kBytes>
void turn_records(const Group& g) {
  constexpr std::int64_t kPerLine = std::max<std::int64_t>(1, kLine / kBytes);
  for (std::int64_t j = 0; j < g.n_column; ++j) {
    if (j % kPerLine == 0) fetch_ahead(g, j * kBytes);
    std::byte* out = g.out + j * g.out_stride;
    // Twelve bytes are two moves, sixteen are one: the next record mends what is written too much,
    // and a line of the tile's row is spare.
    constexpr std::int64_t kMoved = kBytes == 12 ? 16 : kBytes;
    if (j + 1 < g.n_column)
      for (std::int64_t i = 0; i < g.n_row; ++i)
        std::memcpy(out + i * kBytes, g.rows[static_cast<std::size_t>(i)] + j * kBytes, kMoved);
    else
      for (std::int64_t i = 0; i < g.n_row; ++i)
        std::memcpy(out + i * kBytes, g.rows[static_cast<std::size_t>(i)] + j * kBytes, kBytes);
  }
}

/// Single words: whole groups in squares of 16 × 16, each a line of a row and of a result.
void turn_words(const Group& g) {
  constexpr std::int64_t kSquare = kLine / kWord;
  std::int64_t j = 0;
  if (g.n_row == kGroup)
    for (; j + kSquare <= g.n_column; j += kSquare) {
      fetch_ahead(g, j * kWord);
      for (std::int64_t k = j + kSquare; k < std::min(j + 2 * kSquare, g.n_column); ++k)
        __builtin_prefetch(g.out + k * g.out_stride, 1);
      for (std::int64_t i = 0; i < kGroup; i += 4)
        for (std::int64_t k = j; k < j + kSquare; k += 4)
          turn_quads(g.rows.data() + i, k * kWord, g.out + k * g.out_stride + i * kWord,
                     g.out_stride);
    }
  for (; j < g.n_column; ++j)
    for (std::int64_t i = 0; i < g.n_row; ++i)
      std::memcpy(g.out + j * g.out_stride + i * kWord,
                  g.rows[static_cast<std::size_t>(i)] + j * kWord, kWord);
}

void turn_any(const Group& g, std::int64_t n_byte) {
  for (std::int64_t j = 0; j < g.n_column; ++j)
    for (std::int64_t i = 0; i < g.n_row; ++i)
      std::memcpy(g.out + j * g.out_stride + i * n_byte,
                  g.rows[static_cast<std::size_t>(i)] + j * n_byte,
                  static_cast<std::size_t>(n_byte));
}

void turn(const Group& g, std::int64_t n_byte) {
  switch (n_byte / kWord) {
    case 1:
      return turn_words(g);
    case 2:
      return turn_records<8>(g);
    case 3:
      return turn_records<12>(g);
    case 4:
      return turn_records<16>(g);
    case 5:
      return turn_records<20>(g);
    case 6:
      return turn_records<24>(g);
    case 7:
      return turn_records<28>(g);
    case 8:
      return turn_records<32>(g);
    default:
      return turn_any(g, n_byte);
  }
}

#ifdef __SSE2__
/// Whole lines straight to memory, without reading what was there; `to` is the start of a line.
void copy_lines(std::byte* to, const std::byte* from, std::int64_t n) {
  for (; n > 0; n -= 16, to += 16, from += 16)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
}
#endif

/// Writes `n` bytes that follow the `n_left` before them, which were left over last time, and
/// returns how many of the last are left over this time, to be kept before the next: part of a line
/// costs more than a whole one. With `is_last` none are.
std::int64_t write_lines(std::byte* to, const std::byte* from, std::int64_t n, std::int64_t n_left,
                         bool is_last) {
#ifdef __SSE2__
  to -= n_left, from -= n_left, n += n_left;
  const auto past_line = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(to) % kLine);
  const std::int64_t head = std::min(n, (kLine - past_line) % kLine);
  std::memcpy(to, from, static_cast<std::size_t>(head));
  to += head, from += head, n -= head;
  const std::int64_t whole = n / kLine * kLine;
  copy_lines(to, from, whole);
  to += whole, from += whole, n -= whole;
  if (!is_last) return n;
#endif
  std::memcpy(to, from, static_cast<std::size_t>(n));
  return 0;
}

std::int64_t whole_groups(std::int64_t n) {
  return std::max(kGroup, n / kGroup * kGroup);
}

}  // namespace

TileTransposer::TileTransposer(std::int64_t words_per_record, bool is_large)
    : record_bytes_(words_per_record * kWord),
      strip_(whole_groups(kStripBytes / record_bytes_)),
      depth_(whole_groups(kDepthBytes / record_bytes_)),
      is_large_(is_large),
      // A line before the data for what is left over, one behind, and an odd number of lines, so
      // that the tile's rows do not share the cache's sets.
      scratch_stride_(((depth_ * record_bytes_ / kLine + 2) | 1) * kLine),
      scratch_(static_cast<std::size_t>(strip_ * scratch_stride_)),
      n_left_(static_cast<std::size_t>(strip_)) {}

void TileTransposer::operator()(std::span<const std::byte* const> rows,
                                std::span<std::byte* const> out) {
  const auto n_row = static_cast<std::int64_t>(rows.size());
  const auto n_column = static_cast<std::int64_t>(out.size());
  const auto row = [&](std::int64_t i, std::int64_t j) {
    return rows[static_cast<std::size_t>(std::min(i, n_row - 1))] + j * record_bytes_;
  };
  for (std::int64_t j = 0; j < n_column; j += strip_)
    for (std::int64_t i = 0; i < n_row; i += depth_) {
      const std::int64_t depth = std::min(depth_, n_row - i);
      Group g{.rows = {},
              .later = {},
              .n_row = 0,
              .n_column = std::min(strip_, n_column - j),
              .out = nullptr,
              .out_stride = scratch_stride_};
      for (std::int64_t k = 0; k < depth; k += kGroup) {
        g.n_row = std::min(kGroup, depth - k);
        for (std::int64_t r = 0; r < kGroup; ++r) {
          g.rows[static_cast<std::size_t>(r)] = row(i + k + r, j);
          g.later[static_cast<std::size_t>(r)] = row(i + k + kGroup + r, j);
        }
        g.out = scratch_.data() + kLine + k * record_bytes_;
        turn(g, record_bytes_);
      }
      for (std::int64_t s = 0; s < g.n_column; ++s)
        write_out(out[static_cast<std::size_t>(j + s)] + i * record_bytes_, s, depth,
                  i + depth == n_row);
    }
}

void TileTransposer::write_out(std::byte* to, std::int64_t i_column, std::int64_t depth,
                               bool is_last) {
  std::byte* from = scratch_.data() + i_column * scratch_stride_ + kLine;
  const std::int64_t n = depth * record_bytes_;
  if (!is_large_) {
    std::memcpy(to, from, static_cast<std::size_t>(n));
    return;
  }
  std::int64_t& n_left = n_left_[static_cast<std::size_t>(i_column)];
  n_left = write_lines(to, from, n, n_left, is_last);
  std::memcpy(from - n_left, from + n - n_left, static_cast<std::size_t>(n_left));
}

void TileTransposer::finish() noexcept {
#ifdef __SSE2__
  _mm_sfence();
#endif
}

}  // namespace skyweft::mpi::detail

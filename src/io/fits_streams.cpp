// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_streams.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include <zlib.h>

#include "io/fits_bits.hpp"

namespace skyweft::io {
namespace {

/// One of HCOMPRESS' 16 codes for which pixels of a 2 x 2 block are set.
unsigned take_block(Bits& bits) noexcept {
  struct Code {
    unsigned char value;
    unsigned char length;
  };
  static constexpr auto kCodes = [] {
    struct Entry {
      unsigned code;
      unsigned char length;
      unsigned char value;
    };
    constexpr std::array<Entry, 16> kTable{{{0x00, 3, 1},
                                            {0x01, 3, 2},
                                            {0x02, 3, 4},
                                            {0x03, 3, 8},
                                            {0x08, 4, 3},
                                            {0x09, 4, 5},
                                            {0x0a, 4, 10},
                                            {0x0b, 4, 12},
                                            {0x0c, 4, 15},
                                            {0x1a, 5, 6},
                                            {0x1b, 5, 7},
                                            {0x1c, 5, 9},
                                            {0x1d, 5, 11},
                                            {0x1e, 5, 13},
                                            {0x3e, 6, 0},
                                            {0x3f, 6, 14}}};
    std::array<Code, 64> all{};  // by the next 6 bits
    for (const Entry& e : kTable)
      for (unsigned low = 0; low < 1u << (6 - e.length); ++low)
        all[(e.code << (6 - e.length)) + low] = {e.value, e.length};
    return all;
  }();
  const Code code = kCodes[bits.peek(6)];
  bits.skip(code.length);
  return code.value;
}

/// A part of the transformed image: `set` holds for each pixel whether one of its bits was set.
struct Quadrant {
  unsigned char* set;
  std::int64_t stride;
  std::int64_t nx;  ///< the slow axis, as in the stream's header
  std::int64_t ny;
};

/// Spreads the blocks [(nx+1)/2][(ny+1)/2] over pixels by `put(x, y, is_set)`, last pixel first.
template <class Put>
void spread(const std::vector<unsigned char>& blocks, std::int64_t nx, std::int64_t ny, Put put) {
  const std::int64_t block_ny = (ny + 1) / 2;
  for (std::int64_t x = nx - 1; x >= 0; --x)
    for (std::int64_t y = ny - 1; y >= 0; --y) {
      const unsigned block = blocks[static_cast<std::size_t>(x / 2 * block_ny + y / 2)];
      put(x, y, (block >> (3 - 2 * (x & 1) - (y & 1)) & 1u) != 0);
    }
}

bool walk_quadrant(Bits& bits, const Quadrant& q, int n_plane) {
  const auto longest = static_cast<std::uint64_t>(std::max(q.nx, q.ny));
  const auto n_level = static_cast<int>(std::bit_width(longest - 1));
  std::vector<unsigned char> blocks;
  std::vector<unsigned char> finer;
  for (int plane = 0; plane < n_plane; ++plane) {
    if (bits.is_over()) return false;
    const unsigned kind = bits.take(4);
    if (kind == 0) {  // not coded
      blocks.resize(static_cast<std::size_t>((q.nx + 1) / 2 * ((q.ny + 1) / 2)));
      for (unsigned char& block : blocks) block = static_cast<unsigned char>(bits.take(4));
    } else if (kind == 15) {
      blocks.assign(1, static_cast<unsigned char>(take_block(bits)));
      for (int level = n_level - 1; level > 0; --level) {
        const std::int64_t nx = ((q.nx - 1) >> level) + 1;
        const std::int64_t ny = ((q.ny - 1) >> level) + 1;
        finer.assign(static_cast<std::size_t>(nx * ny), 0);
        spread(blocks, nx, ny, [&](std::int64_t x, std::int64_t y, bool is_set) {
          if (is_set)
            finer[static_cast<std::size_t>(x * ny + y)] =
                static_cast<unsigned char>(take_block(bits));
        });
        std::swap(blocks, finer);
      }
    } else {
      return false;
    }
    spread(blocks, q.nx, q.ny, [&](std::int64_t x, std::int64_t y, bool is_set) {
      q.set[x * q.stride + y] |= static_cast<unsigned char>(is_set);
    });
  }
  return !bits.is_over();
}

}  // namespace

bool hcompress_fits(Stream stream, std::int64_t n_pixel, int max_planes) {
  constexpr std::size_t kHeaderBytes = 2 + 3 * 4 + 8 + 3;  // magic, sides, scale, sum, bit planes
  if (stream.size() < kHeaderBytes || stream[0] != 0xdd || stream[1] != 0x99) return false;
  Bits head{stream.subspan(2)};
  const auto nx = static_cast<std::int64_t>(head.take(32));
  const auto ny = static_cast<std::int64_t>(head.take(32));
  const auto planes = stream.subspan(kHeaderBytes - 3, 3);
  // With shorter sides some quadrant is empty, for which the decoder has no room.
  if (nx < 2 || ny < 2 || nx > n_pixel / ny || nx * ny != n_pixel) return false;
  if (std::ranges::any_of(planes, [&](unsigned char n) { return n > max_planes; })) return false;
  std::vector<unsigned char> set(static_cast<std::size_t>(n_pixel), 0);
  Bits bits{stream.subspan(kHeaderBytes)};
  const std::int64_t x_half = (nx + 1) / 2;
  const std::int64_t y_half = (ny + 1) / 2;
  unsigned char* const right = set.data() + x_half * ny;
  if (!walk_quadrant(bits, {set.data(), ny, x_half, y_half}, planes[0]) ||
      !walk_quadrant(bits, {set.data() + y_half, ny, x_half, ny / 2}, planes[1]) ||
      !walk_quadrant(bits, {right, ny, nx / 2, y_half}, planes[1]) ||
      !walk_quadrant(bits, {right + y_half, ny, nx / 2, ny / 2}, planes[2]))
    return false;
  if (bits.take(4) != 0) return false;
  bits.to_whole_byte();
  bits.skip(std::ranges::count(set, 1));
  return !bits.is_over();
}

bool plio_fits(Stream stream) noexcept {
  const std::size_t n_word = stream.size() / 2;
  const auto word = [&](std::size_t i) {
    return static_cast<std::int16_t>(stream[2 * i] << 8 | stream[2 * i + 1]);
  };
  if (n_word < 3) return false;
  const bool is_old = word(2) > 0;
  if (!is_old && n_word < 5) return false;
  const std::int64_t length = is_old ? word(2) : word(4) * std::int64_t{32768} + word(3);
  const std::int64_t first = is_old ? 3 : word(1);
  if (length < 0 || length > static_cast<std::int64_t>(n_word) || first < 0) return false;
  // The second word of "set the value" is the value's high part, far below any instruction.
  constexpr int kSetValue = 1;
  return length == 0 || word(static_cast<std::size_t>(length - 1)) / 4096 != kSetValue;
}

std::optional<std::int64_t> gunzipped_size(Stream stream, std::int64_t most) {
  std::array<unsigned char, 1 << 14> scratch;
  z_stream z{};
  z.next_in = const_cast<unsigned char*>(stream.data());  // zlib does not write to it
  z.avail_in = static_cast<unsigned>(stream.size());
  if (inflateInit2(&z, 15 + 16) != Z_OK) return std::nullopt;
  int status = Z_OK;
  while (status == Z_OK && z.total_out <= static_cast<unsigned long>(most)) {
    z.next_out = scratch.data();
    z.avail_out = static_cast<unsigned>(scratch.size());
    status = inflate(&z, Z_NO_FLUSH);
  }
  const auto size = static_cast<std::int64_t>(z.total_out);
  inflateEnd(&z);
  if (status != Z_STREAM_END || size > most) return std::nullopt;
  return size;
}

}  // namespace skyweft::io

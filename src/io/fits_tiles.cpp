// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/fits_tiles.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "core/log.hpp"
#include "io/fits_handle.hpp"
#include "io/fits_hdus.hpp"
#include "io/fits_streams.hpp"

namespace skyweft::io {
namespace {

constexpr std::int64_t kMaxTiles = std::int64_t{1} << 26;
constexpr std::int64_t kMaxTilePixels = std::int64_t{1} << 28;  // cfitsio counts bytes in an int
constexpr std::int64_t kMaxStreamBytes = std::int64_t{1} << 30;

/// What cfitsio itself has read of the image's header, so that both sides see the same. Keywords
/// may stand there twice.
const FITSfile& seen_by_cfitsio(const FitsHandle& file) {
  return *file.get()->Fptr;
}

/// Whether unpacked integers are taken as the bits of real numbers (ZQUANTIZ = 'NONE').
bool has_real_bits(const FitsHandle& file) {
  constexpr float kNoQuantize = 9999.0f;
  return seen_by_cfitsio(file).quantize_level == kNoQuantize;
}

}  // namespace

void TileGuard::fail(const std::string& why) const {
  throw Error{Errc::bad_input, fmt::format("{}: {}; copy or make the file again", what_, why)}
      .because({"tiles", 0.0, 1.0});
}

void TileGuard::fail_tile(std::int64_t i_tile, const std::string& why) const {
  const Tile at = tile(i_tile);
  fail(fmt::format("tile {} of {} (rows {} to {}) {}", i_tile + 1, n_tiles_, at.first_row,
                   at.first_row + at.n_row - 1, why));
}

TileGuard::TileGuard(const FitsHandle& file, const ImageHdu& image, std::int64_t max_pixels)
    : what_(fmt::format("{} of {} is no sound compressed image (data from byte {} on)",
                        image.text(), printable(file.path().string()), image.data_bytes)) {
  check_geometry(file, max_pixels);
  check_parameters(file);
  const FITSfile& seen = seen_by_cfitsio(file);
  packed_ = check_column(file, seen.cn_compressed, "COMPRESSED_DATA");
  gzip_ = check_column(file, seen.cn_gzip_data, "GZIP_COMPRESSED_DATA");
  plain_ = check_column(file, seen.cn_uncompressed, "UNCOMPRESSED_DATA");
  const std::int64_t element = seen.compress_type == PLIO_1 ? 2 : 1;
  if (packed_.number == 0) fail("its table has no column COMPRESSED_DATA");
  if (packed_.element_bytes != element)
    fail(fmt::format("column COMPRESSED_DATA has elements of {} bytes, not {}",
                     packed_.element_bytes, element));
  if (gzip_.number > 0 && gzip_.element_bytes != 1)
    fail("column GZIP_COMPRESSED_DATA does not hold bytes");
  is_sound_.assign(static_cast<std::size_t>(n_tiles_), false);
}

void TileGuard::check_geometry(const FitsHandle& file, std::int64_t max_pixels) {
  const FITSfile& seen = seen_by_cfitsio(file);
  if (seen.zndim < 2 || seen.zndim > kMaxAxes) fail(fmt::format("ZNAXIS is {}", seen.zndim));
  side_.fill(1);
  tile_side_.fill(1);
  n_tile_.fill(1);
  max_pixels = std::min(max_pixels, kMaxTilePixels);
  for (std::size_t i = 0; i < static_cast<std::size_t>(seen.zndim); ++i) {
    constexpr std::int64_t kMaxSide = std::int64_t{1} << 31;
    side_[i] = seen.znaxis[i];
    tile_side_[i] = seen.tilesize[i];
    if (side_[i] < 1 || side_[i] > kMaxSide) fail(fmt::format("ZNAXIS{} is {}", i + 1, side_[i]));
    if (tile_side_[i] < 1 || tile_side_[i] > side_[i])
      fail(fmt::format("ZTILE{} is {}, and ZNAXIS{} {}", i + 1, tile_side_[i], i + 1, side_[i]));
    if (tile_side_[i] > max_pixels / tile_pixels_)
      fail(fmt::format("a tile has more than {} pixels", max_pixels));
    tile_pixels_ *= tile_side_[i];
    n_tile_[i] = (side_[i] + tile_side_[i] - 1) / tile_side_[i];
    if (n_tile_[i] > kMaxTiles / n_tiles_) fail("it has too many tiles");
    n_tiles_ *= n_tile_[i];
  }
  int status = 0;
  LONGLONG n_row = 0;
  fits_get_num_rowsll(file.get(), &n_row, &status);
  file.check(status, "read the tile table of");
  if (n_row != n_tiles_)
    fail(fmt::format("its table has {} tiles where the image has {}", n_row, n_tiles_));
}

void TileGuard::check_parameters(const FitsHandle& file) {
  const FITSfile& seen = seen_by_cfitsio(file);
  constexpr std::array<int, 6> kBitpix{8, 16, 32, 64, -32, -64};
  if (std::ranges::find(kBitpix, seen.zbitpix) == kBitpix.end())
    fail(fmt::format("ZBITPIX is {}", seen.zbitpix));
  constexpr int kSeeds = 10000;  // of cfitsio's random numbers
  if (seen.dither_seed < 1 || seen.dither_seed > kSeeds)
    fail(fmt::format("ZDITHER0 is {}", seen.dither_seed));
  if (seen.compress_type != RICE_1) return;
  constexpr int kMaxBlock = 4096;
  if (seen.rice_blocksize < 1 || seen.rice_blocksize > kMaxBlock)
    fail(fmt::format("its block size is {}", seen.rice_blocksize));
  constexpr std::array<int, 4> kBytes{1, 2, 4, 8};
  if (std::ranges::find(kBytes, seen.rice_bytepix) == kBytes.end())
    fail(fmt::format("BYTEPIX is {}", seen.rice_bytepix));
}

/// Every tile's bytes lie inside the table's heap.
TileGuard::Column TileGuard::check_column(const FitsHandle& file, int number,
                                          const char* name) const {
  if (number < 1) return {};
  Column column{.number = number};
  int status = 0;
  int type = 0;
  LONGLONG repeat = 0;
  LONGLONG width = 0;
  fits_get_coltypell(file.get(), number, &type, &repeat, &width, &status);
  file.check(status, "read the tile table of");
  if (type >= 0) fail(fmt::format("column {} has no variable length", name));
  column.element_bytes = type == -TDOUBLE || type == -TLONGLONG ? 8
                         : type == -TFLOAT || type == -TLONG    ? 4
                         : type == -TSHORT                      ? 2
                         : type == -TBYTE                       ? 1
                                                                : 0;
  if (column.element_bytes == 0) fail(fmt::format("column {} holds no bytes or numbers", name));
  const FITSfile& seen = seen_by_cfitsio(file);
  const tcolumn& about = seen.tableptr[number - 1];
  if (about.tscale != 1.0 || about.tzero != 0.0) fail(fmt::format("column {} is scaled", name));
  const std::int64_t gap = seen.heapstart - seen.rowlength * n_tiles_;
  const std::int64_t room = seen.heapsize - gap;
  if (gap < 0 || room < 0) fail(fmt::format("its heap begins at byte {}", seen.heapstart));
  column.heap_bytes = seen.datastart + seen.heapstart;
  // A packed tile is hardly larger than its pixels; far larger ones are bombs.
  const std::int64_t most = std::min(16 * tile_pixels_ + 65536, kMaxStreamBytes);
  constexpr std::int64_t kAtOnce = 4096;
  std::vector<LONGLONG> length(static_cast<std::size_t>(std::min(kAtOnce, n_tiles_)));
  std::vector<LONGLONG> offset(length.size());
  column.length.reserve(static_cast<std::size_t>(n_tiles_));
  for (std::int64_t first = 0; first < n_tiles_; first += kAtOnce) {
    const std::int64_t n = std::min(kAtOnce, n_tiles_ - first);
    fits_read_descriptsll(file.get(), number, first + 1, n, length.data(), offset.data(), &status);
    file.check(status, "read the tile table of");
    for (std::int64_t i = 0; i < n; ++i) {
      const LONGLONG count = length[static_cast<std::size_t>(i)];
      const LONGLONG at = offset[static_cast<std::size_t>(i)];
      if (count < 0 || at < 0 || count > most / column.element_bytes ||
          at > room - count * column.element_bytes)
        fail_tile(first + i, fmt::format("lies outside the {} bytes of its heap", room));
      column.length.push_back(static_cast<std::int32_t>(count));
      column.offset.push_back(at);
    }
  }
  return column;
}

TileGuard::Tile TileGuard::tile(std::int64_t i_tile) const {
  Tile at{.n_pixel = 1};
  for (std::size_t i = 0; i < kMaxAxes; ++i) {
    const std::int64_t first = i_tile % n_tile_[i] * tile_side_[i];
    const std::int64_t n = std::min(tile_side_[i], side_[i] - first);
    i_tile /= n_tile_[i];
    at.n_pixel *= n;
    if (i == 1) {
      at.first_row = first;
      at.n_row = n;
    }
  }
  return at;
}

void TileGuard::check_rows(const FitsHandle& file, std::int64_t plane, std::int64_t first_row,
                           std::int64_t n_row) {
  if (n_row < 1) return;
  if (was_real_bits_ != has_real_bits(file)) {  // cfitsio lets an earlier image's setting stand
    was_real_bits_ = !was_real_bits_;
    is_sound_.assign(is_sound_.size(), false);
  }
  const std::int64_t first = plane / tile_side_[2] * n_tile_[1] + first_row / tile_side_[1];
  const std::int64_t n = (first_row + n_row - 1) / tile_side_[1] - first_row / tile_side_[1] + 1;
  const std::int64_t end = (first + n) * n_tile_[0];
  if (seen_by_cfitsio(file).compress_type == RICE_1) check_rice(file, first * n_tile_[0], end);
  for (std::int64_t i = first * n_tile_[0]; i < end; ++i) {
    if (is_sound_[static_cast<std::size_t>(i)]) continue;
    check_tile(file, i);
    is_sound_[static_cast<std::size_t>(i)] = true;
  }
}

/// Rice streams from `first` on that were not yet walked; others are left.
void TileGuard::check_rice(const FitsHandle& file, std::int64_t first, std::int64_t end) {
  const FITSfile& seen = seen_by_cfitsio(file);
  if (was_real_bits_ && seen.rice_bytepix < 4)
    fail(fmt::format("real numbers were not rounded, but BYTEPIX is {}", seen.rice_bytepix));
  std::array<std::vector<unsigned char>, kRiceLanes> bytes;
  std::array<Stream, kRiceLanes> streams;
  std::array<std::int64_t, kRiceLanes> who{};
  std::size_t n = 0;
  std::int64_t n_pixel = 0;
  const auto walk = [&] {
    const std::size_t i = first_unfit_rice(std::span{streams}.first(n), n_pixel,
                                           seen.rice_blocksize, std::min(seen.rice_bytepix, 4));
    if (i < n) fail_tile(who[i], "is no sound Rice stream");
    for (std::size_t k = 0; k < n; ++k) is_sound_[static_cast<std::size_t>(who[k])] = true;
    n = 0;
  };
  for (std::int64_t i = first; i < end; ++i) {
    if (is_sound_[static_cast<std::size_t>(i)] || packed_.length[static_cast<std::size_t>(i)] == 0)
      continue;
    const std::int64_t pixels_here = tile(i).n_pixel;
    if (n == kRiceLanes || (n > 0 && pixels_here != n_pixel)) walk();
    n_pixel = pixels_here;
    streams[n] = stream_of(file, packed_, i, bytes[n]);
    who[n++] = i;
  }
  if (n > 0) walk();
}

Stream TileGuard::stream_of(const FitsHandle& file, const Column& column, std::int64_t i_tile,
                            std::vector<unsigned char>& room) const {
  const auto i = static_cast<std::size_t>(i_tile);
  room.resize(static_cast<std::size_t>(column.length[i] * column.element_bytes));
  file.bytes().read(column.heap_bytes + column.offset[i], std::as_writable_bytes(std::span{room}));
  return room;
}

void TileGuard::check_tile(const FitsHandle& file, std::int64_t i_tile) {
  const Tile at = tile(i_tile);
  const auto i = static_cast<std::size_t>(i_tile);
  if (packed_.length[i] > 0) return check_packed(file, i_tile, at);
  if (plain_.number > 0) {
    if (plain_.length[i] != at.n_pixel)
      fail_tile(i_tile, fmt::format("has {} pixels, not {}", plain_.length[i], at.n_pixel));
    return;
  }
  if (gzip_.number == 0 || gzip_.length[i] == 0) fail_tile(i_tile, "is empty");
  const Stream stream = stream_of(file, gzip_, i_tile, bytes_);
  const std::int64_t bytes = at.n_pixel * (std::abs(seen_by_cfitsio(file).zbitpix) / 8);
  if (gunzipped_size(stream, bytes) != bytes) fail_tile(i_tile, "is no sound gzip stream");
}

void TileGuard::check_packed(const FitsHandle& file, std::int64_t i_tile, const Tile& at) {
  const FITSfile& seen = seen_by_cfitsio(file);
  const int method = seen.compress_type;
  const Stream stream = stream_of(file, packed_, i_tile, bytes_);
  if (method == PLIO_1) {
    if (!plio_fits(stream)) fail_tile(i_tile, "is no sound PLIO list");
  } else if (method == HCOMPRESS_1) {
    const bool is_short = seen.zbitpix == BYTE_IMG || seen.zbitpix == SHORT_IMG;
    if (!hcompress_fits(stream, at.n_pixel, is_short ? 32 : 64))
      fail_tile(i_tile, "is no sound HCOMPRESS stream");
  } else if (method == GZIP_1 || method == GZIP_2) {
    check_gzip(stream, i_tile, at);
  } else {
    fail_tile(i_tile, "is packed by a method that is not read");
  }
}

/// cfitsio unpacks a stream that lacks its end for ever, one that swells without limit, and takes
/// pixels to be as wide as the unpacked bytes suggest.
void TileGuard::check_gzip(Stream stream, std::int64_t i_tile, const Tile& at) const {
  const auto size = gunzipped_size(stream, 8 * at.n_pixel);
  if (!size) fail_tile(i_tile, "is no sound gzip stream");
  constexpr std::array<std::int64_t, 3> kWhole{1, 2, 4};
  constexpr std::array<std::int64_t, 2> kReal{4, 8};
  const std::span<const std::int64_t> widths =
      was_real_bits_ ? std::span<const std::int64_t>{kReal} : kWhole;
  if (std::ranges::none_of(widths, [&](std::int64_t w) { return *size == w * at.n_pixel; }))
    fail_tile(i_tile, fmt::format("unpacks to {} bytes for {} pixels", *size, at.n_pixel));
}

}  // namespace skyweft::io

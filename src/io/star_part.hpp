// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: how one part file of a star store is laid out (io/star_tiles.hpp).

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "data/star_catalog.hpp"

namespace skyweft::io {

inline constexpr int kTileOrder = 5;
inline constexpr std::int64_t kTiles = std::int64_t{12} << (2 * kTileOrder);

/// The magnitude of every row of a tile whose number within the tile is a multiple of this is
/// written once more, so that "brighter than G" is known before the rows are read.
inline constexpr std::int64_t kRowsPerMark = 256;

/// Where a row's numbers stand; the kept columns follow as further floats.
inline constexpr std::size_t kIdAt = 0;
inline constexpr std::size_t kRaAt = 8;
inline constexpr std::size_t kDecAt = 16;
inline constexpr std::size_t kPmRaAt = 24;
inline constexpr std::size_t kPmDecAt = 28;
inline constexpr std::size_t kParallaxAt = 32;
inline constexpr std::size_t kMagAt = 36;
inline constexpr std::size_t kColourAt = 40;
inline constexpr std::size_t kExtraAt = 44;
inline constexpr std::size_t kTileEntryBytes = 28;
inline constexpr std::size_t kMarkBytes = 4;

/// Turns a number between FITS' byte order and ours.
template <class T>
T big_endian(const std::byte* at) noexcept {
  using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;
  Bits bits = 0;
  std::memcpy(&bits, at, sizeof(T));
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(T) == 8)
      bits = __builtin_bswap64(bits);
    else
      bits = __builtin_bswap32(bits);
  }
  return std::bit_cast<T>(bits);
}
template <class T>
void put_big_endian(std::byte* at, T value) noexcept {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof(T));
  const T swapped = big_endian<T>(raw);
  std::memcpy(at, &swapped, sizeof(T));
}

/// The rows of one tile within its part, brightest first, those without magnitude last.
struct TileEntry {
  std::int32_t tile = 0;
  std::int64_t first_row = 0;
  std::int32_t n_row = 0;
  std::int32_t n_mag = 0;  ///< rows with a magnitude
  std::int64_t first_mark = 0;

  std::int64_t n_mark() const noexcept { return (n_row + kRowsPerMark - 1) / kRowsPerMark; }
  bool operator==(const TileEntry&) const = default;
};

/// What decides the layout of a part file, together with its bytes outside the three tables.
struct PartShape {
  std::vector<std::string> extra;  ///< kept columns
  double epoch_yr = 2000.0;
  std::int64_t n_row = 0;
  std::int64_t n_tile = 0;
  std::int64_t n_mark = 0;

  std::size_t row_bytes() const noexcept { return kExtraAt + 4 * extra.size(); }
};

/// Headers and places of the tables STARS, TILES and MARKS; each is padded to FITS' blocks.
struct PartLayout {
  std::string stars_head;  ///< with the empty primary HDU in front
  std::string tiles_head;
  std::string marks_head;
  std::int64_t rows_at = 0;
  std::int64_t tiles_at = 0;  ///< of the data; the header ends here
  std::int64_t marks_at = 0;
  std::int64_t n_byte = 0;  ///< of the whole file
};

/// Throws: never. The size of stars_head depends on the columns alone.
PartLayout layout_of(const PartShape& shape);

/// The names of all columns in their order, with FITS form and unit.
struct StoreColumn {
  std::string name;
  std::string form;
  std::string unit;
};
std::vector<StoreColumn> store_columns(const std::vector<std::string>& extra);

/// Row `i` of `stars` in file form; `extra[k]` is the column of stars.extra for kept column k, or
/// nullptr: NaN.
void encode_row(const StarCatalog& stars, std::size_t i,
                const std::vector<const NamedColumn*>& extra, std::byte* out) noexcept;

/// Appends a row in file form; `stars` has its extra columns already.
void decode_row(const std::byte* row, StarCatalog& stars);

void encode_tile(const TileEntry& entry, std::byte* out) noexcept;
TileEntry decode_tile(const std::byte* at) noexcept;

/// A file that is read at places, by any number of threads.
class PartFile {
 public:
  PartFile() = default;
  /// Throws Error{bad_input} when it cannot be opened.
  explicit PartFile(std::filesystem::path path);
  ~PartFile();
  PartFile(PartFile&& other) noexcept;
  PartFile& operator=(PartFile&& other) noexcept;

  std::int64_t size() const;
  /// Fills `out` from `offset`. Throws Error{io}, or Error{bad_input} when the file ends before.
  void read(std::int64_t offset, std::span<std::byte> out) const;
  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

/// Compares size and headers of a part with what `shape` promises and reads its tile table, which
/// must lie within `first_tile` … `last_tile`, ascending and without gaps between the rows.
/// Throws Error{bad_input} naming the file and the first contradiction.
std::vector<TileEntry> read_tile_table(const PartFile& file, const PartShape& shape,
                                       const PartLayout& layout, std::int64_t first_tile,
                                       std::int64_t last_tile);

}  // namespace skyweft::io

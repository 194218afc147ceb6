// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: writes the part files of a star store, tile after tile.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "io/star_manifest.hpp"
#include "io/star_part.hpp"

namespace skyweft::io {

/// Appends sorted tiles; begins a new file where the next tile would make one too large.
class StarPartWriter {
 public:
  StarPartWriter(std::filesystem::path folder, std::vector<std::string> extra, double epoch_yr,
                 std::int64_t max_part_bytes);
  ~StarPartWriter();
  StarPartWriter(const StarPartWriter&) = delete;
  StarPartWriter& operator=(const StarPartWriter&) = delete;

  /// Takes the rows of one tile in their final order: `order[i]` is where row i stands in `rows`.
  /// Tiles come ascending. Throws Error{io}.
  void add(std::int32_t tile, const std::byte* rows, std::span<const std::uint32_t> order,
           std::int64_t n_mag);

  /// Completes the last file and returns all. Throws Error{io}.
  std::vector<StarPart> finish();

 private:
  void begin();
  void end();
  void put(std::span<const std::byte> bytes);
  void put_padded(std::span<const std::byte> bytes);
  void write_out();

  std::filesystem::path folder_;
  PartShape shape_;
  std::int64_t max_part_bytes_;
  std::filesystem::path path_;
  int fd_ = -1;
  std::vector<std::byte> buffer_;
  std::int64_t n_written_ = 0;
  std::vector<TileEntry> tiles_;
  std::vector<std::byte> marks_;
  std::vector<StarPart> parts_;
};

}  // namespace skyweft::io

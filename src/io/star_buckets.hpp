// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: rows on their way into a star store, sorted roughly.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <vector>

namespace skyweft::io {

/// One file per HEALPix cell of order 2, each a sequence of records: the tile (4 bytes) and a row.
/// Appending goes through buffers of bounded size.
class StarBuckets {
 public:
  static constexpr int kOrder = 2;
  static constexpr std::int64_t kBuckets = std::int64_t{12} << (2 * kOrder);

  /// `folder` exists; `memory_bytes` is what all buffers together may take.
  StarBuckets(std::filesystem::path folder, std::size_t row_bytes, std::size_t memory_bytes);

  /// Room for one row of `tile` (order kTileOrder), to be filled at once; valid until the next
  /// call. Throws Error{io} when a full buffer cannot be written.
  std::byte* add(std::int32_t tile);

  /// Writes what is buffered and gives the buffers' memory back. Throws Error{io}.
  void flush();

  /// Calls `take(tile, row)` for all rows of `bucket` in the order they were added.
  /// Throws Error{io}.
  void read(std::int64_t bucket,
            const std::function<void(std::int32_t tile, const std::byte* row)>& take) const;

  /// Deletes the file of `bucket`. Throws: never.
  void drop(std::int64_t bucket) noexcept;

 private:
  std::filesystem::path file_of(std::int64_t bucket) const;
  void write(std::int64_t bucket);

  std::filesystem::path folder_;
  std::size_t record_bytes_;
  std::size_t buffer_bytes_;
  std::vector<std::vector<std::byte>> buffers_;  ///< [bucket]
};

}  // namespace skyweft::io

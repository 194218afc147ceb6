// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: what a tile-compressed image says about itself is checked before cfitsio
// believes it.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "io/fits_streams.hpp"

namespace skyweft::io {

class FitsHandle;
struct ImageHdu;

/// Stands between a compressed image and cfitsio, which trusts both its table and its streams.
class TileGuard {
 public:
  /// Checks the table of the compressed image in the current HDU, but no stream: method, tile
  /// sizes and their number, parameters (block size, dither seed), every tile's place in the heap.
  /// Tiles of more than `max_pixels` pixels are refused.
  /// Throws Error{bad_input} with test "tiles".
  TileGuard(const FitsHandle& file, const ImageHdu& image, std::int64_t max_pixels);

  /// Walks the streams of the tiles that these rows of a plane touch, each once, so that cfitsio
  /// can neither read nor write beyond its buffers in decoding them; the image is in the current
  /// HDU. Throws Error{bad_input} with test "tiles" that says which tile and rows.
  void check_rows(const FitsHandle& file, std::int64_t plane, std::int64_t first_row,
                  std::int64_t n_row);

 private:
  static constexpr int kMaxAxes = 6;  // as cfitsio

  /// A column of variable length: how many elements of how many bytes.
  struct Column {
    int number = 0;  ///< from 1; 0 where there is none
    std::int64_t element_bytes = 0;
    std::int64_t heap_bytes = 0;         ///< where the heap begins in the file
    std::vector<std::int32_t> length{};  ///< of each tile's stream, in elements
    std::vector<std::int64_t> offset{};  ///< of each tile's stream in the heap
  };
  struct Tile {
    std::int64_t n_pixel = 0;
    std::int64_t first_row = 0;
    std::int64_t n_row = 0;
  };

  [[noreturn]] void fail(const std::string& why) const;
  [[noreturn]] void fail_tile(std::int64_t i_tile, const std::string& why) const;
  void check_geometry(const FitsHandle& file, std::int64_t max_pixels);
  void check_parameters(const FitsHandle& file);
  Column check_column(const FitsHandle& file, int number, const char* name) const;
  Tile tile(std::int64_t i_tile) const;
  void check_rice(const FitsHandle& file, std::int64_t first, std::int64_t end);
  void check_tile(const FitsHandle& file, std::int64_t i_tile);
  void check_packed(const FitsHandle& file, std::int64_t i_tile, const Tile& tile);
  void check_gzip(Stream stream, std::int64_t i_tile, const Tile& tile) const;
  Stream stream_of(const FitsHandle& file, const Column& column, std::int64_t i_tile,
                   std::vector<unsigned char>& room) const;

  std::string what_;  ///< file and image, for messages
  std::array<std::int64_t, kMaxAxes> side_{};
  std::array<std::int64_t, kMaxAxes> tile_side_{};
  std::array<std::int64_t, kMaxAxes> n_tile_{};
  std::int64_t tile_pixels_ = 1;  ///< of a whole tile
  std::int64_t n_tiles_ = 1;
  Column packed_;
  Column gzip_;
  Column plain_;
  std::vector<bool> is_sound_;  ///< by tile
  bool was_real_bits_ = false;  ///< what `is_sound_` was found under
  std::vector<unsigned char> bytes_;
};

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the pixels of a FITS file as one image.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "data/detector.hpp"
#include "io/fits_hdus.hpp"

namespace skyweft::io {

class FitsHandle;
class TileGuard;

/// The images that a layout names, laid on top of each other; what a narrower one lacks is NaN.
class FitsMosaic {
 public:
  /// Opens and checks as ImageReader does. A file without compressed images stays open as bytes
  /// only, one descriptor each, so that many can be open at once.
  FitsMosaic(const std::filesystem::path& path, const RawLayout& layout, std::int64_t max_pixels,
             bool verify);
  ~FitsMosaic();
  FitsMosaic(FitsMosaic&&) noexcept;
  FitsMosaic& operator=(FitsMosaic&&) noexcept;

  std::int64_t nx() const noexcept { return nx_; }
  std::int64_t ny() const noexcept { return ny_; }
  const Header& header() const noexcept { return header_; }

  /// Reads rows into `out` [n_row][nx]. Throws Error{bad_input}: truncated (test "file_bytes"),
  /// damaged compressed stream (tests "tiles", "decompress").
  void read_rows(std::int64_t first_row, std::int64_t n_row, std::span<float> out) const;

 private:
  struct Piece {
    ImageHdu image;
    std::int64_t first_row = 0;        ///< of the mosaic
    std::unique_ptr<TileGuard> tiles;  ///< where the image is compressed
  };
  void read_piece(const Piece& piece, std::int64_t first_row, std::int64_t n_row,
                  std::span<float> out) const;

  FitsBytes bytes_;
  std::unique_ptr<FitsHandle> file_;  ///< when something is compressed, else `bytes_`
  std::vector<Piece> pieces_;
  std::int64_t plane_ = 0;
  std::int64_t nx_ = 0;
  std::int64_t ny_ = 0;
  Header header_;
};

/// Refuses images of more than `max_pixels`; throws Error{bad_input} with test "n_pixels".
void check_image_size(std::int64_t nx, std::int64_t ny, std::int64_t max_pixels,
                      const std::filesystem::path& path);

/// Reads rows of a plane through cfitsio (`type` is its name for T); `null_value` stands for what
/// is not measured. Throws Error{bad_input} with test "decompress" that says which HDU and rows.
template <class T>
void read_by_cfitsio(const FitsHandle& file, const ImageHdu& image, std::int64_t plane,
                     std::int64_t first_row, std::int64_t n_row, int type, T null_value,
                     std::span<T> out);

}  // namespace skyweft::io

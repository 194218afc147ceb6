// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/grid.hpp"
#include "data/flags.hpp"
#include "io/header.hpp"

namespace skyweft::io {

/// Images larger than this are refused rather than believed.
inline constexpr std::int64_t kMaxPixels = std::int64_t{1} << 31;

/// Reads the keywords of the first HDU with a 2-D image (tile-compressed ones count), followed by
/// those of the primary header that it lacks. Reads no pixels; no checksum is verified.
/// Collective: no. Throws Error{bad_input} when the file is missing, truncated, or has no image.
Header read_header(const std::filesystem::path& path);

/// A raw image as written: BSCALE and BZERO applied, unmeasured pixels 0 with mask::no_data.
struct RawImage {
  Grid<float> adu;  ///< [ny][nx]
  Mask mask;        ///< [ny][nx]
  Header header;
};

/// Reads the first 2-D image of a FITS file, plain, tile-compressed (.fz) or gzipped. Pixels that
/// are BLANK, NaN or infinite become 0 and mask::no_data. NAXIS3 = 1 is accepted. CHECKSUM and
/// DATASUM are verified where present (test "checksum").
/// Collective: no. Throws Error{bad_input}; truncation has the test "file_bytes".
RawImage read_image(const std::filesystem::path& path, std::int64_t max_pixels = kMaxPixels);

/// Reads an image by rows, for stacks that do not fit into memory.
class ImageReader {
 public:
  /// Opens and verifies as read_image() does.
  explicit ImageReader(const std::filesystem::path& path, std::int64_t max_pixels = kMaxPixels);
  ~ImageReader();
  ImageReader(ImageReader&&) noexcept;
  ImageReader& operator=(ImageReader&&) noexcept;

  std::int64_t nx() const noexcept;
  std::int64_t ny() const noexcept;
  const Header& header() const noexcept;

  /// Reads rows first_row … first_row + n_row − 1 into `out` [n_row][nx]; unmeasured pixels are
  /// NaN. Throws Error{bad_input}, or Error{internal} when the rows or `out` do not fit.
  void read_rows(std::int64_t first_row, std::int64_t n_row, std::span<float> out) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One image of a file to be written; `pixels` is borrowed. A plane called MASK gets the names of
/// the mask bits (data/flags.hpp) as keywords MSKB0, MSKB1, …
struct ImagePlane {
  std::string name;  ///< EXTNAME
  std::variant<const Grid<float>*, const Grid<std::uint16_t>*, const Grid<std::int32_t>*> pixels;
  std::string unit;  ///< BUNIT; "" leaves it out
};

/// Writes planes to one file: the first is the primary image and gets `cards`, the others are IMAGE
/// extensions. Atomic; CHECKSUM and DATASUM everywhere; no date, so equal content gives equal
/// bytes. Grid<uint16_t> is stored with BZERO 32768, so one such plane is a usual raw frame.
/// Collective: no. Throws Error{io}.
void write_image(const std::filesystem::path& path, const std::vector<ImagePlane>& planes,
                 const Header& cards = {});

/// Reads the image whose EXTNAME is `name` (case ignored); NaN stays NaN. The checksum is verified.
/// Collective: no. Throws Error{bad_input} when there is none.
Grid<float> read_plane(const std::filesystem::path& path, std::string_view name);
Mask read_mask_plane(const std::filesystem::path& path, std::string_view name);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the images of an open FITS file.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/fits_pixels.hpp"
#include "io/header.hpp"

namespace skyweft::io {

class FitsHandle;

/// One image of a file.
struct ImageHdu {
  int number = 0;    ///< of the HDU; 0 is the primary
  std::string name;  ///< EXTNAME
  int naxis = 2;
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::int64_t n_plane = 1;          ///< NAXIS3
  std::int64_t data_bytes = 0;       ///< where the HDU's data begin in the file
  bool is_packed = false;            ///< tile-compressed
  std::optional<PixelFormat> plain;  ///< nothing where only cfitsio can read it

  /// "HDU 2 (SCI)" for messages.
  std::string text() const;
};

/// The images that `wanted` names, in that order: by EXTNAME (case ignored) or, when it is all
/// digits, by number; "*" stands for all 2-D and 3-D ones, an empty list for the first.
/// Throws Error{bad_input}: none of that name (the text lists what there is), no image, more than
/// three axes longer than 1.
std::vector<ImageHdu> find_images(const FitsHandle& file, std::span<const std::string> wanted);

/// Makes it the current HDU.
void go_to(const FitsHandle& file, const ImageHdu& image);

/// The image's keywords, then what only the primary header has. The axes are the image's own, where
/// a compressed one would show those of the table that holds it.
Header merged_header(const FitsHandle& file, const ImageHdu& image);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "io/fits_bytes.hpp"

namespace skyweft::io {

/// How the pixels of an image that is not compressed lie in its file.
struct PixelFormat {
  std::int64_t offset = 0;  ///< of the first pixel, in bytes
  int bitpix = 16;          ///< 8, 16, 32, 64, -32, -64
  double scale = 1.0;       ///< BSCALE
  double zero = 0.0;        ///< BZERO
  std::optional<std::int64_t> blank;

  std::int64_t pixel_bytes() const noexcept { return (bitpix < 0 ? -bitpix : bitpix) / 8; }
};

/// Turns big-endian pixels into physical values, scale × stored + zero in double, rounded once to
/// float; what is BLANK, not finite or beyond float becomes NaN. Bit for bit what cfitsio gives,
/// except that cfitsio takes subnormal floats as 0 and refuses values beyond float.
/// `bytes` holds out.size() pixels. Collective: no. Throws: never.
void pixels_from_fits(std::span<const std::byte> bytes, const PixelFormat& format,
                      std::span<float> out);

/// Reads out.size() pixels from the `first`-th of the image on, in pieces that stay in cache.
/// Throws Error{bad_input} with test "file_bytes" when the file ends before.
void read_plain_pixels(const FitsBytes& file, const PixelFormat& format, std::int64_t first,
                       std::span<float> out);

/// The sum that CHECKSUM and DATASUM are made of: 32-bit big-endian words added with end-around
/// carry (FITS standard 4.0, appendix J). `bytes.size()` is a multiple of 4.
std::uint32_t fits_sum(std::span<const std::byte> bytes, std::uint32_t sum = 0);

}  // namespace skyweft::io

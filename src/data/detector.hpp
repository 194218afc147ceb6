// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// A rectangle of pixels, 0-based and half open: x0 <= x < x1, y0 <= y < y1.
struct PixelBox {
  std::int64_t x0 = 0;
  std::int64_t y0 = 0;
  std::int64_t x1 = 0;
  std::int64_t y1 = 0;

  std::int64_t nx() const noexcept { return x1 - x0; }
  std::int64_t ny() const noexcept { return y1 - y0; }
  bool empty() const noexcept { return x1 <= x0 || y1 <= y0; }
  bool contains(const PixelBox& other) const noexcept {
    return other.x0 >= x0 && other.y0 >= y0 && other.x1 <= x1 && other.y1 <= y1;
  }
  bool overlaps(const PixelBox& other) const noexcept {
    return x0 < other.x1 && other.x0 < x1 && y0 < other.y1 && other.y0 < y1;
  }
  bool operator==(const PixelBox&) const = default;
};

/// Which pixels of a file make one raw image. Several images of a file are laid on top of each
/// other, in the order named: the raw image is as wide as the widest and as high as all together.
struct RawLayout {
  std::vector<std::string> hdus;  ///< EXTNAMEs or numbers, 0 the primary; empty: the first image
  std::int64_t plane = 0;         ///< of a cube, 0-based
  std::int64_t x_start = 0;       ///< of the channel in the mosaic, 0-based
  std::int64_t y_start = 0;
  std::int64_t x_step = 1;
  std::int64_t y_step = 1;
  bool operator==(const RawLayout&) const = default;
};

/// One read-out amplifier: where its pixels lie in the raw image and where they belong. Raw column
/// data.x0 + k belongs to frame column frame.x0 + k, or frame.x1 − 1 − k when flipped; rows alike.
struct Amplifier {
  std::string name;   ///< "" for the only one
  PixelBox data;      ///< light-sensitive pixels of the raw image
  PixelBox overscan;  ///< of the raw image; empty: none
  PixelBox frame;     ///< the same number of pixels in the assembled frame
  bool flip_x = false;
  bool flip_y = false;
  double gain_e_per_adu = kNaN;  ///< NaN: as FrameInfo says
  double read_noise_e = kNaN;    ///< NaN: as FrameInfo says
  double saturation_adu = kNaN;  ///< NaN: as FrameInfo says
  bool operator==(const Amplifier&) const = default;
};

/// What a detector does to light, the same for all its frames.
struct DetectorTraits {
  /// Response: true = a (1 + c0 a + c1 a² + …), a in ADU above bias; empty: linear.
  std::vector<double> linearity;
  double nonlinear_adu = kNaN;  ///< raw values above it are marked NONLINEAR; NaN: none
  std::string read_out = "y-";  ///< charge moves this way in the frame: x- x+ y- y+
  std::string bad_pixels;       ///< file that marks faulty pixels; "" for none
  std::string shutter_map;      ///< file with the shutter's delay in seconds; "" for none
  bool operator==(const DetectorTraits&) const = default;
};

}  // namespace skyweft

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>

#include "data/frame_catalog.hpp"

namespace skyweft {

/// Where the pixels of a frame lie in the image of the file it was read from, both counted from 0:
/// file x = x_start + x_step · frame x. Negative steps are flips.
struct PixelMap {
  double x_start = 0.0;
  double y_start = 0.0;
  double x_step = 1.0;
  double y_step = 1.0;
  bool operator==(const PixelMap&) const = default;
};

/// The one map that holds for all pixels of the frame: a channel of a mosaic, a trimmed image, one
/// amplifier. Nothing when there is none: several images joined, amplifiers with different offsets
/// or flips. Collective: no. Throws: never.
std::optional<PixelMap> file_pixels_of(const FrameInfo& info);

}  // namespace skyweft

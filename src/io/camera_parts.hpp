// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/detector.hpp"
#include "io/camera_config.hpp"

namespace skyweft::io {

/// A FITS section "[x1:x2,y1:y2]" (1-based, inclusive) as a box; a reversed range flips.
struct Section {
  PixelBox box;
  bool flip_x = false;
  bool flip_y = false;
};

/// The section that `text` spells, or nothing; numbers are 1 to 10^9.
std::optional<Section> parse_section(std::string_view text);

/// Where a channel's pixels lie in the mosaic, 0-based; plane −1: as the camera's `cube` says.
struct Channel {
  std::string name;
  std::int64_t x = 0;
  std::int64_t y = 0;
  std::int64_t x_step = 1;
  std::int64_t y_step = 1;
  std::int64_t plane = -1;
};

/// Reads CameraConfig::channels. Throws Error{bad_config} naming the entry.
std::vector<Channel> parse_channels(const KeyList& texts);

/// Reads CameraConfig::amplifiers: as many pixels in `data` as in `frame`, none twice; a single one
/// needs no frame. Throws Error{bad_config} naming the entry.
std::vector<Amplifier> parse_amplifiers(const KeyList& texts);

/// Whether any two boxes of `member` overlap.
bool any_overlap(const std::vector<Amplifier>& amplifiers, PixelBox Amplifier::*member);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame_catalog.hpp"
#include "io/camera_keys.hpp"
#include "io/camera_prepared.hpp"

namespace skyweft::io {

/// How one file's pixels make frames.
struct FrameLayout {
  std::int64_t raw_nx = 0;  ///< 0: the header does not say
  std::int64_t raw_ny = 0;
  std::int64_t n_plane = 1;
  std::int64_t x_binning = 1;
  std::int64_t y_binning = 1;
  std::int64_t window_x0 = 0;
  std::int64_t window_y0 = 0;
  bool window_known = false;
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::vector<Amplifier> amplifiers;
};

/// Whether a frame of nx × ny pixels is at most kMaxPixels and 4 times the raw image.
bool is_believable_frame(std::int64_t nx, std::int64_t ny, const FrameLayout& layout);

/// The mosaic's layout from one header per HDU. HDUs lie on top of each other; each is one
/// amplifier unless the configuration names amplifiers. Header sections that cannot be read, lie
/// outside the image or contradict each other become doubts and are ignored.
/// Throws Error{bad_input} (tests "image_size", "n_hdu", "n_plane", "amplifier_box").
FrameLayout layout_of(std::span<const HeaderView> views, const PreparedCamera& camera,
                      Doubts& doubts);

/// The layout of one channel of it, in the channel's pixels.
/// Throws Error{bad_input} (test "channel_size") when nothing is left, or amplifiers overlap.
FrameLayout layout_of_channel(const FrameLayout& mosaic, const Channel& channel,
                              const std::string& path);

}  // namespace skyweft::io

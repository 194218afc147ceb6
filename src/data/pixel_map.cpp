// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/pixel_map.hpp"

#include <utility>

namespace skyweft {
namespace {

/// Start and step of one axis of an amplifier, in pixels of the raw image.
std::pair<double, double> axis_of(std::int64_t data0, std::int64_t data1, std::int64_t frame0,
                                  bool is_flipped) {
  const auto first = static_cast<double>(is_flipped ? data1 - 1 : data0);
  const double step = is_flipped ? -1.0 : 1.0;
  return {first - step * static_cast<double>(frame0), step};
}

}  // namespace

std::optional<PixelMap> file_pixels_of(const FrameInfo& info) {
  if (info.layout.hdus.size() > 1) return std::nullopt;
  if (info.layout.hdus.size() == 1 && info.layout.hdus.front() == "*") return std::nullopt;
  PixelMap in_raw;
  bool is_first = true;
  for (const Amplifier& amp : info.amplifiers) {
    const auto [x_start, x_step] = axis_of(amp.data.x0, amp.data.x1, amp.frame.x0, amp.flip_x);
    const auto [y_start, y_step] = axis_of(amp.data.y0, amp.data.y1, amp.frame.y0, amp.flip_y);
    const PixelMap map{x_start, y_start, x_step, y_step};
    if (!is_first && !(map == in_raw)) return std::nullopt;
    in_raw = map;
    is_first = false;
  }
  const auto step_x = static_cast<double>(info.layout.x_step);
  const auto step_y = static_cast<double>(info.layout.y_step);
  return PixelMap{.x_start = static_cast<double>(info.layout.x_start) + step_x * in_raw.x_start,
                  .y_start = static_cast<double>(info.layout.y_start) + step_y * in_raw.y_start,
                  .x_step = step_x * in_raw.x_step,
                  .y_step = step_y * in_raw.y_step};
}

}  // namespace skyweft

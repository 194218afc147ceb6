// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/frame.hpp"
#include "phot/sky_plane.hpp"
#include "phot/sky_statistics.hpp"

namespace skyweft::phot {

/// Which pixels of a frame are background: usable, finite, and away from every listed star.
/// The frame is looked at tile by tile, when a star first needs the tile. Borrows the frame.
class SkyPixels {
 public:
  explicit SkyPixels(const Frame& frame);

  /// Takes the pixels whose centres lie within radius_px of (x, y) out.
  void exclude(double x_px, double y_px, double radius_px);

  /// Gathers the background pixels whose centres lie within inner_px < r <= outer_px of (x, y).
  void gather(double x_px, double y_px, double inner_px, double outer_px, SkySample& out);
  /// Likewise, with their places from (x, y).
  void gather(double x_px, double y_px, double inner_px, double outer_px, PlaneSample& out);

 private:
  /// Pixels [first, left_end) and [right_begin, end) of one row.
  struct Span {
    std::int32_t first = 0;
    std::int32_t left_end = 0;
    std::int32_t right_begin = 0;
    std::int32_t end = 0;
  };
  /// Fills spans_ for rows [iy_low_, iy_low_ + n_row_) and looks at their tiles.
  void find_spans(double x, double y, double inner_px, double outer_px);
  void look_at(std::int64_t ix_low, std::int64_t ix_end, std::int64_t iy_low, std::int64_t iy_end);

  const Frame* frame_;
  Grid<std::uint8_t> is_other_;  ///< 1: not background
  Grid<std::uint8_t> is_known_;  ///< per tile
  std::vector<Span> spans_;
  std::int64_t iy_low_ = 0;
  std::size_t n_row_ = 0;
};

}  // namespace skyweft::phot

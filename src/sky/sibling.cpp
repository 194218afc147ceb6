// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sibling.hpp"

#include <vector>

namespace skyweft::sky {
namespace {

void map_axis(std::vector<double>& c, double from0, double from_step, double to0, double to_step) {
  for (double& value : c) value *= from_step / to_step;
  if (!c.empty()) c[0] += (from0 - to0) / to_step;
}

}  // namespace

PixelGrid grid_of(const RawLayout& layout) {
  return {.x0 = static_cast<double>(layout.x_start),
          .y0 = static_cast<double>(layout.y_start),
          .dx = static_cast<double>(layout.x_step),
          .dy = static_cast<double>(layout.y_step)};
}

PixelGrid grid_of(const FrameInfo& info) {
  const auto axis = [](double start, double step, double window, bool known, double binning,
                       double& zero, double& slope) {
    // A window counts pixels of the channel; a start beyond the first cell is part of it.
    const double cell = start - step * static_cast<double>(static_cast<std::int64_t>(start / step));
    const double first = known ? cell + step * window : start;
    zero = binning * first + 0.5 * (binning - 1.0);
    slope = binning * step;
  };
  PixelGrid out;
  axis(static_cast<double>(info.layout.x_start), static_cast<double>(info.layout.x_step),
       static_cast<double>(info.window_x0), info.window_known, static_cast<double>(info.x_binning),
       out.x0, out.dx);
  axis(static_cast<double>(info.layout.y_start), static_cast<double>(info.layout.y_step),
       static_cast<double>(info.window_y0), info.window_known, static_cast<double>(info.y_binning),
       out.y0, out.dy);
  return out;
}

Wcs sibling_wcs(const Wcs& solved, const PixelGrid& from, const PixelGrid& to) {
  Wcs out = solved;
  map_axis(out.cx, from.x0, from.dx, to.x0, to.dx);
  map_axis(out.cy, from.y0, from.dy, to.y0, to.dy);
  out.colour_x_px *= from.dx / to.dx;
  out.colour_y_px *= from.dy / to.dy;
  return out;
}

Wcs sibling_wcs(const Wcs& solved, const RawLayout& from, const RawLayout& to) {
  return sibling_wcs(solved, grid_of(from), grid_of(to));
}

}  // namespace skyweft::sky

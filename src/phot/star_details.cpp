// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/star_details.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

/// Calls use(ix, iy) for the pixels of the frame that a box about the circle touches.
template <class Use>
void for_each_pixel(const Frame& frame, double x, double y, double radius, Use use) {
  const auto nx = static_cast<double>(frame.nx());
  const auto ny = static_cast<double>(frame.ny());
  const auto ix_low = static_cast<std::int64_t>(std::clamp(x - radius, 0.0, nx));
  const auto ix_end = static_cast<std::int64_t>(std::clamp(x + radius + 2.0, 0.0, nx));
  const auto iy_low = static_cast<std::int64_t>(std::clamp(y - radius, 0.0, ny));
  const auto iy_end = static_cast<std::int64_t>(std::clamp(y + radius + 2.0, 0.0, ny));
  for (std::int64_t iy = iy_low; iy < iy_end; ++iy)
    for (std::int64_t ix = ix_low; ix < ix_end; ++ix) use(ix, iy);
}

}  // namespace

void StarDetails::assign(std::size_t n_star) {
  coverage.assign(n_star, kNaNf);
  peak_e.assign(n_star, kNaNf);
  neighbour_light.assign(n_star, kNaNf);
  n_background.assign(n_star, 0);
}

double usable_part(const Frame& frame, double x, double y, double radius_px) noexcept {
  double area = 0.0;
  for_each_pixel(frame, x, y, radius_px, [&](std::int64_t ix, std::int64_t iy) {
    if ((frame.mask(ix, iy) & mask::unusable) != 0 || !std::isfinite(frame.signal_e(ix, iy)) ||
        !std::isfinite(frame.variance_e2(ix, iy)))
      return;
    area +=
        circle_pixel_overlap(static_cast<double>(ix) - x, static_cast<double>(iy) - y, radius_px);
  });
  return std::min(area / (kPi * radius_px * radius_px), 1.0);
}

double brightest_pixel(const Frame& frame, double x, double y, double radius_px) noexcept {
  double brightest = kNaN;
  for_each_pixel(frame, x, y, radius_px, [&](std::int64_t ix, std::int64_t iy) {
    const double dx = static_cast<double>(ix) - x;
    const double dy = static_cast<double>(iy) - y;
    if (dx * dx + dy * dy > radius_px * radius_px) return;
    const auto broken = static_cast<MaskBits>(mask::unusable & ~mask::saturated);
    const auto value = static_cast<double>(frame.signal_e(ix, iy));
    if ((frame.mask(ix, iy) & broken) != 0 || !std::isfinite(value)) return;
    if (!(brightest >= value)) brightest = value;
  });
  return brightest;
}

}  // namespace skyweft::phot

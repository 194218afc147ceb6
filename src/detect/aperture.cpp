// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/aperture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace skyweft::detect {

QuickFlux quick_flux(const Frame& frame, const Background& background, double x_px, double y_px,
                     double radius_px, Stamp& scratch) {
  const auto reach = static_cast<int>(std::ceil(radius_px + 0.5));
  const std::int64_t cx = std::llround(x_px), cy = std::llround(y_px);
  if (!scratch.whole || scratch.x_px != cx || scratch.y_px != cy || scratch.radius < reach)
    cut_stamp(frame, background, cx, cy, reach, {.mirrored = false}, scratch);
  const int margin = scratch.radius - reach, n = (2 * reach + 4) / 4 * 4;
  const auto outer = static_cast<float>(radius_px + 0.5);
  const auto dx0 = static_cast<float>(static_cast<double>(cx) - x_px - reach);
  QuickFlux out;
  double sum = 0.0, variance = 0.0;
  for (int j = -reach; j <= reach; ++j) {
    const float* light = scratch.light_row(j) + margin;
    const float* noise = scratch.variance_row(j) + margin;
    const auto dy = static_cast<float>(static_cast<double>(cy + j) - y_px);
    const float dy2 = dy * dy;
    // Four lanes, so that the order of the sums is the same however wide the machine is.
    float flux[4] = {0, 0, 0, 0}, var[4] = {0, 0, 0, 0};
    for (int i = 0; i < n; i += 4)
      for (int lane = 0; lane < 4; ++lane) {
        const float dx = dx0 + static_cast<float>(i + lane);
        const float d = std::sqrt(dx * dx + dy2);
        const float share = std::min(1.0f, std::max(0.0f, outer - d));
        flux[lane] += share * light[i + lane];
        var[lane] += share * share * noise[i + lane];
      }
    for (int lane = 0; lane < 4; ++lane) {
      sum += static_cast<double>(flux[lane]);
      variance += static_cast<double>(var[lane]);
    }
  }
  out.flux_e = sum;
  out.err_e = std::sqrt(variance);
  for (int j = -1; j <= 1; ++j)
    for (int i = -1; i <= 1; ++i)
      out.peak_e = std::max(out.peak_e, scratch.light_row(j)[scratch.radius + i]);
  return out;
}

}  // namespace skyweft::detect

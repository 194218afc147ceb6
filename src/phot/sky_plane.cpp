// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/sky_plane.hpp"

#include <cmath>

namespace skyweft::phot {
namespace {

constexpr double kFlatness = 1e-6;  // of the determinant, relative: these places make a line

/// Least squares over the kept values, about their mean place.
ClippedPlane fit(const PlaneSample& s) {
  const std::size_t n_all = s.value.size();
  double n = 0.0;
  double mean_x = 0.0;
  double mean_y = 0.0;
  double mean = 0.0;
  for (std::size_t i = 0; i < n_all; ++i) {
    if (s.is_kept[i] == 0) continue;
    n += 1.0;
    mean_x += s.dx_px[i];
    mean_y += s.dy_px[i];
    mean += s.value[i];
  }
  if (n < 4.0) return {};
  mean_x /= n;
  mean_y /= n;
  mean /= n;
  double xx = 0.0;
  double xy = 0.0;
  double yy = 0.0;
  double xv = 0.0;
  double yv = 0.0;
  for (std::size_t i = 0; i < n_all; ++i) {
    if (s.is_kept[i] == 0) continue;
    const double x = s.dx_px[i] - mean_x;
    const double y = s.dy_px[i] - mean_y;
    const double v = s.value[i] - mean;
    xx += x * x;
    xy += x * y;
    yy += y * y;
    xv += x * v;
    yv += y * v;
  }
  const double determinant = xx * yy - xy * xy;
  if (!(determinant > kFlatness * (xx + yy) * (xx + yy))) return {};
  ClippedPlane out;
  out.slope_x = (xv * yy - yv * xy) / determinant;
  out.slope_y = (yv * xx - xv * xy) / determinant;
  out.level = mean - out.slope_x * mean_x - out.slope_y * mean_y;
  double squares = 0.0;
  for (std::size_t i = 0; i < n_all; ++i) {
    if (s.is_kept[i] == 0) continue;
    const double d = (s.value[i] - mean) - out.slope_x * (s.dx_px[i] - mean_x) -
                     out.slope_y * (s.dy_px[i] - mean_y);
    squares += d * d;
  }
  out.n = static_cast<std::int64_t>(n);
  out.sigma = std::sqrt(squares / (n - 3.0));
  const double of_place =
      (mean_x * mean_x * yy - 2.0 * mean_x * mean_y * xy + mean_y * mean_y * xx) / determinant;
  out.level_error = out.sigma * std::sqrt(1.0 / n + of_place);
  return out;
}

}  // namespace

ClippedPlane clipped_plane(PlaneSample& sample, double median, double sigma, double clip_sigma,
                           int max_rounds) {
  ClippedPlane plane;
  plane.level = median;
  plane.slope_x = plane.slope_y = 0.0;
  plane.sigma = sigma;
  sample.is_kept.assign(sample.value.size(), 0);
  for (int round = 0; round <= max_rounds; ++round) {
    bool is_changed = false;
    // A plane through every value has a sigma of rounding only.
    const double limit = clip_sigma * plane.sigma + 1e-12 * std::abs(plane.level);
    for (std::size_t i = 0; i < sample.value.size(); ++i) {
      const double d = sample.value[i] - plane.level - plane.slope_x * sample.dx_px[i] -
                       plane.slope_y * sample.dy_px[i];
      const auto keep = static_cast<std::uint8_t>(std::abs(d) <= limit ? 1 : 0);
      is_changed = is_changed || keep != sample.is_kept[i];
      sample.is_kept[i] = keep;
    }
    if (!is_changed) break;
    plane = fit(sample);
    if (plane.n == 0) break;
  }
  if (plane.n == 0) return {};
  return plane;
}

}  // namespace skyweft::phot

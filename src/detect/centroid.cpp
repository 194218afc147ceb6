// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/centroid.hpp"

#include <cmath>
#include <cstdint>

namespace skyweft::detect {

std::optional<Centroid> quadratic_centroid(const Stamp& stamp) {
  const int r = stamp.radius;
  int top_i = -r, top_j = -r;
  float best = stamp.light_row(-r)[0];
  for (int j = -r; j <= r; ++j)
    for (int i = -r; i <= r; ++i)
      if (stamp.light_row(j)[i + r] > best) best = stamp.light_row(j)[i + r], top_i = i, top_j = j;
  if (std::abs(top_i) > r - 2 || std::abs(top_j) > r - 2) return {};
  // On the full 5 x 5 lattice the normal equations fall apart: each sum is one coefficient.
  double c1 = 0.0, c2 = 0.0, c3 = 0.0, c4 = 0.0, c5 = 0.0;
  for (int j = -2; j <= 2; ++j)
    for (int i = -2; i <= 2; ++i) {
      const auto v = static_cast<double>(stamp.light_row(top_j + j)[top_i + i + r]);
      c1 += v * i / 50.0;
      c2 += v * j / 50.0;
      c3 += v * (i * j) / 100.0;
      c4 += v * (i * i - 2) / 70.0;
      c5 += v * (j * j - 2) / 70.0;
    }
  const double det = 4.0 * c4 * c5 - c3 * c3;
  if (!(det > 0.0 && c4 < 0.0)) return {};
  const double dx = (c2 * c3 - 2.0 * c5 * c1) / det, dy = (c1 * c3 - 2.0 * c4 * c2) / det;
  if (!(std::abs(top_i + dx) <= r + 0.5 && std::abs(top_j + dy) <= r + 0.5)) return {};
  // H (dx, dy) = −(c1, c2) with H = (2c4, c3; c3, 2c5), so d(dx, dy) = −H⁻¹ (dc + dH (dx, dy)).
  double variance = 0.0;
  for (int j = -2; j <= 2; ++j)
    for (int i = -2; i <= 2; ++i) {
      const double e3 = i * j / 100.0;
      const double gx = i / 50.0 + (i * i - 2) / 35.0 * dx + e3 * dy;
      const double gy = j / 50.0 + (j * j - 2) / 35.0 * dy + e3 * dx;
      const double ax = (2.0 * c5 * gx - c3 * gy) / det, ay = (2.0 * c4 * gy - c3 * gx) / det;
      variance += 0.5 * (ax * ax + ay * ay) *
                  static_cast<double>(stamp.variance_row(top_j + j)[top_i + i + r]);
    }
  return Centroid{static_cast<double>(stamp.x_px + top_i) + dx,
                  static_cast<double>(stamp.y_px + top_j) + dy, std::sqrt(variance)};
}

std::optional<Centroid> mean_centroid(const Stamp& stamp) {
  const int r = stamp.radius;
  double s = 0.0, sx = 0.0, sy = 0.0;
  for (int j = -r; j <= r; ++j)
    for (int i = -r; i <= r; ++i) {
      const auto v = static_cast<double>(stamp.light_row(j)[i + r]);
      s += v;
      sx += v * i;
      sy += v * j;
    }
  if (!(s > 0.0)) return {};
  const double dx = sx / s, dy = sy / s;
  double variance = 0.0;
  for (int j = -r; j <= r; ++j)
    for (int i = -r; i <= r; ++i)
      variance += 0.5 * ((i - dx) * (i - dx) + (j - dy) * (j - dy)) *
                  static_cast<double>(stamp.variance_row(j)[i + r]);
  return Centroid{static_cast<double>(stamp.x_px) + dx, static_cast<double>(stamp.y_px) + dy,
                  std::sqrt(variance) / s};
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/overlap.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace skyweft::phot {
namespace {

// asin(s) − s√(1−s²) = Σ 2 c_k/(2k+3) s^(2k+3) with c_k = (2k choose k)/4^k: the derivative of the
// left side is 2s²/√(1−s²). For s² < 1/16 the fourteenth term is below 1e-17 of the first.
constexpr double kSeriesLimit = 1.0 / 16.0;
constexpr int kTerms = 13;
constexpr std::array<double, kTerms> kSegmentSeries = [] {
  std::array<double, kTerms> terms{};
  double c = 1.0;
  for (int k = 0; k < kTerms; ++k) {
    terms[static_cast<std::size_t>(k)] = 2.0 * c / (2 * k + 3);
    c *= (2.0 * k + 1.0) / (2.0 * k + 2.0);
  }
  return terms;
}();

/// The area between a chord and its (minor) arc.
double segment_area(double chord_squared, double r) {
  const double s2 = chord_squared / (4.0 * r * r);
  const double s = std::sqrt(s2);
  if (s2 >= kSeriesLimit) {
    const double sine = s < 1.0 ? s : 1.0;
    return r * r * (std::asin(sine) - sine * std::sqrt(1.0 - sine * sine));
  }
  double sum = 0.0;
  for (int k = kTerms; k-- > 0;) sum = sum * s2 + kSegmentSeries[static_cast<std::size_t>(k)];
  return r * r * s * s2 * sum;
}

/// The shared area of the circle about the origin and [x0,x1]×[y0,y1], which lies in the first
/// quadrant.
double quadrant_overlap(double x0, double x1, double y0, double y1, double r) {
  const double r2 = r * r;
  if (x0 * x0 + y0 * y0 >= r2) return 0.0;
  if (x1 * x1 + y1 * y1 <= r2) return (x1 - x0) * (y1 - y0);
  const auto other_leg = [r](double leg) { return std::sqrt((r - leg) * (r + leg)); };
  // The arc enters at (xa, ya) through the top or the left side and leaves at (xb, yb).
  double xa = x0;
  double ya = y1;
  if (x0 * x0 + y1 * y1 < r2)
    xa = other_leg(y1);
  else
    ya = other_leg(x0);
  double xb = x1;
  double yb = y0;
  if (x1 * x1 + y0 * y0 < r2)
    yb = other_leg(x1);
  else
    xb = other_leg(y0);
  const double wide = xb - xa;
  const double high = ya - yb;
  return (xa - x0) * (y1 - y0) + wide * (0.5 * (ya + yb) - y0) +
         segment_area(wide * wide + high * high, r);
}

}  // namespace

double circle_pixel_overlap(double dx, double dy, double radius_px) noexcept {
  if (!(radius_px > 0.0)) return 0.0;
  double x = std::abs(dx);
  double y = std::abs(dy);
  if (x < y) std::swap(x, y);
  const double r = radius_px;
  if (y >= 0.5) return quadrant_overlap(x - 0.5, x + 0.5, y - 0.5, y + 0.5, r);
  // The pixel lies across an axis through the centre: cut it there.
  if (x >= 0.5)
    return quadrant_overlap(x - 0.5, x + 0.5, 0.0, 0.5 + y, r) +
           quadrant_overlap(x - 0.5, x + 0.5, 0.0, 0.5 - y, r);
  return quadrant_overlap(0.0, 0.5 + x, 0.0, 0.5 + y, r) +
         quadrant_overlap(0.0, 0.5 + x, 0.0, 0.5 - y, r) +
         quadrant_overlap(0.0, 0.5 - x, 0.0, 0.5 + y, r) +
         quadrant_overlap(0.0, 0.5 - x, 0.0, 0.5 - y, r);
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/overlap.hpp"

#include <array>
#include <cassert>
#include <cmath>
#include <utility>

#include "core/wide_copies.hpp"

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

/// (asin(s) − s√(1−s²)) / s³ as a polynomial in s² by Chebyshev interpolation on [0, 0.251]:
/// absolute error below 1e-15 there.
constexpr std::array<double, 12> kSegment{
    0.6666666666666663,  0.20000000000045237,  0.10714285705728943,  0.06944445076103663,
    0.04971566916389696, 0.03786592725960663,  0.030002980431474664, 0.025332249733219223,
    0.01652300200844063, 0.033790916211724614, -0.02262013830587738, 0.05888922850598614};

SKYWEFT_WIDE_COPIES
void areas(std::size_t n, const double* __restrict sign_x, const double* __restrict far_x,
           const double* __restrict sign_y, const double* __restrict far_y, double fx, double fy,
           double r, double* __restrict area) noexcept {
  const double r2 = r * r;
  const double per_4r2 = 0.25 / r2;
  for (std::size_t i = 0; i < n; ++i) {
    // The part of the pixel in the first quadrant about the star: [x0, x1] × [y0, y1].
    const double x1 = far_x[i] + sign_x[i] * fx;
    const double y1 = far_y[i] + sign_y[i] * fy;
    const double x0 = x1 > 1.0 ? x1 - 1.0 : 0.0;
    const double y0 = y1 > 1.0 ? y1 - 1.0 : 0.0;
    const double y1_squared = y1 * y1;
    const double x1_squared = x1 * x1;
    const double near2 = x0 * x0 + y0 * y0;
    const double far2 = x1_squared + y1_squared;
    // The arc enters at (xa, ya) through the top or the left side, leaves at (xb, yb) through the
    // right side or the bottom.
    const bool by_top = x0 * x0 + y1_squared < r2;
    const double a = by_top ? y1 : x0;
    const double a2 = (r - a) * (r + a);
    const double other_a = std::sqrt(a2 > 0.0 ? a2 : 0.0);
    const double xa = by_top ? other_a : x0;
    const double ya = by_top ? y1 : other_a;
    const bool by_right = x1_squared + y0 * y0 < r2;
    const double b = by_right ? x1 : y0;
    const double b2 = (r - b) * (r + b);
    const double other_b = std::sqrt(b2 > 0.0 ? b2 : 0.0);
    const double xb = by_right ? x1 : other_b;
    const double yb = by_right ? other_b : y0;
    const double wide = xb - xa;
    const double high = ya - yb;
    const double s2 = (wide * wide + high * high) * per_4r2;
    // In pairs (Estrin's scheme): short chains of operations that wait for each other.
    const double s4 = s2 * s2;
    const double s8 = s4 * s4;
    const double p0 = (kSegment[0] + kSegment[1] * s2) + (kSegment[2] + kSegment[3] * s2) * s4;
    const double p4 = (kSegment[4] + kSegment[5] * s2) + (kSegment[6] + kSegment[7] * s2) * s4;
    const double p8 = (kSegment[8] + kSegment[9] * s2) + (kSegment[10] + kSegment[11] * s2) * s4;
    const double p = p0 + (p4 + p8 * s8) * s8;
    const double cut =
        (xa - x0) * (y1 - y0) + wide * (0.5 * (ya + yb) - y0) + r2 * s2 * std::sqrt(s2) * p;
    const double whole = (x1 - x0) * (y1 - y0);
    const double inside = far2 <= r2 ? whole : cut;
    area[i] = near2 >= r2 ? 0.0 : inside;
  }
}

}  // namespace

void overlap_areas(const RingPixels& pixels, double fx, double fy, double radius_px,
                   std::span<double> area) noexcept {
  assert(radius_px >= kSmallestRing && pixels.far_x.size() == area.size());
  areas(area.size(), pixels.sign_x.data(), pixels.far_x.data(), pixels.sign_y.data(),
        pixels.far_y.data(), fx, fy, radius_px, area.data());
}

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

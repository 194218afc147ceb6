// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::shape {
namespace {

constexpr int kRays = 64;  // the periodic sums over rays converge exponentially
constexpr int kWalk = 64;  // steps of a ray across the grid
constexpr int kFalsiRounds = 60;
constexpr double kRootTolerance = 1e-12;
constexpr int kPeakRounds = 24;

struct Peak {
  double x = 0.0;
  double y = 0.0;
  double value = 0.0;
};

double smallest_step(const std::vector<double>& lines) {
  double step = lines.back() - lines.front();
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) step = std::min(step, lines[i + 1] - lines[i]);
  return step;
}

/// Places between each two grid lines, at the fractions `at` of the way.
std::vector<double> raster(const std::vector<double>& lines, std::span<const double> at) {
  std::vector<double> out;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i)
    for (const double t : at) out.push_back(lines[i] + t * (lines[i + 1] - lines[i]));
  return out;
}

/// The highest point: the best of a raster of half cells, then a shrinking cross.
Peak peak_of(const StarShape& shape) {
  constexpr std::array<double, 2> kHalves = {0.0, 0.5};
  const std::vector<double> xs = raster(shape.x_node_px, kHalves);
  const std::vector<double> ys = raster(shape.y_node_px, kHalves);
  const std::vector<double> value = values_at(shape, xs, ys);
  const auto i = static_cast<std::size_t>(std::ranges::max_element(value) - value.begin());
  Peak best{xs[i % xs.size()], ys[i / xs.size()], value[i]};
  const auto better = [&](double x, double y) {
    const double v = value_at(shape, x, y);
    if (!(v > best.value)) return false;
    best = {x, y, v};
    return true;
  };
  double step = 0.25 * std::max(smallest_step(shape.x_node_px), smallest_step(shape.y_node_px));
  for (int round = 0; round < kPeakRounds; ++round, step *= 0.5)
    while (better(best.x + step, best.y) || better(best.x - step, best.y) ||
           better(best.x, best.y + step) || better(best.x, best.y - step)) {
    }
  return best;
}

/// Distance from the peak to where a ray first falls below the level: walking by `step`, then
/// regula falsi (the Illinois rule).
double distance_to(const StarShape& shape, const Peak& peak, double angle, double level,
                   double step) {
  const double cx = std::cos(angle);
  const double cy = std::sin(angle);
  const auto excess = [&](double r) {
    return value_at(shape, peak.x + r * cx, peak.y + r * cy) - level;
  };
  double low = 0.0;
  double at_low = peak.value - level;
  double high = step;
  double at_high = excess(high);
  while (at_high >= 0.0) {  // ends at the grid's edge: zero beyond
    low = high;
    at_low = at_high;
    high += step;
    at_high = excess(high);
  }
  int side = 0;
  for (int i = 0; i < kFalsiRounds && high - low > kRootTolerance * high; ++i) {
    const double r = (low * at_high - high * at_low) / (at_high - at_low);
    const double at = excess(r);
    if (at >= 0.0) {
      low = r;
      at_low = at;
      if (side == 1) at_high *= 0.5;
      side = 1;
    } else {
      high = r;
      at_high = at;
      if (side == -1) at_low *= 0.5;
      side = -1;
    }
    if (std::abs(at) <= kRootTolerance * level) return r;
  }
  return 0.5 * (low + high);
}

/// ∫ f²: exact, because four Gauss–Legendre points integrate the sixth degree of a cell.
double square_integral(const StarShape& shape) {
  constexpr std::array<double, 4> kAt = {0.06943184420297371, 0.33000947820757187,
                                         0.66999052179242813, 0.93056815579702629};
  constexpr std::array<double, 4> kWeight = {0.17392742256872693, 0.32607257743127307,
                                             0.32607257743127307, 0.17392742256872693};
  const auto& x = shape.x_node_px;
  const auto& y = shape.y_node_px;
  const std::vector<double> xs = raster(x, kAt);
  const std::vector<double> ys = raster(y, kAt);
  const std::vector<double> value = values_at(shape, xs, ys);
  double sum = 0.0;
  for (std::size_t iy = 0; iy < ys.size(); ++iy) {
    double row = 0.0;
    for (std::size_t ix = 0; ix < xs.size(); ++ix) {
      const double v = value[iy * xs.size() + ix];
      row += kWeight[ix % 4] * (x[ix / 4 + 1] - x[ix / 4]) * v * v;
    }
    sum += kWeight[iy % 4] * (y[iy / 4 + 1] - y[iy / 4]) * row;
  }
  return sum;
}

}  // namespace

ShapeSummary summary_of(const StarShape& shape) {
  ShapeSummary out;
  if (shape.empty()) return out;
  const double total = total_of(shape);
  const double square = square_integral(shape);
  if (square > 0.0) out.noise_area_px = total * total / square;
  const Peak peak = peak_of(shape);
  if (!(peak.value > 0.0)) return out;
  const double step =
      0.5 * std::min(smallest_step(shape.x_node_px), smallest_step(shape.y_node_px));
  // Moments of the area inside the contour, by polar coordinates about the peak.
  double area = 0.0;
  double mx = 0.0;
  double my = 0.0;
  double mxx = 0.0;
  double mxy = 0.0;
  double myy = 0.0;
  for (int i = 0; i < kRays; ++i) {
    const double angle = 2.0 * kPi * i / kRays;
    const double r = distance_to(shape, peak, angle, 0.5 * peak.value, step);
    const double cx = std::cos(angle);
    const double cy = std::sin(angle);
    const double r2 = r * r;
    area += r2 / 2.0;
    mx += r2 * r / 3.0 * cx;
    my += r2 * r / 3.0 * cy;
    mxx += r2 * r2 / 4.0 * cx * cx;
    mxy += r2 * r2 / 4.0 * cx * cy;
    myy += r2 * r2 / 4.0 * cy * cy;
  }
  mx /= area;
  my /= area;
  mxx = mxx / area - mx * mx;
  mxy = mxy / area - mx * my;
  myy = myy / area - my * my;
  out.fwhm_px = 2.0 * std::sqrt(area * 2.0 / kRays);  // π r² = Σ r²/2 · 2π/n
  const double mean = 0.5 * (mxx + myy);
  const double spread = std::hypot(0.5 * (mxx - myy), mxy);
  if (mean > spread) out.elongation = std::sqrt((mean + spread) / (mean - spread));
  double theta = 0.5 * std::atan2(2.0 * mxy, mxx - myy) / kRadPerDeg;
  if (theta <= -90.0) theta += 180.0;
  out.theta_deg = theta;
  return out;
}

}  // namespace skyweft::shape

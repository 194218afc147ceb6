// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"
#include "phot/aperture_sums.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::support {

/// A bicubic shape on any grid: a broad bump of the given σ about (bump_x, bump_y) with values and
/// slopes changed at random by up to `roughness` of them, 0 on the outermost lines, total 1.
inline StarShape random_shape(std::mt19937_64& random, std::vector<double> x_node,
                              std::vector<double> y_node, double sigma, double roughness) {
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  StarShape shape{std::move(x_node), std::move(y_node), {}};
  const std::size_t nx = shape.x_node_px.size();
  const std::size_t ny = shape.y_node_px.size();
  shape.node.assign(4 * nx * ny, 0.0);
  for (std::size_t iy = 1; iy + 1 < ny; ++iy)
    for (std::size_t ix = 1; ix + 1 < nx; ++ix) {
      const double x = shape.x_node_px[ix] / sigma;
      const double y = shape.y_node_px[iy] / sigma;
      const double v = std::exp(-0.5 * (x * x + y * y)) + 1e-3;
      double* p = shape.node.data() + 4 * (iy * nx + ix);
      p[0] = v * (1.0 + roughness * any(random));
      p[1] = v * (-x + roughness * any(random)) / sigma;
      p[2] = v * (-y + roughness * any(random)) / sigma;
      p[3] = v * (x * y + roughness * any(random)) / (sigma * sigma);
    }
  const double total = shape::total_of(shape);
  for (double& v : shape.node) v /= total;
  return shape;
}

/// Grid lines with random steps between `least` and `most`, from beyond -reach to beyond reach.
inline std::vector<double> random_lines(std::mt19937_64& random, double least, double most,
                                        double reach) {
  std::uniform_real_distribution<double> step(least, most);
  std::vector<double> lines{-reach - step(random)};
  while (lines.back() < reach) lines.push_back(lines.back() + step(random));
  while (lines.size() < 3) lines.push_back(lines.back() + step(random));
  return lines;
}

/// ∬ (F f + B) over the part of [x0, x1] × [y0, y1] in the circle of radius r about the star.
///
/// The slow way: columns cut at all grid lines and kinks, the height of each integrated by pieces
/// of a cubic (Gauss and Legendre's two points are exact), the columns by the tanh-sinh rule
/// (Takahasi and Mori 1974), refined until two rounds agree to 1e-12 of the largest value.
inline double light_by_quadrature(const StarShape& shape, double flux, double level, double x0,
                                  double x1, double y0, double y1, double r) {
  const auto column = [&](double x) {
    const double h = std::sqrt(std::max((r - x) * (r + x), 0.0));
    const double low = std::max(-h, y0);
    const double high = std::min(h, y1);
    if (!(low < high)) return 0.0;
    std::vector<double> cuts{low, high};
    for (const double y : shape.y_node_px)
      if (y > low && y < high) cuts.push_back(y);
    std::sort(cuts.begin(), cuts.end());
    double sum = 0.0;
    for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
      const double half = 0.5 * (cuts[k + 1] - cuts[k]);
      const double mid = 0.5 * (cuts[k + 1] + cuts[k]);
      for (const double s : {-1.0, 1.0})
        sum += half * (level + flux * shape::value_at(shape, x, mid + s * half / std::sqrt(3.0)));
    }
    return sum;
  };
  std::vector<double> cuts{x0, x1};
  const auto cut = [&](double x) {
    if (x > x0 && x < x1) cuts.push_back(x);
  };
  for (const double x : shape.x_node_px) cut(x);
  cut(-r);
  cut(r);
  std::vector<double> ys{y0, y1};
  ys.insert(ys.end(), shape.y_node_px.begin(), shape.y_node_px.end());
  for (const double y : ys)
    if (std::abs(y) < r) {
      cut(std::sqrt((r - y) * (r + y)));
      cut(-std::sqrt((r - y) * (r + y)));
    }
  std::sort(cuts.begin(), cuts.end());
  double total = 0.0;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    const double mid = 0.5 * (cuts[k + 1] + cuts[k]);
    const double half = 0.5 * (cuts[k + 1] - cuts[k]);
    if (half < 1e-14) continue;
    double last = 0.0;
    for (int panels = 16; panels <= 1024; panels *= 2) {
      const double step = 6.6 / panels;
      double sum = 0.0;
      double largest = 0.0;
      for (int i = 0; i <= panels; ++i) {
        const double t = -3.3 + i * step;
        const double s = 0.5 * kPi * std::sinh(t);
        const double v = column(mid + half * std::tanh(s)) * 0.5 * kPi * std::cosh(t) /
                         (std::cosh(s) * std::cosh(s));
        sum += v;
        largest = std::max(largest, std::abs(v));
      }
      const double area = sum * step * half;
      const bool agree = panels > 16 && std::abs(area - last) <= 1e-12 * half * largest;
      last = area;
      if (agree) break;
    }
    total += last;
  }
  return total;
}

/// The slow twin of phot::WeightedSums for one circle, without its guards: φ must be positive.
inline phot::ApertureSum weighted_sum_by_quadrature(const Frame& frame, const SubPixelMap& map,
                                                    double radius, double x, double y,
                                                    const StarShape& shape, double flux,
                                                    double level) {
  const auto& s = map.sensitivity;
  phot::ApertureSum sum;
  for (std::int64_t iy = 0; iy < frame.ny(); ++iy)
    for (std::int64_t ix = 0; ix < frame.nx(); ++ix) {
      const double x0 = static_cast<double>(ix) - 0.5 - x;
      const double y0 = static_cast<double>(iy) - 0.5 - y;
      const double near_x = std::max({x0, -x0 - 1.0, 0.0});
      const double near_y = std::max({y0, -y0 - 1.0, 0.0});
      if (std::hypot(near_x, near_y) >= radius) continue;
      const double part =
          light_by_quadrature(shape, flux, level, x0, x0 + 1.0, y0, y0 + 1.0, radius);
      sum.area += light_by_quadrature({}, 0.0, 1.0, x0, x0 + 1.0, y0, y0 + 1.0, radius);
      double seen = 0.0;
      const double wide = 1.0 / static_cast<double>(s.nx());
      const double high = 1.0 / static_cast<double>(s.ny());
      for (std::int64_t sy = 0; sy < s.ny(); ++sy)
        for (std::int64_t sx = 0; sx < s.nx(); ++sx) {
          const double left = x0 + static_cast<double>(sx) * wide;
          const double low = y0 + static_cast<double>(sy) * high;
          seen +=
              s(sx, sy) * (flux * shape::integral_over(shape, left, left + wide, low, low + high) +
                           level * wide * high);
        }
      const auto value = static_cast<double>(frame.signal_e(ix, iy));
      const auto variance = static_cast<double>(frame.variance_e2(ix, iy));
      if (!std::isfinite(value) || !std::isfinite(variance)) continue;
      const double k = part / seen;
      sum.signal += k * value;
      sum.variance += k * k * variance;
    }
  return sum;
}

}  // namespace skyweft::support

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Slow, obvious twins of the bicubic surfaces, and shapes to try them on.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"

namespace skyweft::support {

/// A surface whose inner nodes are random: values of up to 1, derivatives of up to 1 per cell.
inline StarShape random_shape(std::vector<double> x_lines, std::vector<double> y_lines,
                              std::mt19937_64& random) {
  StarShape shape{std::move(x_lines), std::move(y_lines), {}};
  const std::size_t nx = shape.x_node_px.size();
  const std::size_t ny = shape.y_node_px.size();
  shape.node.assign(4 * nx * ny, 0.0);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  for (std::size_t iy = 1; iy + 1 < ny; ++iy)
    for (std::size_t ix = 1; ix + 1 < nx; ++ix) {
      double* node = &shape.node[4 * (iy * nx + ix)];
      const double wide = shape.x_node_px[ix + 1] - shape.x_node_px[ix];
      const double high = shape.y_node_px[iy + 1] - shape.y_node_px[iy];
      node[0] = std::abs(any(random));
      node[1] = any(random) / wide;
      node[2] = any(random) / high;
      node[3] = any(random) / (wide * high);
    }
  return shape;
}

/// Coefficients of ξ^i η^j in a cell, a = H Q Hᵀ (science.md 3.11).
inline Eigen::Matrix4d cell_coefficients(const StarShape& shape, std::size_t ix, std::size_t iy) {
  const double wide = shape.x_node_px[ix + 1] - shape.x_node_px[ix];
  const double high = shape.y_node_px[iy + 1] - shape.y_node_px[iy];
  // Rows of Q: f(0,·), f(1,·), f_ξ(0,·), f_ξ(1,·); columns likewise for η.
  Eigen::Matrix4d q;
  for (std::size_t a = 0; a < 2; ++a)
    for (std::size_t b = 0; b < 2; ++b) {
      const double* node = &shape.node[4 * ((iy + b) * shape.x_node_px.size() + ix + a)];
      const auto i = static_cast<Eigen::Index>(a);
      const auto j = static_cast<Eigen::Index>(b);
      q(i, j) = node[0];
      q(i + 2, j) = node[1] * wide;
      q(i, j + 2) = node[2] * high;
      q(i + 2, j + 2) = node[3] * wide * high;
    }
  Eigen::Matrix4d h;
  h << 1, 0, 0, 0, 0, 0, 1, 0, -3, 3, -2, -1, 2, -2, 1, 1;
  return h * q * h.transpose();
}

/// The twin of value_at(): Σ a_ij ξ^i η^j of the cell.
inline double surface_by_coefficients(const StarShape& shape, double dx, double dy) {
  const auto& xs = shape.x_node_px;
  const auto& ys = shape.y_node_px;
  if (dx < xs.front() || dx > xs.back() || dy < ys.front() || dy > ys.back()) return 0.0;
  std::size_t ix = 0;
  std::size_t iy = 0;
  while (ix + 2 < xs.size() && dx > xs[ix + 1]) ++ix;
  while (iy + 2 < ys.size() && dy > ys[iy + 1]) ++iy;
  const double xi = (dx - xs[ix]) / (xs[ix + 1] - xs[ix]);
  const double eta = (dy - ys[iy]) / (ys[iy + 1] - ys[iy]);
  const Eigen::Vector4d powers_x{1.0, xi, xi * xi, xi * xi * xi};
  const Eigen::Vector4d powers_y{1.0, eta, eta * eta, eta * eta * eta};
  return powers_x.dot(cell_coefficients(shape, ix, iy) * powers_y);
}

/// ∫ f over [a, b]: Gauss–Lobatto with 5 points, halved until the halves agree with the whole to
/// `tolerance`. Knows nothing of where f has its kinks; the rule looks at the ends of an interval,
/// so that a kink near one cannot hide from both.
template <class F>
double adaptive_integral(const F& f, double a, double b, double tolerance, int depth = 40) {
  const auto rule = [&](double low, double high) {
    const double centre = 0.5 * (low + high);
    const double half = 0.5 * (high - low);
    const double at = half * std::sqrt(3.0 / 7.0);
    return half * (0.1 * (f(low) + f(high)) + 49.0 / 90.0 * (f(centre - at) + f(centre + at)) +
                   32.0 / 45.0 * f(centre));
  };
  const double middle = 0.5 * (a + b);
  const double halves = rule(a, middle) + rule(middle, b);
  if (depth == 0 || std::abs(halves - rule(a, b)) <= tolerance) return halves;
  return adaptive_integral(f, a, middle, 0.5 * tolerance, depth - 1) +
         adaptive_integral(f, middle, b, 0.5 * tolerance, depth - 1);
}

/// ∫∫ f(x, y) over a rectangle, to about `tolerance`.
template <class F>
double adaptive_integral(const F& f, double x0, double x1, double y0, double y1, double tolerance) {
  const double inner = 0.1 * tolerance / (y1 - y0);
  return adaptive_integral(
      [&](double y) { return adaptive_integral([&](double x) { return f(x, y); }, x0, x1, inner); },
      y0, y1, tolerance);
}

/// The nine sub-pixel maps of the tests, uniform to Bayer, in no case symmetric in x and y unless
/// it must be; all of mean one.
inline std::vector<SubPixelMap> nine_subpixel_maps() {
  const auto make = [](std::int64_t nx, std::int64_t ny, const std::vector<double>& rows) {
    SubPixelMap map{Grid<double>{nx, ny}};
    std::size_t i = 0;
    for (double& s : map.sensitivity.pixels()) s = rows[i++];
    return map;
  };
  return {make(1, 1, {1.0}),
          make(2, 1, {0.5, 1.5}),
          make(1, 3, {0.3, 1.2, 1.5}),
          make(2, 2, {4.0, 0.0, 0.0, 0.0}),
          make(2, 2, {0.0, 0.0, 4.0, 0.0}),
          make(2, 2, {1.0, 1.0, 1.0, 1.0}),
          make(2, 2, {0.4, 1.1, 1.6, 0.9}),
          make(3, 2, {1.0, 0.5, 1.5, 2.0, 0.25, 0.75}),
          make(4, 3, {0.0, 1.0, 1.0, 0.0, 1.5, 2.5, 2.5, 1.5, 0.0, 1.0, 1.0, 0.0})};
}

}  // namespace skyweft::support

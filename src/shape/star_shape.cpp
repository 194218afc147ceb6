// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/star_shape.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "shape/hermite.hpp"

namespace skyweft::shape {
namespace {

/// Σ over the four corners and four parameters of a cell of the products of x and y functions.
double cell_sum(const StarShape& shape, std::size_t ix, std::size_t iy, const Hermite& x,
                const Hermite& y) {
  double sum = 0.0;
  for (std::size_t upper = 0; upper < 2; ++upper) {
    const double* left = shape.node.data() + 4 * ((iy + upper) * shape.x_node_px.size() + ix);
    const double value = x[0] * left[0] + x[1] * left[1] + x[2] * left[4] + x[3] * left[5];
    const double slope = x[0] * left[2] + x[1] * left[3] + x[2] * left[6] + x[3] * left[7];
    sum += y[2 * upper] * value + y[2 * upper + 1] * slope;
  }
  return sum;
}

/// First and last + 1 of the pixels between two coordinates, cut to 0 … n.
std::pair<std::int64_t, std::int64_t> pixels_between(double low, double high, std::int64_t n) {
  const auto last = static_cast<double>(n);
  // A pixel takes part when it overlaps by more than its edge. NaN ends as an empty range.
  const double first = std::floor(low - 0.5) + 1.0;
  const double end = std::ceil(high + 0.5);
  if (!(first < last && end > 0.0 && first < end)) return {0, 0};
  return {static_cast<std::int64_t>(std::max(first, 0.0)),
          static_cast<std::int64_t>(std::min(end, last))};
}

}  // namespace

double value_at(const StarShape& shape, double dx_px, double dy_px) {
  if (shape.empty()) return 0.0;
  const auto& xs = shape.x_node_px;
  const auto& ys = shape.y_node_px;
  if (!(dx_px >= xs.front() && dx_px <= xs.back() && dy_px >= ys.front() && dy_px <= ys.back()))
    return 0.0;
  const std::size_t ix = cell_of(xs, dx_px);
  const std::size_t iy = cell_of(ys, dy_px);
  const double wide = xs[ix + 1] - xs[ix];
  const double high = ys[iy + 1] - ys[iy];
  return cell_sum(shape, ix, iy, hermite_values((dx_px - xs[ix]) / wide, wide),
                  hermite_values((dy_px - ys[iy]) / high, high));
}

double integral_over(const StarShape& shape, double x0, double x1, double y0, double y1) {
  if (shape.empty()) return 0.0;
  const auto& xs = shape.x_node_px;
  const auto& ys = shape.y_node_px;
  x0 = std::max(x0, xs.front());
  y0 = std::max(y0, ys.front());
  x1 = std::min(x1, xs.back());
  y1 = std::min(y1, ys.back());
  if (!(x0 < x1 && y0 < y1)) return 0.0;
  const std::size_t first_x = cell_of(xs, x0);
  double sum = 0.0;
  for (std::size_t iy = cell_of(ys, y0); iy + 1 < ys.size() && ys[iy] < y1; ++iy) {
    const Hermite y = hermite_integrals_in(ys, iy, y0, y1);
    for (std::size_t ix = first_x; ix + 1 < xs.size() && xs[ix] < x1; ++ix)
      sum += cell_sum(shape, ix, iy, hermite_integrals_in(xs, ix, x0, x1), y);
  }
  return sum;
}

double total_of(const StarShape& shape) {
  if (shape.empty()) return 0.0;
  const std::size_t nx = shape.x_node_px.size();
  std::vector<double> x;
  for (std::size_t ix = 0; ix < nx; ++ix)
    for (const double v : hermite_integrals_of_node(shape.x_node_px, ix)) x.push_back(v);
  double total = 0.0;
  for (std::size_t iy = 0; iy < shape.y_node_px.size(); ++iy) {
    const double* node = shape.node.data() + 4 * iy * nx;
    double value = 0.0;
    double slope = 0.0;
    for (std::size_t ix = 0; ix < nx; ++ix, node += 4) {
      value += x[2 * ix] * node[0] + x[2 * ix + 1] * node[1];
      slope += x[2 * ix] * node[2] + x[2 * ix + 1] * node[3];
    }
    const auto y = hermite_integrals_of_node(shape.y_node_px, iy);
    total += y[0] * value + y[1] * slope;
  }
  return total;
}

PixelWindow window_of(const StarShape& shape, double x_px, double y_px, std::int64_t frame_nx,
                      std::int64_t frame_ny) {
  if (shape.empty()) return {};
  const auto [x_first, x_end] =
      pixels_between(x_px + shape.x_node_px.front(), x_px + shape.x_node_px.back(), frame_nx);
  const auto [y_first, y_end] =
      pixels_between(y_px + shape.y_node_px.front(), y_px + shape.y_node_px.back(), frame_ny);
  if (x_first == x_end || y_first == y_end) return {};
  return {x_first, y_first, x_end - x_first, y_end - y_first};
}

}  // namespace skyweft::shape

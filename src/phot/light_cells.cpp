// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/light_cells.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace skyweft::phot {
namespace {

using Cubic = std::array<double, 4>;

/// The cubic in px from the left node with these values and slopes at its ends.
Cubic cubic_of(double value, double slope, double next_value, double next_slope, double inverse) {
  const double rise = (next_value - value) * inverse;
  return {value, slope, (3.0 * rise - 2.0 * slope - next_slope) * inverse,
          (slope + next_slope - 2.0 * rise) * inverse * inverse};
}

LightCell cell_of(const StarShape& shape, std::size_t cx, std::size_t cy, double flux_e,
                  double level_e) {
  const std::size_t n = shape.x_node_px.size();
  const double x_inverse = 1.0 / (shape.x_node_px[cx + 1] - shape.x_node_px[cx]);
  const double y_inverse = 1.0 / (shape.y_node_px[cy + 1] - shape.y_node_px[cy]);
  // Along x at the lower and at the upper edge: the value and its slope in y.
  std::array<Cubic, 4> edge;
  for (std::size_t upper = 0; upper < 2; ++upper) {
    const double* p = shape.node.data() + 4 * ((cy + upper) * n + cx);
    edge[2 * upper] = cubic_of(p[0], p[1], p[4], p[5], x_inverse);
    edge[2 * upper + 1] = cubic_of(p[2], p[3], p[6], p[7], x_inverse);
  }
  LightCell cell;
  cell.x0 = shape.x_node_px[cx];
  cell.y0 = shape.y_node_px[cy];
  constexpr Cubic kPart{1.0, 1.0 / 2.0, 1.0 / 3.0, 1.0 / 4.0};
  for (std::size_t i = 0; i < 4; ++i) {
    Cubic in_y = cubic_of(edge[0][i], edge[1][i], edge[2][i], edge[3][i], y_inverse);
    for (double& a : in_y) a *= flux_e;
    if (i == 0) in_y[0] += level_e;
    for (std::size_t j = 0; j < 4; ++j) {
      cell.along_x[4 * i + j] = in_y[j] * kPart[i];
      cell.along_y[4 * j + i] = in_y[j] * kPart[j];
    }
  }
  return cell;
}

/// First and last + 1 of the cells that overlap [low, high].
std::pair<std::size_t, std::size_t> cells_between(std::span<const double> nodes, double low,
                                                  double high) {
  const std::size_t last = nodes.size() - 1;
  std::size_t first = 0;
  while (first < last && nodes[first + 1] <= low) ++first;
  std::size_t end = first;
  while (end < last && nodes[end] < high) ++end;
  return {first, end};
}

}  // namespace

void LightCells::set(const StarShape& shape, double flux_e, double level_e, double left_px,
                     double right_px, double bottom_px, double top_px) {
  const auto [x_first, x_end] = cells_between(shape.x_node_px, left_px, right_px);
  const auto [y_first, y_end] = cells_between(shape.y_node_px, bottom_px, top_px);
  first_x_ = static_cast<std::int32_t>(x_first);
  first_y_ = static_cast<std::int32_t>(y_first);
  nx_ = static_cast<std::int32_t>(x_end - x_first);
  cells_.resize(1 + (x_end - x_first) * (y_end - y_first));
  cells_[0] = LightCell{};
  cells_[0].along_x[0] = level_e;
  cells_[0].along_y[0] = level_e;
  std::size_t i = 0;
  for (std::size_t cy = y_first; cy < y_end; ++cy)
    for (std::size_t cx = x_first; cx < x_end; ++cx)
      cells_[++i] = cell_of(shape, cx, cy, flux_e, level_e);
}

}  // namespace skyweft::phot

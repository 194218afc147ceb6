// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/light_tiles.hpp"

#include <algorithm>
#include <array>

namespace skyweft::phot {
namespace {

/// Σ_k c_k u^(k+1).
double antiderivative(const std::array<double, 4>& c, double u) {
  return u * (c[0] + u * (c[1] + u * (c[2] + u * c[3])));
}

}  // namespace

void TileLines::cut(std::int64_t first_pixel, std::int64_t n_pixel, double star_px,
                    std::span<const double> nodes) {
  at.clear();
  pixel.clear();
  cell.clear();
  first.clear();
  below = 0;
  const auto n_node = static_cast<std::int32_t>(nodes.size());
  std::int32_t next = 0;  // the first node to the right of what is done
  const auto edge_of = [&](std::int64_t i) {
    return static_cast<double>(first_pixel + i) - 0.5 - star_px;
  };
  double left = edge_of(0);
  at.push_back(left);
  for (std::int64_t i = 0; i < n_pixel; ++i) {
    const double right = edge_of(i + 1);
    first.push_back(static_cast<std::int32_t>(pixel.size()));
    while (left < right) {
      while (next < n_node && nodes[static_cast<std::size_t>(next)] <= left) ++next;
      double end = right;
      if (next < n_node) end = std::min(end, nodes[static_cast<std::size_t>(next)]);
      if (left < 0.0) end = std::min(end, 0.0);
      pixel.push_back(static_cast<std::int32_t>(i));
      cell.push_back(next == 0 || next == n_node ? -1 : next - 1);
      at.push_back(end);
      if (end <= 0.0) ++below;
      left = end;
    }
  }
  first.push_back(static_cast<std::int32_t>(pixel.size()));
}

void LightTiles::set(const StarShape& shape, double flux_e, double level_e, double x_px,
                     double y_px, const shape::PixelWindow& window) {
  x_.cut(window.first_x, window.nx, x_px, shape.x_node_px);
  y_.cut(window.first_y, window.ny, y_px, shape.y_node_px);
  cells_.set(shape, flux_e, level_e, x_.at.front(), x_.at.back(), y_.at.front(), y_.at.back());
  const auto nx = static_cast<std::size_t>(x_.n_part());
  const auto ny = static_cast<std::size_t>(y_.n_part());
  integral_.resize(nx * ny);
  pixel_.assign(static_cast<std::size_t>(window.size()), 0.0);
  constexpr std::int32_t kNone = -2;
  for (std::size_t iy = 0; iy < ny; ++iy) {
    double* const row = integral_.data() + iy * nx;
    double* const pixels = pixel_.data() + static_cast<std::size_t>(y_.pixel[iy]) *
                                               static_cast<std::size_t>(window.nx);
    std::int32_t last_cell = kNone;
    std::array<double, 4> c{};
    double x0 = 0.0;
    double from = 0.0;
    for (std::size_t ix = 0; ix < nx; ++ix) {
      if (x_.cell[ix] != last_cell) {
        // The tiles of this cell in this row: integrated over y they share one polynomial in x.
        last_cell = x_.cell[ix];
        const LightCell& cell = cells_.at(last_cell, y_.cell[iy]);
        const double low = y_.at[iy] - cell.y0;
        const double high = y_.at[iy + 1] - cell.y0;
        std::array<double, 4> moment{};
        double low_power = 1.0;
        double high_power = 1.0;
        for (std::size_t j = 0; j < 4; ++j) {
          low_power *= low;
          high_power *= high;
          moment[j] = (high_power - low_power) / static_cast<double>(j + 1);
        }
        for (std::size_t i = 0; i < 4; ++i) {
          const double* a = cell.along_x.data() + 4 * i;
          c[i] = (a[0] * moment[0] + a[1] * moment[1]) + (a[2] * moment[2] + a[3] * moment[3]);
        }
        x0 = cell.x0;
        from = antiderivative(c, x_.at[ix] - x0);
      }
      const double to = antiderivative(c, x_.at[ix + 1] - x0);
      row[ix] = to - from;
      from = to;
      pixels[x_.pixel[ix]] += row[ix];
    }
  }
}

}  // namespace skyweft::phot

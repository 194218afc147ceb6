// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/axis_bands.hpp"

#include <algorithm>
#include <array>

#include "shape/hermite.hpp"

namespace skyweft::shape {
namespace {

/// Appends a band of zeros for the nodes of the cells first … last.
double* open_band(std::size_t first, std::size_t last, AxisBand& band, AxisBands& out) {
  if (out.end_node == 0) out.first_node = first;
  out.first_node = std::min(out.first_node, first);
  out.end_node = std::max(out.end_node, last + 2);
  band = {first, last - first + 2, out.n_number};
  out.n_number += 2 * band.n_node;
  return out.number.data() + band.at;
}

void add(const Hermite& h, double weight, double* number) {
  for (std::size_t k = 0; k < 4; ++k) number[k] += weight * h[k];
}

void reset(AxisBands& out, std::size_t n_band, std::size_t n_number) {
  out.band.assign(n_band, {});
  out.number.assign(n_number, 0.0);
  out.n_number = out.first_node = out.end_node = 0;
}

}  // namespace

void integrate_bands(std::span<const double> nodes, double star_px, std::int64_t first_pixel,
                     std::int64_t n_pixel, std::span<const double> weight, AxisBands& out) {
  // A pixel sees one node more than cells, and every cell's end makes one pixel see one cell more.
  reset(out, static_cast<std::size_t>(n_pixel),
        4 * static_cast<std::size_t>(n_pixel) + 2 * nodes.size());
  const std::size_t n_part = weight.size();
  const std::size_t last_cell = nodes.size() - 2;
  const double part = 1.0 / static_cast<double>(n_part);
  std::size_t cell = 0;
  for (std::size_t i = 0; i < out.band.size(); ++i) {
    const auto pixel = static_cast<double>(first_pixel + static_cast<std::int64_t>(i));
    const double left = pixel - star_px - 0.5;
    const double begin = std::max(left, nodes.front());
    const double end = std::min(left + 1.0, nodes.back());
    if (!(begin < end)) continue;
    while (cell < last_cell && nodes[cell + 1] <= begin) ++cell;
    std::size_t last = cell;
    while (last < last_cell && nodes[last + 1] < end) ++last;
    double* const number = open_band(cell, last, out.band[i], out);
    for (std::size_t s = 0; s < n_part;) {
      std::size_t stop = s + 1;
      while (stop < n_part && weight[stop] == weight[s]) ++stop;
      const double a = std::max(left + static_cast<double>(s) * part, begin);
      const double b =
          stop == n_part ? end : std::min(left + static_cast<double>(stop) * part, end);
      if (weight[s] != 0.0 && a < b)
        for (std::size_t c = cell; c <= last && nodes[c] < b; ++c)
          if (nodes[c + 1] > a)
            add(hermite_integrals_in(nodes, c, a, b), weight[s], number + 2 * (c - cell));
      s = stop;
    }
  }
}

void sample_bands(std::span<const double> nodes, std::span<const double> points_px,
                  AxisBands& out) {
  reset(out, points_px.size(), 4 * points_px.size());
  for (std::size_t i = 0; i < out.band.size(); ++i) {
    const double v = points_px[i];
    if (!(v >= nodes.front() && v <= nodes.back())) continue;
    const std::size_t cell = cell_of(nodes, v);
    const double width = nodes[cell + 1] - nodes[cell];
    add(hermite_values((v - nodes[cell]) / width, width), 1.0,
        open_band(cell, cell, out.band[i], out));
  }
}

// First every row of nodes is contracted with x, then every pixel row takes the few rows of nodes
// that it sees.
void contract(const StarShape& shape, const AxisBands& x, const AxisBands& y,
              std::pmr::memory_resource* memory, std::span<double> out) {
  const std::size_t nx = x.band.size();
  const std::size_t n_node_x = shape.x_node_px.size();
  const std::size_t n_row = y.end_node - y.first_node;
  std::pmr::vector<double> along_x(n_row * 2 * nx, memory);  // [iy][value, slope][px]
  for (std::size_t r = 0; r < n_row; ++r) {
    const double* const nodes = shape.node.data() + 4 * (y.first_node + r) * n_node_x;
    double* const value = along_x.data() + 2 * r * nx;
    double* const slope = value + nx;
    for (std::size_t px = 0; px < nx; ++px) {
      const AxisBand& band = x.band[px];
      const double* node = nodes + 4 * band.node;
      const double* number = x.number.data() + band.at;
      std::array<double, 4> sum{};  // the pairs of value and slope in x add up side by side
      for (std::size_t k = 0; k < band.n_node; ++k, node += 4, number += 2) {
        sum[0] += number[0] * node[0];
        sum[1] += number[1] * node[1];
        sum[2] += number[0] * node[2];
        sum[3] += number[1] * node[3];
      }
      value[px] = sum[0] + sum[1];
      slope[px] = sum[2] + sum[3];
    }
  }
  for (std::size_t py = 0; py < y.band.size(); ++py) {
    const AxisBand& band = y.band[py];
    const double* number = y.number.data() + band.at;
    double* __restrict__ const row = out.data() + py * nx;
    for (std::size_t k = 0; k < band.n_node; ++k) {
      const double by_value = number[2 * k];
      const double by_slope = number[2 * k + 1];
      const double* const value = along_x.data() + 2 * (band.node - y.first_node + k) * nx;
      const double* const slope = value + nx;
      for (std::size_t px = 0; px < nx; ++px)
        row[px] += by_value * value[px] + by_slope * slope[px];
    }
  }
}

}  // namespace skyweft::shape

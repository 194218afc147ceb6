// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <memory_resource>

#include "shape/axis_bands.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::shape {
namespace {

/// Pixels' centres from the star.
std::pmr::vector<double> centres(double star_px, std::int64_t first, std::int64_t n,
                                 std::pmr::memory_resource* memory) {
  std::pmr::vector<double> out(static_cast<std::size_t>(n), memory);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<double>(first + static_cast<std::int64_t>(i)) - star_px;
  return out;
}

/// Row `iy` of the map as a multiple of row `like`; 0 where it is not one.
double multiple_of(const Grid<double>& map, std::int64_t iy, std::int64_t like) {
  const auto row = map.row(iy);
  const auto base = map.row(like);
  const auto one = static_cast<std::size_t>(
      std::ranges::find_if(base, [](double s) { return s != 0.0; }) - base.begin());
  if (one == base.size()) return 0.0;
  for (std::size_t i = 0; i < base.size(); ++i)
    if (row[i] * base[one] != base[i] * row[one]) return 0.0;
  return row[one] / base[one];
}

}  // namespace

std::vector<double> values_at(const StarShape& shape, std::span<const double> x_px,
                              std::span<const double> y_px) {
  std::vector<double> out(x_px.size() * y_px.size(), 0.0);
  if (shape.empty()) return out;
  std::pmr::monotonic_buffer_resource memory;
  AxisBands x(&memory);
  AxisBands y(&memory);
  sample_bands(shape.x_node_px, x_px, x);
  sample_bands(shape.y_node_px, y_px, y);
  contract(shape, x, y, &memory, out);
  return out;
}

void pixel_values(const StarShape& shape, PsfView view, const SubPixelMap& subpixels, double x_px,
                  double y_px, const PixelWindow& window, std::span<double> out) {
  assert(out.size() == static_cast<std::size_t>(window.size()));
  std::ranges::fill(out, 0.0);
  if (shape.empty() || window.size() <= 0) return;
  std::array<std::byte, 16384> fast;
  std::pmr::monotonic_buffer_resource memory(fast.data(), fast.size());
  AxisBands x(&memory);
  AxisBands y(&memory);
  if (view == PsfView::prf) {
    sample_bands(shape.x_node_px, centres(x_px, window.first_x, window.nx, &memory), x);
    sample_bands(shape.y_node_px, centres(y_px, window.first_y, window.ny, &memory), y);
    contract(shape, x, y, &memory, out);
    return;
  }
  // Rows of the map that are multiples of one another are one product of an x and a y part: a
  // uniform map, a strip or one quarter of a pixel costs a single pass.
  const Grid<double>& map = subpixels.sensitivity;
  std::pmr::vector<double> of_row(static_cast<std::size_t>(map.ny()), &memory);
  for (std::int64_t leader = 0; leader < map.ny(); ++leader) {
    bool first = true;
    for (std::int64_t iy = 0; iy < leader && first; ++iy)
      first = multiple_of(map, leader, iy) == 0.0;
    if (!first) continue;
    for (std::int64_t iy = 0; iy < map.ny(); ++iy)
      of_row[static_cast<std::size_t>(iy)] = iy < leader ? 0.0 : multiple_of(map, iy, leader);
    if (of_row[static_cast<std::size_t>(leader)] == 0.0) continue;  // a row of zeros
    integrate_bands(shape.x_node_px, x_px, window.first_x, window.nx, map.row(leader), x);
    integrate_bands(shape.y_node_px, y_px, window.first_y, window.ny, of_row, y);
    contract(shape, x, y, &memory, out);
  }
}

}  // namespace skyweft::shape

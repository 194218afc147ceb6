// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/grid.hpp"

namespace skyweft::detect {

/// Points in square cells: answers "which of them are near this place?". Points are numbered in the
/// order they were added; those off the frame belong to its outermost cells.
class NearGrid {
 public:
  /// `typical_px` is the radius most questions will have; any radius is answered rightly.
  NearGrid(std::int64_t nx, std::int64_t ny, double typical_px)
      : side_{std::max(16.0, typical_px)},
        first_(static_cast<std::int64_t>(static_cast<double>(nx) / side_) + 1,
               static_cast<std::int64_t>(static_cast<double>(ny) / side_) + 1, -1) {}

  void add(double x_px, double y_px) {
    std::int64_t& first = first_(cell(x_px, first_.nx()), cell(y_px, first_.ny()));
    points_.push_back({x_px, y_px, first});
    first = static_cast<std::int64_t>(points_.size()) - 1;
  }

  /// Calls `visit(number, dx, dy)` for every point nearer than `radius_px`, in no useful order.
  template <class Visit>
  void each_near(double x_px, double y_px, double radius_px, Visit visit) const {
    const std::int64_t i0 = cell(x_px - radius_px, first_.nx());
    const std::int64_t i1 = cell(x_px + radius_px, first_.nx());
    const std::int64_t j0 = cell(y_px - radius_px, first_.ny());
    const std::int64_t j1 = cell(y_px + radius_px, first_.ny());
    for (std::int64_t j = j0; j <= j1; ++j)
      for (std::int64_t i = i0; i <= i1; ++i)
        for (std::int64_t k = first_(i, j); k >= 0; k = points_[static_cast<std::size_t>(k)].next) {
          const Point& p = points_[static_cast<std::size_t>(k)];
          const double dx = p.x_px - x_px, dy = p.y_px - y_px;
          if (dx * dx + dy * dy < radius_px * radius_px) visit(static_cast<std::size_t>(k), dx, dy);
        }
  }

  int count_within(double x_px, double y_px, double radius_px) const {
    int n = 0;
    each_near(x_px, y_px, radius_px, [&](std::size_t, double, double) { ++n; });
    return n;
  }

 private:
  struct Point {
    double x_px, y_px;
    std::int64_t next;
  };
  std::int64_t cell(double v, std::int64_t n) const {
    const double at = std::clamp(v / side_, 0.0, static_cast<double>(n - 1));
    return static_cast<std::int64_t>(at);
  }

  double side_;
  Grid<std::int64_t> first_;
  std::vector<Point> points_;
};

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "core/units.hpp"

namespace skyweft::sky {

/// Points of the plane in square cells, for searches within small radii: building it and asking
/// all points for their neighbours within about one cell costs O(n). Points that are not finite are
/// never found.
class PointGrid {
 public:
  /// Cells are `cell` wide or, when points are sparser than that, hold about one point each.
  PointGrid(std::span<const PixelPos> points, double cell);

  /// Calls visit(index, distance²) for every point within `radius`, in an order that depends on
  /// the points alone.
  template <class Visit>
  void each_within(const PixelPos& of, double radius, Visit&& visit) const {
    if (!std::isfinite(of.x_px) || !std::isfinite(of.y_px) || index_.empty()) return;
    const std::int64_t x0 = cell_of(of.x_px - radius - low_x_, n_x_);
    const std::int64_t x1 = cell_of(of.x_px + radius - low_x_, n_x_);
    const std::int64_t y0 = cell_of(of.y_px - radius - low_y_, n_y_);
    const std::int64_t y1 = cell_of(of.y_px + radius - low_y_, n_y_);
    const double most = radius * radius;
    for (std::int64_t y = y0; y <= y1; ++y) {
      const auto row = static_cast<std::size_t>(y * n_x_);
      // The cells of a row lie one behind the other.
      const auto from = static_cast<std::size_t>(first_[row + static_cast<std::size_t>(x0)]);
      const auto to = static_cast<std::size_t>(first_[row + static_cast<std::size_t>(x1) + 1]);
      for (std::size_t k = from; k < to; ++k) {
        const double dx = at_[k].x_px - of.x_px;
        const double dy = at_[k].y_px - of.y_px;
        const double d2 = dx * dx + dy * dy;
        if (d2 <= most) visit(index_[k], d2);
      }
    }
  }

  /// The number of points it was built from, those not finite too.
  std::int64_t size() const noexcept { return size_; }

 private:
  std::int64_t cell_of(double offset, std::int64_t n) const {
    return static_cast<std::int64_t>(
        std::clamp(std::floor(offset / cell_), 0.0, static_cast<double>(n - 1)));
  }

  std::int64_t size_ = 0;
  double low_x_ = 0.0;
  double low_y_ = 0.0;
  double cell_ = 1.0;
  std::int64_t n_x_ = 1;
  std::int64_t n_y_ = 1;
  std::vector<std::int64_t> first_;  ///< [cell + 1] where its points begin
  std::vector<PixelPos> at_;         ///< cell by cell, by ascending index within one
  std::vector<std::int64_t> index_;
};

/// Pairs (i_a, i_b) that are each other's nearest within `radius`, by ascending i_a; the lower
/// index wins among equals. A point wanted by several goes to the nearest of them and the others go
/// without, whether or not any point is left unmatched. Collective: no. Throws: never.
std::vector<std::pair<std::int64_t, std::int64_t>> mutual_nearest(const PointGrid& a,
                                                                  std::span<const PixelPos> b,
                                                                  double radius);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::phot {

/// Places sorted into square cells, to find what lies within one side of a place.
class StarCells {
 public:
  /// Sorts the places of `used` (finite, ascending); `side_px` > 0. Cells are larger where there
  /// would be more than some four for every place.
  StarCells(std::span<const double> x_px, std::span<const double> y_px,
            std::span<const std::int64_t> used, double side_px)
      : side_(side_px) {
    if (used.empty()) return;
    double x_max = x_px[at(used[0])];
    double y_max = y_px[at(used[0])];
    x_min_ = x_max;
    y_min_ = y_max;
    for (const std::int64_t i : used) {
      x_min_ = std::min(x_min_, x_px[at(i)]);
      x_max = std::max(x_max, x_px[at(i)]);
      y_min_ = std::min(y_min_, y_px[at(i)]);
      y_max = std::max(y_max, y_px[at(i)]);
    }
    const double most = std::clamp(2.0 * std::sqrt(static_cast<double>(used.size())), 1.0, 2048.0);
    side_ = std::max({side_, (x_max - x_min_) / most, (y_max - y_min_) / most});
    nx_ = cell_of(x_max - x_min_) + 1;
    ny_ = cell_of(y_max - y_min_) + 1;
    const auto index_of = [&](std::int64_t i) {
      return at(cell_of(y_px[at(i)] - y_min_) * nx_ + cell_of(x_px[at(i)] - x_min_));
    };
    first_.assign(at(nx_ * ny_ + 1), 0);
    for (const std::int64_t i : used) ++first_[index_of(i) + 1];
    for (std::size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
    member_.resize(used.size());
    auto next = first_;
    for (const std::int64_t i : used) member_[at(next[index_of(i)]++)] = i;
  }

  /// Visits every member within `side_px` of a finite place, and some beyond: cell by cell, in a
  /// cell by ascending index.
  template <class Visit>
  void for_each_near(double x_px, double y_px, Visit visit) const {
    if (member_.empty()) return;
    const std::int64_t cx = clamped(x_px - x_min_, nx_);
    const std::int64_t cy = clamped(y_px - y_min_, ny_);
    for (std::int64_t iy = std::max<std::int64_t>(cy - 1, 0); iy <= std::min(cy + 1, ny_ - 1); ++iy)
      for (std::int64_t ix = std::max<std::int64_t>(cx - 1, 0); ix <= std::min(cx + 1, nx_ - 1);
           ++ix)
        for (std::int64_t k = first_[at(iy * nx_ + ix)]; k < first_[at(iy * nx_ + ix + 1)]; ++k)
          visit(member_[at(k)]);
  }

 private:
  static std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }
  std::int64_t cell_of(double offset) const { return static_cast<std::int64_t>(offset / side_); }
  /// One cell outside at most, so that a place off the table finds only what is near.
  std::int64_t clamped(double offset, std::int64_t n) const {
    const double cell = std::clamp(offset / side_, -2.0, static_cast<double>(n) + 1.0);
    return cell < 0.0 ? (cell < -1.0 ? -2 : -1) : static_cast<std::int64_t>(cell);
  }

  double side_ = 1.0;
  double x_min_ = 0.0;
  double y_min_ = 0.0;
  std::int64_t nx_ = 0;
  std::int64_t ny_ = 0;
  std::vector<std::int64_t> first_;
  std::vector<std::int64_t> member_;
};

}  // namespace skyweft::phot

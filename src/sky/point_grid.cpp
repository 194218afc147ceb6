// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/point_grid.hpp"

#include <limits>

namespace skyweft::sky {
namespace {

bool finite(const PixelPos& p) {
  return std::isfinite(p.x_px) && std::isfinite(p.y_px);
}

}  // namespace

PointGrid::PointGrid(std::span<const PixelPos> points, double cell)
    : size_(static_cast<std::int64_t>(points.size())) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  double high_x = -kInf;
  double high_y = -kInf;
  low_x_ = kInf;
  low_y_ = kInf;
  std::size_t n = 0;
  for (const PixelPos& p : points) {
    if (!finite(p)) continue;
    ++n;
    low_x_ = std::min(low_x_, p.x_px);
    low_y_ = std::min(low_y_, p.y_px);
    high_x = std::max(high_x, p.x_px);
    high_y = std::max(high_y, p.y_px);
  }
  first_.assign(2, 0);
  if (n == 0) return;
  const double width = high_x - low_x_;
  const double height = high_y - low_y_;
  // At most some n cells, and no more than n in either direction when all points are in a line.
  const auto count = static_cast<double>(n);
  cell_ = std::max({cell, std::sqrt(width * height / count), width / count, height / count, 1e-9});
  n_x_ = static_cast<std::int64_t>(width / cell_) + 1;
  n_y_ = static_cast<std::int64_t>(height / cell_) + 1;
  first_.assign(static_cast<std::size_t>(n_x_ * n_y_) + 1, 0);
  const auto cell_at = [&](const PixelPos& p) {
    return static_cast<std::size_t>(cell_of(p.y_px - low_y_, n_y_) * n_x_ +
                                    cell_of(p.x_px - low_x_, n_x_));
  };
  for (const PixelPos& p : points)
    if (finite(p)) ++first_[cell_at(p) + 1];
  for (std::size_t c = 1; c < first_.size(); ++c) first_[c] += first_[c - 1];
  at_.resize(n);
  index_.resize(n);
  std::vector<std::int64_t> next(first_.begin(), first_.end() - 1);
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!finite(points[i])) continue;
    const auto k = static_cast<std::size_t>(next[cell_at(points[i])]++);
    at_[k] = points[i];
    index_[k] = static_cast<std::int64_t>(i);
  }
}

std::vector<std::pair<std::int64_t, std::int64_t>> mutual_nearest(const PointGrid& a,
                                                                  std::span<const PixelPos> b,
                                                                  double radius) {
  struct Claim {
    double d2 = std::numeric_limits<double>::infinity();
    std::int64_t by = -1;
    void offer(double distance2, std::int64_t who) {
      if (distance2 < d2 || (distance2 == d2 && who < by)) {
        d2 = distance2;
        by = who;
      }
    }
  };
  std::vector<Claim> of_a(static_cast<std::size_t>(a.size()));
  std::vector<std::int64_t> of_b(b.size(), -1);
  for (std::size_t j = 0; j < b.size(); ++j) {
    Claim nearest;
    a.each_within(b[j], radius, [&](std::int64_t i, double d2) {
      nearest.offer(d2, i);
      of_a[static_cast<std::size_t>(i)].offer(d2, static_cast<std::int64_t>(j));
    });
    of_b[j] = nearest.by;
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::size_t i = 0; i < of_a.size(); ++i) {
    const std::int64_t j = of_a[i].by;
    if (j >= 0 && of_b[static_cast<std::size_t>(j)] == static_cast<std::int64_t>(i))
      pairs.emplace_back(static_cast<std::int64_t>(i), j);
  }
  return pairs;
}

}  // namespace skyweft::sky

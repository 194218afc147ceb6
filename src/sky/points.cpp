// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/points.hpp"

#include <algorithm>
#include <cmath>

#include <nanoflann.hpp>

#include "core/robust.hpp"

namespace skyweft::sky {

struct PointIndex::Tree {
  struct Cloud {
    std::vector<PixelPos> points;
    std::vector<std::int64_t> index;
    std::size_t kdtree_get_point_count() const { return points.size(); }
    double kdtree_get_pt(std::size_t i, std::size_t axis) const {
      return axis == 0 ? points[i].x_px : points[i].y_px;
    }
    template <class Box>
    bool kdtree_get_bbox(Box&) const {
      return false;
    }
  };
  using Search =
      nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud, 2>;

  explicit Tree(Cloud from) : cloud(std::move(from)), search(2, cloud) {}
  Cloud cloud;
  Search search;
};

namespace {

/// The nearest point; the lower index wins a tie, whatever the order of the tree's leaves.
struct NearestResult {
  double best;
  std::size_t at = 0;
  bool found = false;
  std::size_t size() const { return found ? 1 : 0; }
  bool empty() const { return !found; }
  bool full() const { return true; }
  double worstDist() const { return std::nextafter(best, 1e300); }
  void sort() {}
  bool addPoint(double distance, std::size_t index) {
    if (distance < best || (distance == best && (!found || index < at))) {
      best = distance;
      at = index;
      found = true;
    }
    return true;
  }
};

struct WithinResult {
  double limit;
  std::vector<std::size_t> found{};
  std::size_t size() const { return found.size(); }
  bool empty() const { return found.empty(); }
  bool full() const { return true; }
  double worstDist() const { return std::nextafter(limit, 1e300); }
  void sort() {}
  bool addPoint(double distance, std::size_t index) {
    if (distance <= limit) found.push_back(index);
    return true;
  }
};

}  // namespace

PointIndex::PointIndex(std::span<const PixelPos> points) {
  Tree::Cloud cloud;
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (!std::isfinite(points[i].x_px) || !std::isfinite(points[i].y_px)) continue;
    cloud.points.push_back(points[i]);
    cloud.index.push_back(static_cast<std::int64_t>(i));
  }
  tree_ = std::make_unique<Tree>(std::move(cloud));
}

PointIndex::~PointIndex() = default;
PointIndex::PointIndex(PointIndex&&) noexcept = default;
PointIndex& PointIndex::operator=(PointIndex&&) noexcept = default;

std::int64_t PointIndex::nearest(const PixelPos& to, double radius) const {
  if (!std::isfinite(to.x_px) || !std::isfinite(to.y_px) || tree_->cloud.points.empty()) return -1;
  const double at[2] = {to.x_px, to.y_px};
  NearestResult result{.best = radius * radius};
  tree_->search.findNeighbors(result, at, {});
  return result.found ? tree_->cloud.index[result.at] : -1;
}

std::vector<std::int64_t> PointIndex::within(const PixelPos& of, double radius) const {
  std::vector<std::int64_t> out;
  if (!std::isfinite(of.x_px) || !std::isfinite(of.y_px) || tree_->cloud.points.empty()) return out;
  const double at[2] = {of.x_px, of.y_px};
  WithinResult result{.limit = radius * radius};
  tree_->search.findNeighbors(result, at, {});
  out.reserve(result.found.size());
  for (const std::size_t i : result.found) out.push_back(tree_->cloud.index[i]);
  std::ranges::sort(out);
  return out;
}

std::vector<std::pair<std::int64_t, std::int64_t>> mutual_nearest(std::span<const PixelPos> a,
                                                                  std::span<const PixelPos> b,
                                                                  double radius) {
  const PointIndex index_a{a};
  const PointIndex index_b{b};
  std::vector<std::pair<std::int64_t, std::int64_t>> pairs;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::int64_t j = index_b.nearest(a[i], radius);
    if (j < 0) continue;
    if (index_a.nearest(b[static_cast<std::size_t>(j)], radius) == static_cast<std::int64_t>(i))
      pairs.emplace_back(static_cast<std::int64_t>(i), j);
  }
  return pairs;
}

PixelPos voted_shift(std::span<const PixelPos> moving, std::span<const PixelPos> fixed,
                     double max_shift, double bin) {
  const auto side = static_cast<std::int64_t>(std::ceil(2.0 * max_shift / bin)) + 1;
  std::vector<std::int32_t> votes(static_cast<std::size_t>(side * side), 0);
  const auto cell = [&](double shift) {
    return static_cast<std::int64_t>(std::floor((shift + max_shift) / bin));
  };
  for (const PixelPos& m : moving)
    for (const PixelPos& f : fixed) {
      const double dx = f.x_px - m.x_px;
      const double dy = f.y_px - m.y_px;
      if (!(std::abs(dx) <= max_shift && std::abs(dy) <= max_shift)) continue;
      ++votes[static_cast<std::size_t>(cell(dy) * side + cell(dx))];
    }
  // Windows of 2 × 2 bins, so that a peak on a border between bins is not split.
  std::int64_t best_x = 0;
  std::int64_t best_y = 0;
  std::int32_t most = 0;
  for (std::int64_t y = 0; y + 1 < side; ++y)
    for (std::int64_t x = 0; x + 1 < side; ++x) {
      const auto at = static_cast<std::size_t>(y * side + x);
      const auto up = at + static_cast<std::size_t>(side);
      const std::int32_t n = votes[at] + votes[at + 1] + votes[up] + votes[up + 1];
      if (n <= most) continue;
      most = n;
      best_x = x;
      best_y = y;
    }
  if (most == 0) return {};
  PixelPos middle{static_cast<double>(best_x + 1) * bin - max_shift,
                  static_cast<double>(best_y + 1) * bin - max_shift};
  for (int round = 0; round < 2; ++round) {
    std::vector<double> xs;
    std::vector<double> ys;
    for (const PixelPos& m : moving)
      for (const PixelPos& f : fixed) {
        const double dx = f.x_px - m.x_px;
        const double dy = f.y_px - m.y_px;
        if (std::abs(dx - middle.x_px) > bin || std::abs(dy - middle.y_px) > bin) continue;
        xs.push_back(dx);
        ys.push_back(dy);
      }
    if (xs.empty()) break;
    middle = {median_in_place(std::span<double>{xs}), median_in_place(std::span<double>{ys})};
  }
  return middle;
}

}  // namespace skyweft::sky

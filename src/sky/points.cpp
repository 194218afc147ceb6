// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/points.hpp"

#include <algorithm>
#include <cmath>

#include <nanoflann.hpp>

#include "sky/point_grid.hpp"
#include "sky/shift_vote.hpp"

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
  return mutual_nearest(PointGrid{a, radius}, b, radius);
}

PixelPos voted_shift(std::span<const PixelPos> moving, std::span<const PixelPos> fixed,
                     double max_shift, double bin) {
  return vote_shift(moving, fixed, max_shift, bin).shift;
}

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/match.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <nanoflann.hpp>

#include "sky/points.hpp"

namespace skyweft::sky {
namespace {

double distance2(const PixelPos& a, const PixelPos& b) {
  const double dx = a.x_px - b.x_px;
  const double dy = a.y_px - b.y_px;
  return dx * dx + dy * dy;
}

/// Coordinates of p in the frame where A is (0, 0) and B is (1, 1).
PixelPos in_frame(const PixelPos& a, const PixelPos& b, const PixelPos& p) {
  const double ux = b.x_px - a.x_px;
  const double uy = b.y_px - a.y_px;
  const double px = p.x_px - a.x_px;
  const double py = p.y_px - a.y_px;
  const double n = 1.0 / (ux * ux + uy * uy);
  // Along AB and to its left, in units of |AB|; then turned and stretched so that (1, 0) → (1, 1).
  const double along = (px * ux + py * uy) * n;
  const double left = (py * ux - px * uy) * n;
  return {along - left, along + left};
}

bool in_circle(const PixelPos& p) {
  const double dx = p.x_px - 0.5;
  const double dy = p.y_px - 0.5;
  return dx * dx + dy * dy <= 0.5;
}

Quad canonical(std::array<std::int64_t, 4> star, PixelPos c, PixelPos d, double length) {
  if (c.x_px + d.x_px > 1.0) {
    std::swap(star[0], star[1]);
    c = {1.0 - c.x_px, 1.0 - c.y_px};
    d = {1.0 - d.x_px, 1.0 - d.y_px};
  }
  if (c.x_px > d.x_px) {
    std::swap(star[2], star[3]);
    std::swap(c, d);
  }
  return {.code = {c.x_px, c.y_px, d.x_px, d.y_px}, .star = star, .length = length};
}

}  // namespace

Quad make_quad(const std::array<PixelPos, 4>& points, const std::array<std::int64_t, 4>& stars,
               bool& inside) {
  std::size_t a = 0;
  std::size_t b = 1;
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t j = i + 1; j < 4; ++j)
      if (distance2(points[i], points[j]) > distance2(points[a], points[b])) {
        a = i;
        b = j;
      }
  std::array<std::size_t, 2> rest{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < 4; ++i)
    if (i != a && i != b) rest[n++] = i;
  const PixelPos c = in_frame(points[a], points[b], points[rest[0]]);
  const PixelPos d = in_frame(points[a], points[b], points[rest[1]]);
  inside = in_circle(c) && in_circle(d);
  return canonical({stars[a], stars[b], stars[rest[0]], stars[rest[1]]}, c, d,
                   std::sqrt(distance2(points[a], points[b])));
}

std::vector<Quad> quads_of(std::span<const PixelPos> points, double min_length, double max_length,
                           std::int64_t max_quads) {
  std::vector<Quad> out;
  const PointIndex index{points};
  struct Inside {
    std::int64_t star;
    PixelPos at;
  };
  std::vector<Inside> inside;
  for (std::size_t j = 1; j < points.size(); ++j) {
    const auto reach = index.within(points[j], max_length);
    for (const std::int64_t i : reach) {
      if (i >= static_cast<std::int64_t>(j)) break;
      const PixelPos& a = points[static_cast<std::size_t>(i)];
      const double length2 = distance2(a, points[j]);
      if (length2 < min_length * min_length || length2 > max_length * max_length) continue;
      inside.clear();
      for (const std::int64_t k : reach) {
        if (k == i || k == static_cast<std::int64_t>(j)) continue;
        const PixelPos at = in_frame(a, points[j], points[static_cast<std::size_t>(k)]);
        if (in_circle(at)) inside.push_back({k, at});
      }
      for (std::size_t d = 1; d < inside.size(); ++d)
        for (std::size_t c = 0; c < d; ++c) {
          out.push_back(canonical({i, static_cast<std::int64_t>(j), inside[c].star, inside[d].star},
                                  inside[c].at, inside[d].at, std::sqrt(length2)));
          if (static_cast<std::int64_t>(out.size()) >= max_quads) return out;
        }
    }
  }
  return out;
}

struct QuadIndex::Tree {
  struct Cloud {
    std::span<const Quad> quads;
    std::size_t kdtree_get_point_count() const { return quads.size(); }
    double kdtree_get_pt(std::size_t i, std::size_t axis) const { return quads[i].code[axis]; }
    template <class Box>
    bool kdtree_get_bbox(Box&) const {
      return false;
    }
  };
  using Search =
      nanoflann::KDTreeSingleIndexAdaptor<nanoflann::L2_Simple_Adaptor<double, Cloud>, Cloud, 4>;
  explicit Tree(std::span<const Quad> quads) : cloud{quads}, search(4, cloud) {}
  Cloud cloud;
  Search search;
};

namespace {

struct NearResult {
  double limit;
  std::vector<std::int64_t>* found;
  std::size_t size() const { return found->size(); }
  bool empty() const { return found->empty(); }
  bool full() const { return true; }
  double worstDist() const { return limit; }
  void sort() {}
  bool addPoint(double distance, std::size_t index) {
    if (distance <= limit) found->push_back(static_cast<std::int64_t>(index));
    return true;
  }
};

}  // namespace

QuadIndex::QuadIndex(std::span<const Quad> quads) : tree_(std::make_unique<Tree>(quads)) {}
QuadIndex::~QuadIndex() = default;

void QuadIndex::near(const std::array<double, 4>& code, double radius,
                     std::vector<std::int64_t>& out) const {
  out.clear();
  if (tree_->cloud.quads.empty()) return;
  NearResult result{.limit = radius * radius, .found = &out};
  tree_->search.findNeighbors(result, code.data(), {});
  std::ranges::sort(out);
}

double Similarity::scale() const {
  return std::hypot(a, b);
}

PixelPos Similarity::operator()(const PixelPos& p) const {
  const double x = mirrored ? -p.x_px : p.x_px;
  return {a * x - b * p.y_px + x0, b * x + a * p.y_px + y0};
}

Similarity fit_similarity(std::span<const PixelPos> from, std::span<const PixelPos> to,
                          bool mirrored) {
  const auto n = static_cast<double>(from.size());
  const double hand = mirrored ? -1.0 : 1.0;
  double fx = 0.0, fy = 0.0, tx = 0.0, ty = 0.0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    fx += hand * from[i].x_px / n;
    fy += from[i].y_px / n;
    tx += to[i].x_px / n;
    ty += to[i].y_px / n;
  }
  double along = 0.0, across = 0.0, norm = 0.0;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double x = hand * from[i].x_px - fx;
    const double y = from[i].y_px - fy;
    const double u = to[i].x_px - tx;
    const double v = to[i].y_px - ty;
    along += x * u + y * v;
    across += x * v - y * u;
    norm += x * x + y * y;
  }
  Similarity out{.mirrored = mirrored};
  if (norm > 0.0) {
    out.a = along / norm;
    out.b = across / norm;
  }
  out.x0 = tx - out.a * fx + out.b * fy;
  out.y0 = ty - out.b * fx - out.a * fy;
  return out;
}

}  // namespace skyweft::sky

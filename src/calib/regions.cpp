// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/regions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace skyweft::calib {
namespace {

using Area = Grid<std::uint8_t>;
using Vec3 = std::array<double, 3>;

struct Point {
  double x, y;
};

/// The indices i with low <= i <= high, cut to 0 … n − 1; end exclusive. NaN gives none.
struct IndexRange {
  std::int64_t first = 0, end = 0;
};
IndexRange indices(double low, double high, std::int64_t n) {
  const auto last = static_cast<double>(n - 1);
  if (!(high >= 0.0) || !(low <= last)) return {};
  return {static_cast<std::int64_t>(std::ceil(std::max(low, 0.0))),
          static_cast<std::int64_t>(std::floor(std::min(high, last))) + 1};
}

bool is_inside(Shape shape, Point offset, double size1, double size2, double cos_a, double sin_a) {
  const double d2 = offset.x * offset.x + offset.y * offset.y;
  const double u = cos_a * offset.x + sin_a * offset.y;
  const double v = cos_a * offset.y - sin_a * offset.x;
  switch (shape) {
    case Shape::circle:
      return d2 <= size1 * size1;
    case Shape::annulus:
      return d2 >= size1 * size1 && d2 <= size2 * size2;
    case Shape::ellipse:
      return (u / size1) * (u / size1) + (v / size2) * (v / size2) <= 1.0;
    case Shape::box:
      return std::abs(u) <= 0.5 * size1 && std::abs(v) <= 0.5 * size2;
    case Shape::polygon:
      break;
  }
  return false;
}

/// The radius that holds all of a shape with a centre, and one that is all inside.
struct Reach {
  double outer, inner;
};
Reach reach_of(Shape shape, double size1, double size2) {
  switch (shape) {
    case Shape::annulus:
      return {size2, -1.0};
    case Shape::ellipse:
      return {std::max(size1, size2), std::min(size1, size2)};
    case Shape::box:
      return {0.5 * std::hypot(size1, size2), 0.5 * std::min(size1, size2)};
    default:
      return {size1, size1};
  }
}

/// Even-odd rule, row by row: a pixel is inside when an odd number of sides is at or left of it.
void fill_polygon(Area& area, const std::vector<PixelPos>& corners, std::uint8_t value) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const PixelPos& c : corners) {
    low = std::min(low, c.y_px);
    high = std::max(high, c.y_px);
  }
  std::vector<double> crossings;
  const IndexRange rows = indices(low, high, area.ny());
  for (std::int64_t iy = rows.first; iy < rows.end; ++iy) {
    const auto y = static_cast<double>(iy);
    crossings.clear();
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const PixelPos& a = corners[i];
      const PixelPos& b = corners[(i + 1) % corners.size()];
      if ((a.y_px > y) == (b.y_px > y)) continue;
      crossings.push_back(a.x_px + (y - a.y_px) / (b.y_px - a.y_px) * (b.x_px - a.x_px));
    }
    std::sort(crossings.begin(), crossings.end());
    for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
      const IndexRange columns = indices(crossings[i], crossings[i + 1], area.nx());
      std::fill(area.row(iy).begin() + columns.first, area.row(iy).begin() + columns.end, value);
    }
  }
}

void fill_pixels(Area& area, const Region& region, std::uint8_t value) {
  if (region.shape == Shape::polygon) return fill_polygon(area, region.places_px, value);
  const PixelPos centre = region.places_px.front();
  const double size1 = region.sizes_px.front();
  const double size2 = region.sizes_px.back();
  const double cos_a = std::cos(region.angle.rad());
  const double sin_a = std::sin(region.angle.rad());
  const double r = reach_of(region.shape, size1, size2).outer;
  const IndexRange rows = indices(centre.y_px - r, centre.y_px + r, area.ny());
  const IndexRange columns = indices(centre.x_px - r, centre.x_px + r, area.nx());
  for (std::int64_t iy = rows.first; iy < rows.end; ++iy)
    for (std::int64_t ix = columns.first; ix < columns.end; ++ix)
      if (is_inside(region.shape,
                    {static_cast<double>(ix) - centre.x_px, static_cast<double>(iy) - centre.y_px},
                    size1, size2, cos_a, sin_a))
        area(ix, iy) = value;
}

Vec3 vector_of(const SkyPos& p) {
  const double c = std::cos(p.dec.rad());
  return {c * std::cos(p.ra.rad()), c * std::sin(p.ra.rad()), std::sin(p.dec.rad())};
}
double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
double angle_between(const Vec3& a, const Vec3& b) {
  const Vec3 cross{a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
  return std::atan2(std::sqrt(dot(cross, cross)), dot(a, b));
}

/// A region on the sphere with its centre and the directions west and north of it.
class SkyShape {
 public:
  explicit SkyShape(const Region& region)
      : shape_(region.shape),
        cos_a_(std::cos(region.angle.rad())),
        sin_a_(std::sin(region.angle.rad())) {
    SkyPos centre = region.places_sky.front();
    if (shape_ == Shape::polygon) {
      Vec3 sum{};
      for (const SkyPos& p : region.places_sky)
        for (std::size_t k = 0; k < 3; ++k) sum[k] += vector_of(p)[k];
      centre = {Angle::from_rad(std::atan2(sum[1], sum[0])),
                Angle::from_rad(std::atan2(sum[2], std::hypot(sum[0], sum[1])))};
    }
    const double sin_ra = std::sin(centre.ra.rad()), cos_ra = std::cos(centre.ra.rad());
    const double sin_dec = std::sin(centre.dec.rad()), cos_dec = std::cos(centre.dec.rad());
    centre_ = {cos_dec * cos_ra, cos_dec * sin_ra, sin_dec};
    west_ = {sin_ra, -cos_ra, 0.0};
    north_ = {-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec};
    if (shape_ == Shape::polygon) {
      for (const SkyPos& p : region.places_sky) {
        const Vec3 v = vector_of(p);
        corners_.push_back({dot(v, west_) / dot(v, centre_), dot(v, north_) / dot(v, centre_)});
        reach_.outer = std::max(reach_.outer, angle_between(v, centre_));
      }
    } else {
      size1_ = region.sizes_sky.front().rad();
      size2_ = region.sizes_sky.back().rad();
      reach_ = reach_of(shape_, size1_, size2_);
    }
  }

  double distance_rad(const Vec3& v) const { return angle_between(v, centre_); }
  const Reach& reach_rad() const { return reach_; }

  bool holds(const Vec3& v) const {
    const double w = dot(v, west_), n = dot(v, north_), c = dot(v, centre_);
    if (shape_ != Shape::polygon) {
      const double sine = std::hypot(w, n);
      const double scale = sine > 0.0 ? std::atan2(sine, c) / sine : 1.0;
      return is_inside(shape_, {scale * w, scale * n}, size1_, size2_, cos_a_, sin_a_);
    }
    if (!(c > 0.0)) return false;
    bool inside = false;  // great circles are straight in the gnomonic plane
    for (std::size_t i = 0; i < corners_.size(); ++i) {
      const Point a = corners_[i], b = corners_[(i + 1) % corners_.size()];
      const double y = n / c;
      if ((a.y > y) == (b.y > y)) continue;
      inside ^= a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) < w / c;
    }
    return inside;
  }

 private:
  Shape shape_;
  double cos_a_, sin_a_;
  Vec3 centre_{}, west_{}, north_{};
  double size1_ = 0.0, size2_ = 0.0;
  Reach reach_{0.0, -1.0};
  std::vector<Point> corners_;
};

/// Directions of tiles: the same for all regions.
struct Tile {
  std::int64_t x0, y0, x1, y1;  ///< ends exclusive
  Vec3 centre;
  double radius_rad;
};

std::vector<Tile> tiles_of(const Area& area, const PixelToSky& to_sky) {
  constexpr std::int64_t kTile = 16;
  std::vector<Tile> tiles;
  for (std::int64_t y0 = 0; y0 < area.ny(); y0 += kTile)
    for (std::int64_t x0 = 0; x0 < area.nx(); x0 += kTile) {
      Tile t{.x0 = x0,
             .y0 = y0,
             .x1 = std::min(x0 + kTile, area.nx()),
             .y1 = std::min(y0 + kTile, area.ny()),
             .centre = {},
             .radius_rad = 0.0};
      const double x = 0.5 * static_cast<double>(t.x0 + t.x1 - 1);
      const double y = 0.5 * static_cast<double>(t.y0 + t.y1 - 1);
      t.centre = vector_of(to_sky({x, y}));
      for (const double cx : {static_cast<double>(t.x0), static_cast<double>(t.x1 - 1)})
        for (const double cy : {static_cast<double>(t.y0), static_cast<double>(t.y1 - 1)}) {
          const double d = angle_between(t.centre, vector_of(to_sky({cx, cy})));
          t.radius_rad = std::max(t.radius_rad, std::isnan(d) ? kPi : 1.1 * d);
        }
      tiles.push_back(t);
    }
  return tiles;
}

void fill_sky(Area& area, const Region& region, const std::vector<Tile>& tiles,
              const PixelToSky& to_sky, std::uint8_t value) {
  const SkyShape shape{region};
  for (const Tile& tile : tiles) {
    const double distance = shape.distance_rad(tile.centre);
    if (distance > shape.reach_rad().outer + tile.radius_rad) continue;  // NaN is looked at closely
    const bool all = distance + tile.radius_rad <= shape.reach_rad().inner;
    for (std::int64_t iy = tile.y0; iy < tile.y1; ++iy)
      for (std::int64_t ix = tile.x0; ix < tile.x1; ++ix)
        if (all ||
            shape.holds(vector_of(to_sky({static_cast<double>(ix), static_cast<double>(iy)}))))
          area(ix, iy) = value;
  }
}

}  // namespace

std::int64_t mark_regions(Mask& mask, std::span<const Region> regions, const PixelToSky& to_sky,
                          MaskBits bits) {
  if (mask.empty() || regions.empty()) return 0;
  Area area(mask.nx(), mask.ny(), 0);
  std::vector<Tile> tiles;
  if (to_sky && std::ranges::any_of(regions, &Region::on_sky)) tiles = tiles_of(area, to_sky);
  for (const bool excluded : {false, true})
    for (const Region& region : regions) {
      if (region.excluded != excluded) continue;
      const auto value = static_cast<std::uint8_t>(!excluded);
      if (!region.on_sky())
        fill_pixels(area, region, value);
      else
        fill_sky(area, region, tiles, to_sky, value);
    }
  std::int64_t n = 0;
  const auto inside = area.pixels();
  const auto out = mask.pixels();
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<MaskBits>(out[i] | (inside[i] != 0 ? bits : MaskBits{0}));
    n += inside[i];
  }
  return n;
}

std::int64_t mark_pixels(Mask& mask, std::span<const PixelBox> boxes, MaskBits bits) {
  std::int64_t n = 0;
  for (const PixelBox& box : boxes)
    for (std::int64_t iy = std::max<std::int64_t>(box.y0, 0); iy < std::min(box.y1, mask.ny());
         ++iy)
      for (std::int64_t ix = std::max<std::int64_t>(box.x0, 0); ix < std::min(box.x1, mask.nx());
           ++ix) {
        mask(ix, iy) = static_cast<MaskBits>(mask(ix, iy) | bits);
        ++n;
      }
  return n;
}

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_region.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::io {
namespace {

using healpix::Direction;

/// Rounding of unit vectors and of the numbers they come from.
constexpr double kSlackRad = 1e-12;
constexpr double kWidest = 85.0;

double dot(const Direction& a, const Direction& b) noexcept {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}
Direction cross(const Direction& a, const Direction& b) noexcept {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double length(const Direction& a) noexcept {
  return std::sqrt(dot(a, a));
}
double angle_between(const Direction& a, const Direction& b) noexcept {
  return std::atan2(length(cross(a, b)), dot(a, b));
}

/// The angle from `p` to the nearest point of the great-circle arc from `a` to `b`.
double angle_to_arc(const Direction& p, const Direction& a, const Direction& b) noexcept {
  const Direction normal = cross(a, b);
  const double size = length(normal);
  // Before a or behind b the nearest point is that end.
  if (size > 0.0 && dot(cross(normal, a), p) > 0.0 && dot(cross(b, normal), p) > 0.0)
    return std::abs(std::asin(std::clamp(dot(normal, p) / size, -1.0, 1.0)));
  return std::min(angle_between(p, a), angle_between(p, b));
}

}  // namespace

healpix::Direction direction_to(double ra_deg, double dec_deg) noexcept {
  const double ra = ra_deg * kRadPerDeg;
  const double dec = dec_deg * kRadPerDeg;
  return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

StarRegion StarRegion::cone(const SkyPos& centre, Angle radius) {
  if (!(radius.rad() >= 0.0) || !std::isfinite(centre.ra.rad()) ||
      !(std::abs(centre.dec.deg()) <= 90.0 + 1e-9))
    throw Error{Errc::usage, fmt::format("a cone of {} deg around RA {} Dec {} is no place on the "
                                         "sky; give degrees",
                                         radius.deg(), centre.ra.deg(), centre.dec.deg())};
  StarRegion out;
  out.centre_ = centre;
  out.radius_ = std::min(radius, Angle::from_rad(kPi));
  const double a = centre.ra.rad();
  const double d = centre.dec.rad();
  out.axes_ = {Direction{-std::sin(a), std::cos(a), 0.0},
               Direction{-std::sin(d) * std::cos(a), -std::sin(d) * std::sin(a), std::cos(d)},
               direction_to(centre.ra.deg(), centre.dec.deg())};
  const double half = std::sin(0.5 * out.radius_.rad());
  out.chord2_ = radius.rad() >= kPi ? 5.0 : 4.0 * half * half;
  return out;
}

StarRegion StarRegion::polygon(const std::vector<SkyPos>& vertices) {
  if (vertices.size() < 3)
    throw Error{Errc::usage,
                fmt::format("a polygon needs 3 corners or more, not {}", vertices.size())};
  std::vector<Direction> corners;
  Direction sum{};
  for (const SkyPos& v : vertices) {
    corners.push_back(direction_to(v.ra.deg(), v.dec.deg()));
    for (std::size_t k = 0; k < 3; ++k) sum[k] += corners.back()[k];
  }
  const double flat = std::hypot(sum[0], sum[1]);
  const SkyPos middle{Angle::from_rad(std::atan2(sum[1], sum[0])),
                      Angle::from_rad(std::atan2(sum[2], flat))};
  const Direction towards = direction_to(middle.ra.deg(), middle.dec.deg());
  double widest = 0.0;
  for (const Direction& c : corners) widest = std::max(widest, angle_between(c, towards));
  if (!(length(sum) > 1e-9) || !(widest <= kWidest * kRadPerDeg))
    throw Error{Errc::usage,
                fmt::format("a corner of the polygon is {:.1f} deg from its middle; at most {} deg "
                            "are possible: give degrees, or ask for two smaller polygons",
                            widest / kRadPerDeg, kWidest)};
  StarRegion out = cone(middle, Angle::from_rad(widest + kSlackRad));
  for (const Direction& c : corners) {
    const Direction at = out.to_plane(c);
    out.corners_.push_back({c, at[0] / at[2], at[1] / at[2]});
  }
  return out;
}

Direction StarRegion::to_plane(const Direction& at) const noexcept {
  return {dot(axes_[0], at), dot(axes_[1], at), dot(axes_[2], at)};
}

bool StarRegion::holds(const Direction& at) const noexcept {
  const double dx = at[0] - axes_[2][0];
  const double dy = at[1] - axes_[2][1];
  const double dz = at[2] - axes_[2][2];
  if (!(dx * dx + dy * dy + dz * dz <= chord2_)) return false;
  if (corners_.empty()) return true;
  // The gnomonic projection turns great circles into straight lines; there the corners that a ray
  // to +x crosses are counted.
  const Direction plane = to_plane(at);
  const double x = plane[0] / plane[2];
  const double y = plane[1] / plane[2];
  bool inside = false;
  for (std::size_t i = 0, j = corners_.size() - 1; i < corners_.size(); j = i++) {
    const Corner& a = corners_[i];
    const Corner& b = corners_[j];
    if ((a.y > y) == (b.y > y)) continue;
    if (x < a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y)) inside = !inside;
  }
  return inside;
}

StarRegion::Overlap StarRegion::overlap(const Direction& centre, Angle radius) const noexcept {
  const double apart = angle_between(centre, axes_[2]);
  if (apart > radius_.rad() + radius.rad() + kSlackRad) return Overlap::none;
  if (corners_.empty())
    return apart + radius.rad() <= radius_.rad() - kSlackRad ? Overlap::whole : Overlap::some;
  for (std::size_t i = 0, j = corners_.size() - 1; i < corners_.size(); j = i++)
    if (angle_to_arc(centre, corners_[i].at, corners_[j].at) <= radius.rad() + kSlackRad)
      return Overlap::some;
  return holds(centre) ? Overlap::whole : Overlap::none;
}

}  // namespace skyweft::io

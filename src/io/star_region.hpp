// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <vector>

#include "core/healpix.hpp"
#include "core/units.hpp"

namespace skyweft::io {

/// A piece of the sky that stars are asked for: a cone, or a polygon with great circles as sides.
/// All in unit vectors, so that poles and RA 0 need no care.
class StarRegion {
 public:
  /// Everything at most `radius` from `centre`. Throws Error{usage} for a radius that is negative
  /// or no number.
  static StarRegion cone(const SkyPos& centre, Angle radius);

  /// A polygon, convex or not, that does not cross itself; its side is the one that fits into a
  /// hemisphere, whichever way round the vertices run. Sides count as inside to rounding.
  /// Throws Error{usage} with fewer than 3 vertices, or when one is more than 85° from their mean.
  static StarRegion polygon(const std::vector<SkyPos>& vertices);

  bool holds(const healpix::Direction& at) const noexcept;

  enum class Overlap { none, some, whole };
  /// How much of the disc of `radius` around `centre` lies inside; `some` where in doubt.
  Overlap overlap(const healpix::Direction& centre, Angle radius) const noexcept;

  /// A cone that holds the region.
  const SkyPos& centre() const noexcept { return centre_; }
  Angle radius() const noexcept { return radius_; }

 private:
  struct Corner {
    healpix::Direction at;
    double x;  ///< in the plane that touches the sphere at centre_
    double y;
  };
  healpix::Direction to_plane(const healpix::Direction& at) const noexcept;

  SkyPos centre_;
  Angle radius_;
  std::array<healpix::Direction, 3> axes_{};  ///< east, north, towards centre_
  double chord2_ = 0.0;                       ///< (2 sin(radius/2))²
  std::vector<Corner> corners_;               ///< empty: a cone
};

/// The unit vector towards `ra_deg`, `dec_deg`. Throws: never.
healpix::Direction direction_to(double ra_deg, double dec_deg) noexcept;

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <optional>

#include "core/units.hpp"

namespace skyweft::sky {

using Vec3 = std::array<double, 3>;

/// A place in the tangent plane: ξ to the east, η to the north, in degrees.
struct PlanePos {
  double xi_deg = 0.0;
  double eta_deg = 0.0;
};

/// The unit vector towards `position`, in the same axes (ICRS).
/// Collective: no. Throws: never.
Vec3 unit_vector(const SkyPos& position);

/// The direction of a vector of any length; RA in [0°, 360°). A null vector gives RA 0, Dec 0.
/// Collective: no. Throws: never.
SkyPos direction_of(const Vec3& vector);

/// The angle between two directions, exact for tiny and for antipodal ones (atan2 of cross and
/// dot). Collective: no. Throws: never.
Angle separation(const SkyPos& a, const SkyPos& b);

/// The direction from `from` to `to`, east of north, in [0°, 360°).
/// Collective: no. Throws: never.
Angle position_angle(const SkyPos& from, const SkyPos& to);

/// A tangent plane with the sines and cosines of its centre at hand.
class TangentPlane {
 public:
  explicit TangentPlane(const SkyPos& centre);

  /// Gnomonic projection (Calabretta & Greisen 2002, eq. 54); nothing for directions 90° or more
  /// from the centre. Collective: no. Throws: never.
  std::optional<PlanePos> project(const SkyPos& position) const;

  /// The direction that lands on `place`; RA in [0°, 360°). Collective: no. Throws: never.
  SkyPos deproject(const PlanePos& place) const;

 private:
  SkyPos centre_;
  double sin_dec_;
  double cos_dec_;
};

}  // namespace skyweft::sky

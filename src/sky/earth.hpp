// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/frame_catalog.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// One instant in two scales, each as two parts whose sum is the JD.
struct Instant {
  double utc[2];
  double tt[2];
};

/// UTC with days of 86400 s, as clocks show it: the seconds of a day with a leap second are not
/// stretched, and 23:59:60 is the next midnight. Before 1972 by ERFA's table of rates. Throws
/// Error{bad_input} for what is no date.
Instant instant_of(double utc_jd, const LeapSeconds& leap_seconds);

/// The rotation from celestial (ICRS axes) to terrestrial axes, IAU 2006/2000A; UT1 = UTC and no
/// polar motion.
struct EarthRotation {
  explicit EarthRotation(const Instant& time);
  Vec3 to_earth(const Vec3& sky) const;
  Vec3 to_sky(const Vec3& earth) const;
  double rotation[3][3];
};

/// A site in terrestrial axes.
struct SiteAxes {
  /// Throws Error{bad_input} when it is no place on Earth.
  explicit SiteAxes(const Site& site);
  Vec3 place_m;  ///< from the geocentre
  Vec3 up;       ///< geodetic vertical
  Vec3 east;
  Vec3 north;
};

inline double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// Where the observer is and which way is up at one instant; everything per star is a dot product.
struct FrameTime {
  double tdb_jd = kNaN;                     ///< one double of JD resolves 40 µs, enough for 1 ms
  Vec3 observer_bary_ls{kNaN, kNaN, kNaN};  ///< from the solar-system barycentre, ICRS, light s
  Vec3 zenith{kNaN, kNaN, kNaN};            ///< unit vector along the geodetic vertical, ICRS
};

/// UTC (as JD, days of 86400 s) → TAI → TT → TDB with the table of leap seconds, the Earth's place
/// by epv00 (about 10 km, 40 µs) and the site turned to the sky by the IAU 2006/2000A rotation with
/// UT1 = UTC and no polar motion (at most 0.4 km, 1.4 µs). science.md 3.10. Throws Error{bad_input}
/// for an impossible date. Collective: no.
FrameTime frame_time(double utc_jd_mid, const Site& site,
                     const LeapSeconds& leap_seconds = shipped_leap_seconds());

/// Barycentric Julian date in TDB: when the same wave front passes the barycentre (Eastman, Siverd
/// & Gaudi 2010, Roemer term only; Shapiro and Einstein terms, < 2 µs for a star far from the Sun,
/// and parallax are left out). Collective: no. Throws: never.
double bjd_tdb(const FrameTime& time, const SkyPos& star);

/// True zenith distance, without refraction or aberration (20″). Collective: no. Throws: never.
Angle zenith_distance(const FrameTime& time, const SkyPos& star);

/// Young (1994, Applied Optics 33, 1108) of the true zenith distance; NaN below the horizon.
/// Collective: no. Throws: never.
double airmass(const FrameTime& time, const SkyPos& star);

/// Local hour angle, positive to the west, in (−180°, 180°]. Throws Error{bad_input} for an
/// impossible date. Collective: no.
Angle hour_angle(double utc_jd, const Site& site, const SkyPos& star);

}  // namespace skyweft::sky

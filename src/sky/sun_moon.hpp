// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "sky/leap_seconds.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// Directions from the observer's place, not the Earth's centre: the Moon moves by up to a degree.
struct SunMoon {
  Vec3 sun{kNaN, kNaN, kNaN};   ///< unit vector, ICRS
  Vec3 moon{kNaN, kNaN, kNaN};  ///< unit vector, ICRS
  double moon_distance_km = kNaN;
  double moon_lit = kNaN;  ///< lit fraction of the disc, (1 + cos phase angle)/2
};

/// Sun from ERFA's epv00, Moon from its moon98 (Meeus 1998, chapter 47: 10″). Neither aberration
/// nor light time: 20.5″ for the Sun; for the Moon, which moves along with us, 1″. Throws
/// Error{bad_input} for an impossible date or place. Collective: no.
SunMoon sun_and_moon(double utc_jd, const Site& site,
                     const LeapSeconds& leap_seconds = shipped_leap_seconds());

/// What disturbs a frame that looks into one direction. Angles are true ones, without refraction.
struct SkyConditions {
  double sun_altitude_deg = kNaN;
  double moon_altitude_deg = kNaN;
  double moon_separation_deg = kNaN;  ///< from the direction
  double moon_lit = kNaN;             ///< lit fraction of the disc
  double zenith_distance_deg = kNaN;
  double azimuth_deg = kNaN;     ///< from north through east, [0, 360)
  double hour_angle_deg = kNaN;  ///< positive to the west, (−180, 180]
  double airmass = kNaN;         ///< as airmass() says; NaN below the horizon
};

/// Throws as sun_and_moon(). Collective: no.
SkyConditions sky_conditions(double utc_jd, const Site& site, const SkyPos& direction,
                             const LeapSeconds& leap_seconds = shipped_leap_seconds());

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sun_moon.hpp"

#include <algorithm>
#include <cmath>

#include <erfa.h>

#include "sky/earth.hpp"
#include "sky/time.hpp"

namespace skyweft::sky {
namespace {

constexpr double kAu_m = 149597870700.0;

Vec3 minus(const Vec3& a, const Vec3& b) {
  return {a[0] - b[0], a[1] - b[1], a[2] - b[2]};
}

double length(const Vec3& v) {
  return std::hypot(v[0], v[1], v[2]);
}

Vec3 unit(const Vec3& v) {
  const double r = length(v);
  return {v[0] / r, v[1] / r, v[2] / r};
}

SunMoon seen_from(const Instant& t, const Vec3& observer_m) {
  const Vec3 observer{observer_m[0] / kAu_m, observer_m[1] / kAu_m, observer_m[2] / kAu_m};
  double earth[2][3];
  double barycentric[2][3];
  double moon[2][3];
  eraEpv00(t.tt[0], t.tt[1], earth, barycentric);
  eraMoon98(t.tt[0], t.tt[1], moon);
  const Vec3 to_sun = minus({-earth[0][0], -earth[0][1], -earth[0][2]}, observer);
  const Vec3 to_moon = minus({moon[0][0], moon[0][1], moon[0][2]}, observer);
  SunMoon out;
  out.sun = unit(to_sun);
  out.moon = unit(to_moon);
  out.moon_distance_km = 1e-3 * kAu_m * length(to_moon);
  // The phase angle is that between observer and Sun as the Moon sees them.
  out.moon_lit = 0.5 * (1.0 - dot(out.moon, unit(minus(to_sun, to_moon))));
  return out;
}

double altitude_deg(const Vec3& zenith, const Vec3& direction) {
  return std::asin(std::clamp(dot(zenith, direction), -1.0, 1.0)) / kRadPerDeg;
}

}  // namespace

SunMoon sun_and_moon(double utc_jd, const Site& site, const LeapSeconds& leap_seconds) {
  const Instant t = instant_of(utc_jd, leap_seconds);
  return seen_from(t, EarthRotation{t}.to_sky(SiteAxes{site}.place_m));
}

SkyConditions sky_conditions(double utc_jd, const Site& site, const SkyPos& direction,
                             const LeapSeconds& leap_seconds) {
  const Instant t = instant_of(utc_jd, leap_seconds);
  const EarthRotation rotation{t};
  const SiteAxes axes{site};
  const SunMoon bodies = seen_from(t, rotation.to_sky(axes.place_m));
  FrameTime time;
  time.zenith = rotation.to_sky(axes.up);
  const Vec3 star = rotation.to_earth(unit_vector(direction));

  SkyConditions out;
  out.sun_altitude_deg = altitude_deg(time.zenith, bodies.sun);
  out.moon_altitude_deg = altitude_deg(time.zenith, bodies.moon);
  out.moon_separation_deg = separation(direction_of(bodies.moon), direction).deg();
  out.moon_lit = bodies.moon_lit;
  out.zenith_distance_deg = zenith_distance(time, direction).deg();
  const double azimuth_deg = std::atan2(dot(axes.east, star), dot(axes.north, star)) / kRadPerDeg;
  out.azimuth_deg =
      azimuth_deg < 0.0 ? std::min(azimuth_deg + 360.0, std::nextafter(360.0, 0.0)) : azimuth_deg;
  const double hour_deg =
      std::remainder((site.longitude.rad() - std::atan2(star[1], star[0])) / kRadPerDeg, 360.0);
  out.hour_angle_deg = hour_deg <= -180.0 ? 180.0 : hour_deg;
  out.airmass = airmass(time, direction);
  return out;
}

}  // namespace skyweft::sky

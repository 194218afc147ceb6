// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/time.hpp"

#include <algorithm>
#include <cmath>

#include <erfa.h>

#include "sky/earth.hpp"

namespace skyweft::sky {
namespace {

constexpr double kLightSpeed_m_s = 299792458.0;
constexpr double kAu_m = 149597870700.0;

}  // namespace

FrameTime frame_time(double utc_jd_mid, const Site& site, const LeapSeconds& leap_seconds) {
  const Instant t = instant_of(utc_jd_mid, leap_seconds);
  const EarthRotation rotation{t};
  const SiteAxes axes{site};
  const Vec3 site_sky_m = rotation.to_sky(axes.place_m);

  const double day_fraction = t.utc[1];
  const double from_axis_km = 1e-3 * std::hypot(axes.place_m[0], axes.place_m[1]);
  const double tdb_minus_tt_s = eraDtdb(t.tt[0], t.tt[1], day_fraction, site.longitude.rad(),
                                        from_axis_km, 1e-3 * axes.place_m[2]);
  const double tdb_fraction = t.tt[1] + tdb_minus_tt_s / kSecondsPerDay;

  double heliocentric[2][3];
  double barycentric[2][3];
  eraEpv00(t.tt[0], tdb_fraction, heliocentric, barycentric);
  FrameTime out;
  out.tdb_jd = t.tt[0] + tdb_fraction;
  out.zenith = rotation.to_sky(axes.up);
  for (std::size_t i = 0; i < 3; ++i)
    out.observer_bary_ls[i] = (barycentric[0][i] * kAu_m + site_sky_m[i]) / kLightSpeed_m_s;
  return out;
}

double bjd_tdb(const FrameTime& time, const SkyPos& star) {
  return time.tdb_jd + dot(time.observer_bary_ls, unit_vector(star)) / kSecondsPerDay;
}

Angle zenith_distance(const FrameTime& time, const SkyPos& star) {
  return Angle::from_rad(std::acos(std::clamp(dot(time.zenith, unit_vector(star)), -1.0, 1.0)));
}

double airmass(const FrameTime& time, const SkyPos& star) {
  const double c = dot(time.zenith, unit_vector(star));
  if (!(c >= 0.0)) return kNaN;
  return ((1.002432 * c + 0.148386) * c + 0.0096467) /
         (((c + 0.149864) * c + 0.0102963) * c + 0.000303978);
}

Angle hour_angle(double utc_jd, const Site& site, const SkyPos& star) {
  const EarthRotation rotation{instant_of(utc_jd, shipped_leap_seconds())};
  const Vec3 terrestrial = rotation.to_earth(unit_vector(star));
  const double angle = site.longitude.rad() - std::atan2(terrestrial[1], terrestrial[0]);
  const double wrapped = std::remainder(angle, 2.0 * kPi);
  return Angle::from_rad(wrapped <= -kPi ? kPi : wrapped);
}

}  // namespace skyweft::sky

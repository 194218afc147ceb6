// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/time.hpp"

#include <algorithm>
#include <cmath>

#include <erfa.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::sky {
namespace {

constexpr double kLightSpeed_m_s = 299792458.0;
constexpr double kAu_m = 149597870700.0;

/// One instant in two scales, each as two parts whose sum is the JD.
struct Instant {
  double utc[2];
  double tt[2];
};

Instant instant_of(double utc_jd) {
  Instant out{};
  // Split at the nearest midnight: both parts are then exact.
  out.utc[0] = std::floor(utc_jd - 0.5) + 0.5;
  out.utc[1] = utc_jd - out.utc[0];
  double tai[2];
  if (!std::isfinite(utc_jd) || eraUtctai(out.utc[0], out.utc[1], &tai[0], &tai[1]) < 0 ||
      eraTaitt(tai[0], tai[1], &out.tt[0], &out.tt[1]) < 0)
    throw Error{Errc::bad_input,
                fmt::format("JD {} (UTC) is not a date that can be converted to TDB; check the "
                            "header's date keywords",
                            utc_jd)};
  return out;
}

/// Fills the rotation from the celestial (ICRS axes) to the terrestrial frame; UT1 = UTC.
void earth_rotation(const Instant& t, double to_terrestrial[3][3]) {
  eraC2t06a(t.tt[0], t.tt[1], t.utc[0], t.utc[1], 0.0, 0.0, to_terrestrial);
}

double dot(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

}  // namespace

FrameTime frame_time(double utc_jd_mid, const Site& site) {
  const Instant t = instant_of(utc_jd_mid);
  double rotation[3][3];
  earth_rotation(t, rotation);

  double site_m[3];
  if (eraGd2gc(1, site.longitude.rad(), site.latitude.rad(), site.height_m, site_m) != 0)
    throw Error{Errc::bad_input,
                "the site's latitude, longitude and height make no place on Earth; "
                "set site.latitude_deg, site.longitude_deg and site.height_m"};
  const double cos_lat = std::cos(site.latitude.rad());
  double vertical[3] = {cos_lat * std::cos(site.longitude.rad()),
                        cos_lat * std::sin(site.longitude.rad()), std::sin(site.latitude.rad())};
  double site_sky_m[3];
  double zenith[3];
  eraTrxp(rotation, site_m, site_sky_m);
  eraTrxp(rotation, vertical, zenith);

  const double day_fraction = t.utc[1];
  const double from_axis_km = 1e-3 * std::hypot(site_m[0], site_m[1]);
  const double tdb_minus_tt_s =
      eraDtdb(t.tt[0], t.tt[1], day_fraction, site.longitude.rad(), from_axis_km, 1e-3 * site_m[2]);
  const double tdb_fraction = t.tt[1] + tdb_minus_tt_s / kSecondsPerDay;

  double heliocentric[2][3];
  double barycentric[2][3];
  eraEpv00(t.tt[0], tdb_fraction, heliocentric, barycentric);
  FrameTime out;
  out.tdb_jd = t.tt[0] + tdb_fraction;
  for (std::size_t i = 0; i < 3; ++i) {
    out.observer_bary_ls[i] = (barycentric[0][i] * kAu_m + site_sky_m[i]) / kLightSpeed_m_s;
    out.zenith[i] = zenith[i];
  }
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
  double rotation[3][3];
  earth_rotation(instant_of(utc_jd), rotation);
  Vec3 sky = unit_vector(star);
  double terrestrial[3];
  eraRxp(rotation, sky.data(), terrestrial);
  const double angle = site.longitude.rad() - std::atan2(terrestrial[1], terrestrial[0]);
  const double wrapped = std::remainder(angle, 2.0 * kPi);
  return Angle::from_rad(wrapped <= -kPi ? kPi : wrapped);
}

}  // namespace skyweft::sky

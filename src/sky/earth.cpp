// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/earth.hpp"

#include <algorithm>
#include <cmath>

#include <erfa.h>
#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::sky {
namespace {

constexpr double kTtMinusTai_s = 32.184;

/// TAI − UTC; NaN for what is no date.
double offset_s(double midnight, double fraction, const LeapSeconds& table) {
  int year = 0;
  int month = 0;
  int day = 0;
  double part = 0.0;
  if (eraJd2cal(midnight, fraction, &year, &month, &day, &part) < 0) return kNaN;
  const double known = tai_minus_utc_s(table, midnight);
  if (std::isfinite(known)) return known;
  double out = 0.0;
  return eraDat(year, month, day, part, &out) < 0 ? kNaN : out;
}

}  // namespace

Instant instant_of(double utc_jd, const LeapSeconds& leap_seconds) {
  Instant out{};
  // Split at the nearest midnight: both parts are then exact.
  out.utc[0] = std::floor(utc_jd - 0.5) + 0.5;
  out.utc[1] = utc_jd - out.utc[0];
  const double tai_s =
      std::isfinite(utc_jd) ? offset_s(out.utc[0], out.utc[1], leap_seconds) : kNaN;
  if (!std::isfinite(tai_s))
    throw Error{Errc::bad_input,
                fmt::format("JD {} (UTC) is not a date that can be converted to TDB; check the "
                            "header's date keywords",
                            utc_jd)};
  out.tt[0] = out.utc[0];
  out.tt[1] = out.utc[1] + (tai_s + kTtMinusTai_s) / kSecondsPerDay;
  return out;
}

EarthRotation::EarthRotation(const Instant& t) {
  eraC2t06a(t.tt[0], t.tt[1], t.utc[0], t.utc[1], 0.0, 0.0, rotation);
}

Vec3 EarthRotation::to_earth(const Vec3& sky) const {
  Vec3 out{};
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = rotation[i][0] * sky[0] + rotation[i][1] * sky[1] + rotation[i][2] * sky[2];
  return out;
}

Vec3 EarthRotation::to_sky(const Vec3& earth) const {
  Vec3 out{};
  for (std::size_t i = 0; i < 3; ++i)
    out[i] = rotation[0][i] * earth[0] + rotation[1][i] * earth[1] + rotation[2][i] * earth[2];
  return out;
}

SiteAxes::SiteAxes(const Site& site) {
  double place[3];
  if (eraGd2gc(1, site.longitude.rad(), site.latitude.rad(), site.height_m, place) != 0)
    throw Error{Errc::bad_input,
                "the site's latitude, longitude and height make no place on Earth; "
                "set site.latitude_deg, site.longitude_deg and site.height_m"};
  std::ranges::copy(place, place_m.begin());
  const double sin_lat = std::sin(site.latitude.rad());
  const double cos_lat = std::cos(site.latitude.rad());
  const double sin_lon = std::sin(site.longitude.rad());
  const double cos_lon = std::cos(site.longitude.rad());
  up = {cos_lat * cos_lon, cos_lat * sin_lon, sin_lat};
  east = {-sin_lon, cos_lon, 0.0};
  north = {-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat};
}

}  // namespace skyweft::sky

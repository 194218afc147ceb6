// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include "io/camera.hpp"
#include "io/sexagesimal.hpp"

namespace skyweft::io {
namespace {

std::optional<double> first_angle_deg(const Header& header, const KeyList& keys, double limit) {
  for (const std::string& key : keys) {
    auto value = header.number(key);
    if (!value) value = parse_sexagesimal(header.text(key).value_or(""));
    if (value && std::abs(*value) <= limit) return value;
  }
  return std::nullopt;
}

/// Geodetic place from geocentric x, y, z in metres (Bowring 1976, good to 1e-6 arcsec near the
/// ground).
std::optional<Site> from_geocentric(const Header& header) {
  const auto x = header.number("OBSGEO-X");
  const auto y = header.number("OBSGEO-Y");
  const auto z = header.number("OBSGEO-Z");
  constexpr double kEquator_m = 6378137.0;
  constexpr double kFlattening = 1.0 / 298.257223563;
  if (!x || !y || !z || std::abs(std::hypot(*x, *y, *z) - kEquator_m) > 50e3) return std::nullopt;
  const double pole_m = kEquator_m * (1.0 - kFlattening);
  const double e2 = kFlattening * (2.0 - kFlattening);
  const double p = std::hypot(*x, *y);
  const double beta = std::atan2(*z * kEquator_m, p * pole_m);
  const double latitude = std::atan2(*z + e2 / (1.0 - e2) * pole_m * std::pow(std::sin(beta), 3),
                                     p - e2 * kEquator_m * std::pow(std::cos(beta), 3));
  const double n_m = kEquator_m / std::sqrt(1.0 - e2 * std::sin(latitude) * std::sin(latitude));
  const double height_m =
      p * std::cos(latitude) + *z * std::sin(latitude) - kEquator_m * kEquator_m / n_m;
  return Site{Angle::from_rad(std::atan2(*y, *x)), Angle::from_rad(latitude), height_m};
}

std::optional<double> height_of(const Header& header) {
  // Not ALTITUDE: that is often where the telescope points.
  for (const char* key : {"OBSGEO-H", "SITEALT", "SITEELEV", "ALT-OBS", "ELEV-OBS", "OBSALT"})
    if (const auto value = header.number(key); value && *value > -500.0 && *value < 10000.0)
      return value;
  return std::nullopt;
}

}  // namespace

std::optional<Site> site_from(const Header& header, const SiteConfig& config) {
  const KeyList longitude_keys{"OBSGEO-L", "SITELONG",  "LONG-OBS",
                               "LONGITUD", "LONGITUDE", "OBSLONG"};
  const KeyList latitude_keys{"OBSGEO-B", "SITELAT", "LAT-OBS", "LATITUDE", "OBSLAT"};
  const auto geocentric = from_geocentric(header);
  auto longitude_deg = first_angle_deg(header, longitude_keys, 360.0);
  auto latitude_deg = first_angle_deg(header, latitude_keys, 90.0);
  auto height_m = height_of(header);
  if (geocentric && !(longitude_deg && latitude_deg)) {
    longitude_deg = geocentric->longitude.deg();
    latitude_deg = geocentric->latitude.deg();
    height_m = geocentric->height_m;
  }
  if (std::isfinite(config.longitude_deg)) longitude_deg = config.longitude_deg;
  if (std::isfinite(config.latitude_deg)) latitude_deg = config.latitude_deg;
  if (std::isfinite(config.height_m)) height_m = config.height_m;
  if (!longitude_deg || !latitude_deg) return std::nullopt;
  const double east_deg = *longitude_deg > 180.0 ? *longitude_deg - 360.0 : *longitude_deg;
  return Site{Angle::from_deg(east_deg), Angle::from_deg(*latitude_deg), height_m.value_or(0.0)};
}

}  // namespace skyweft::io

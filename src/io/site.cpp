// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"
#include "io/camera.hpp"
#include "io/camera_keys.hpp"

namespace skyweft::io {
namespace {

/// A number or degrees in parts, with N, E (above 0) or S, W (below) behind it.
std::optional<double> angle_deg_in(std::string_view text) {
  text = trimmed(text);
  if (text.empty()) return std::nullopt;
  const auto value_of = [](std::string_view t) {
    const auto number = number_in(t);
    return number ? number : sexagesimal_spelled(t);
  };
  const bool below = std::string_view{"SsWw"}.find(text.back()) != std::string_view::npos;
  const bool above = std::string_view{"NnEe"}.find(text.back()) != std::string_view::npos;
  // The s of 12d30m45s is a second.
  const bool second = text.back() == 's' && text.find('m') != std::string_view::npos;
  if (second || !(below || above)) return value_of(text);
  const auto value = value_of(text.substr(0, text.size() - 1));
  if (!value || *value < 0.0) return std::nullopt;
  return below ? -*value : *value;
}

std::optional<double> first_angle_deg(const Header& header, const KeyList& keys, double limit) {
  const std::string no_path;
  const HeaderView view{header, no_path};
  for (const KeyEntry& key : prepare_keys(keys)) {
    const auto value = angle_deg_in(view.text(key).value_or(""));
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

/// What the header says; longitude −180 to 180.
struct HeaderSite {
  std::optional<double> longitude_deg;
  std::optional<double> latitude_deg;
  std::optional<double> height_m;
};

double within_half_turn(double deg) {
  return deg > 180.0 ? deg - 360.0 : deg <= -180.0 ? deg + 360.0 : deg;
}

HeaderSite site_in(const Header& header, const SiteConfig& config) {
  const std::string no_path;
  HeaderSite out{
      first_angle_deg(header, config.longitude_keys, 360.0),
      first_angle_deg(header, config.latitude_keys, 90.0),
      first_number(HeaderView{header, no_path}, prepare_keys(config.height_keys), -500.0, 10000.0)};
  const auto geocentric = from_geocentric(header);
  if (geocentric && !(out.longitude_deg && out.latitude_deg))
    out = {geocentric->longitude.deg(), geocentric->latitude.deg(), geocentric->height_m};
  if (out.longitude_deg) out.longitude_deg = within_half_turn(*out.longitude_deg);
  return out;
}

}  // namespace

std::optional<Site> site_from(const Header& header, const SiteConfig& config) {
  HeaderSite site = site_in(header, config);
  if (std::isfinite(config.longitude_deg))
    site.longitude_deg = within_half_turn(config.longitude_deg);
  if (std::isfinite(config.latitude_deg)) site.latitude_deg = config.latitude_deg;
  if (std::isfinite(config.height_m)) site.height_m = config.height_m;
  if (!site.longitude_deg || !site.latitude_deg) return std::nullopt;
  return Site{Angle::from_deg(*site.longitude_deg), Angle::from_deg(*site.latitude_deg),
              site.height_m.value_or(0.0)};
}

std::vector<std::string> site_doubts(const Header& header, const SiteConfig& config) {
  constexpr double kAllowed_deg = 0.1;
  std::vector<std::string> doubts;
  const HeaderSite site = site_in(header, config);
  const auto differ = [](double a, double b) {
    return std::abs(within_half_turn(a - b)) > kAllowed_deg;
  };
  if (site.longitude_deg && std::isfinite(config.longitude_deg) &&
      differ(*site.longitude_deg, within_half_turn(config.longitude_deg))) {
    const double own_deg = within_half_turn(config.longitude_deg);
    doubts.push_back(
        differ(*site.longitude_deg, -own_deg)
            ? fmt::format("the header's longitude {:.4f} is not the configured {:.4f} deg, which "
                          "counts: check site.longitude_deg",
                          *site.longitude_deg, own_deg)
            : fmt::format("the header's longitude {:.4f} is the configured {:.4f} deg with the "
                          "other sign; the configured one counts to the east: check its sign",
                          *site.longitude_deg, own_deg));
  }
  if (site.latitude_deg && std::isfinite(config.latitude_deg) &&
      std::abs(*site.latitude_deg - config.latitude_deg) > kAllowed_deg)
    doubts.push_back(
        fmt::format("the header's latitude {:.4f} is not the configured {:.4f} deg, "
                    "which counts: check site.latitude_deg",
                    *site.latitude_deg, config.latitude_deg));
  return doubts;
}

}  // namespace skyweft::io

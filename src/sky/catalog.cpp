// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/catalog.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace skyweft::sky {
namespace {

constexpr double kKmPerSecond = 4.740470446;  // one au per Julian year
constexpr double kRadPerMas = 1e-3 / kArcsecPerRad;

Vec3 sum(const Vec3& a, double s, const Vec3& b) {
  return {a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]};
}

double product(const Vec3& a, const Vec3& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/// The directions to the star, to the east and to the north of it.
struct Triad {
  Vec3 to;
  Vec3 east;
  Vec3 north;
};

Triad triad_at(double ra_rad, double dec_rad) {
  const double sa = std::sin(ra_rad), ca = std::cos(ra_rad);
  const double sd = std::sin(dec_rad), cd = std::cos(dec_rad);
  return {{cd * ca, cd * sa, sd}, {-sa, ca, 0.0}, {-sd * ca, -sd * sa, cd}};
}

/// `values[i]` in radians where it is known, else 0.
template <class T>
double rad_or_zero(const std::vector<T>* values_mas, std::size_t i) {
  if (values_mas == nullptr || i >= values_mas->size()) return 0.0;
  const auto mas = static_cast<double>((*values_mas)[i]);
  return std::isfinite(mas) ? mas * kRadPerMas : 0.0;
}

void move_to(StarCatalog& stars, double epoch_yr, const Vec3* observer_au) {
  const double years = epoch_yr - stars.epoch_yr;
  stars.epoch_yr = epoch_yr;
  if (years == 0.0 && observer_au == nullptr) return;
  const auto velocity = std::ranges::find(stars.extra, "radial_velocity", &NamedColumn::name);
  for (std::size_t i = 0; i < stars.id.size(); ++i) {
    const double east = rad_or_zero(&stars.pm_ra_mas_yr, i);
    const double north = rad_or_zero(&stars.pm_dec_mas_yr, i);
    const double parallax = rad_or_zero(&stars.parallax_mas, i);
    const bool moves = years != 0.0 && (east != 0.0 || north != 0.0);
    const bool shifts = observer_au != nullptr && parallax != 0.0;
    if (!moves && !shifts) continue;
    Triad triad = triad_at(stars.ra_deg[i] * kRadPerDeg, stars.dec_deg[i] * kRadPerDeg);
    Vec3 to = triad.to;
    if (moves) {
      double away = 0.0;  // the change of distance per year, in distances
      if (velocity != stars.extra.end() && i < velocity->value.size() &&
          std::isfinite(velocity->value[i]))
        away = static_cast<double>(velocity->value[i]) * parallax / kKmPerSecond;
      const Vec3 motion = sum(sum(sum({}, east, triad.east), north, triad.north), away, triad.to);
      to = sum(triad.to, years, motion);
      const double distance = std::sqrt(product(to, to));
      if (!std::isfinite(distance) || !(distance > 0.0)) continue;
      to = sum({}, 1.0 / distance, to);
      const SkyPos there = direction_of(to);
      triad = triad_at(there.ra.rad(), there.dec.rad());
      stars.pm_ra_mas_yr[i] = product(motion, triad.east) / distance / kRadPerMas;
      stars.pm_dec_mas_yr[i] = product(motion, triad.north) / distance / kRadPerMas;
    }
    if (shifts) to = sum(to, -parallax, *observer_au);
    const SkyPos there = direction_of(to);
    if (!std::isfinite(there.ra.rad()) || !std::isfinite(there.dec.rad())) continue;
    stars.ra_deg[i] = there.ra.deg();
    stars.dec_deg[i] = there.dec.deg();
  }
}

}  // namespace

StarCatalog stars_in_cone(const StarCatalog& stars, const SkyPos& centre, Angle radius,
                          float faint_limit, std::int64_t max_stars) {
  std::vector<std::int64_t> chosen;
  for (std::int64_t i = 0; i < stars.size(); ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (stars.mag[k] > faint_limit) continue;
    // A cheap cut in declination spares most of the trigonometry.
    if (std::abs(stars.dec_deg[k] - centre.dec.deg()) > radius.deg() + 1e-9) continue;
    const SkyPos at{Angle::from_deg(stars.ra_deg[k]), Angle::from_deg(stars.dec_deg[k])};
    if (separation(centre, at) <= radius) chosen.push_back(i);
  }
  const auto brightness = [&](std::int64_t i) {
    const float mag = stars.mag[static_cast<std::size_t>(i)];
    return std::isnan(mag) ? std::numeric_limits<float>::infinity() : mag;
  };
  if (static_cast<std::int64_t>(chosen.size()) > max_stars) {
    std::ranges::sort(chosen, [&](std::int64_t a, std::int64_t b) {
      if (brightness(a) != brightness(b)) return brightness(a) < brightness(b);
      return stars.id[static_cast<std::size_t>(a)] < stars.id[static_cast<std::size_t>(b)];
    });
    chosen.resize(static_cast<std::size_t>(std::max<std::int64_t>(max_stars, 0)));
    std::ranges::sort(chosen);
  }
  return rows_of(stars, chosen);
}

void propagate(StarCatalog& stars, double epoch_yr) {
  move_to(stars, epoch_yr, nullptr);
}

void propagate(StarCatalog& stars, double epoch_yr, const Vec3& observer_au) {
  move_to(stars, epoch_yr, &observer_au);
}

}  // namespace skyweft::sky

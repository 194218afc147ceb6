// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/catalog.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "sky/projection.hpp"

namespace skyweft::sky {

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
  const double years = epoch_yr - stars.epoch_yr;
  stars.epoch_yr = epoch_yr;
  if (years == 0.0) return;
  const auto motion_rad = [years](double mas_yr) {
    return std::isfinite(mas_yr) ? mas_yr * 1e-3 / kArcsecPerRad * years : 0.0;
  };
  for (std::size_t i = 0; i < stars.id.size(); ++i) {
    const double east = motion_rad(stars.pm_ra_mas_yr[i]);
    const double north = motion_rad(stars.pm_dec_mas_yr[i]);
    if (east == 0.0 && north == 0.0) continue;
    const double a = stars.ra_deg[i] * kRadPerDeg;
    const double d = stars.dec_deg[i] * kRadPerDeg;
    const double sa = std::sin(a), ca = std::cos(a), sd = std::sin(d), cd = std::cos(d);
    const SkyPos moved = direction_of({cd * ca - sa * east - sd * ca * north,
                                       cd * sa + ca * east - sd * sa * north, sd + cd * north});
    stars.ra_deg[i] = moved.ra.deg();
    stars.dec_deg[i] = moved.dec.deg();
  }
}

}  // namespace skyweft::sky

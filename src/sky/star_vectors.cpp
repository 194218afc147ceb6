// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/star_vectors.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sky/projection.hpp"

namespace skyweft::sky {

StarVectors vectors_of(const StarCatalog& stars, std::span<const std::int64_t> rows) {
  StarVectors out;
  out.x.reserve(rows.size());
  out.y.reserve(rows.size());
  out.z.reserve(rows.size());
  for (const std::int64_t row : rows) {
    const auto k = static_cast<std::size_t>(row);
    const Vec3 v =
        unit_vector({Angle::from_deg(stars.ra_deg[k]), Angle::from_deg(stars.dec_deg[k])});
    out.x.push_back(v[0]);
    out.y.push_back(v[1]);
    out.z.push_back(v[2]);
  }
  return out;
}

BrightFirst bright_first(const StarCatalog& stars) {
  BrightFirst out;
  out.row.resize(static_cast<std::size_t>(stars.size()));
  for (std::size_t i = 0; i < out.row.size(); ++i) out.row[i] = static_cast<std::int64_t>(i);
  const auto mag = [&](std::int64_t i) {
    const float m = stars.mag[static_cast<std::size_t>(i)];
    return std::isfinite(m) ? m : std::numeric_limits<float>::infinity();
  };
  std::ranges::stable_sort(out.row,
                           [&](std::int64_t a, std::int64_t b) { return mag(a) < mag(b); });
  out.at = vectors_of(stars, out.row);
  return out;
}

void project_all(const StarVectors& stars, std::size_t first, const SkyPos& centre, double unit_deg,
                 std::span<double> u, std::span<double> v) {
  const Vec3 c = unit_vector(centre);
  const double sin_ra = std::sin(centre.ra.rad());
  const double cos_ra = std::cos(centre.ra.rad());
  const double sin_dec = std::sin(centre.dec.rad());
  const double cos_dec = std::cos(centre.dec.rad());
  const Vec3 east{-sin_ra, cos_ra, 0.0};
  const Vec3 north{-sin_dec * cos_ra, -sin_dec * sin_ra, cos_dec};
  const double unit = 1.0 / (kRadPerDeg * unit_deg);
  const double* x = stars.x.data() + first;
  const double* y = stars.y.data() + first;
  const double* z = stars.z.data() + first;
  for (std::size_t i = 0; i < u.size(); ++i) {
    const double toward = x[i] * c[0] + y[i] * c[1] + z[i] * c[2];
    const double scale = toward > 1e-9 ? unit / toward : kNaN;
    u[i] = scale * (x[i] * east[0] + y[i] * east[1]);
    v[i] = scale * (x[i] * north[0] + y[i] * north[1] + z[i] * north[2]);
  }
}

}  // namespace skyweft::sky

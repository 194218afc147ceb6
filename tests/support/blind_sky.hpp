// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "data/sky_index.hpp"
#include "sky/sky_index.hpp"
#include "support/sky_field.hpp"

namespace skyweft::support {

/// Counts grow tenfold over two magnitudes, to `faintest`.
inline float random_mag(std::mt19937_64& random, double faintest) {
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  return static_cast<float>(faintest + 2.0 * std::log10(std::max(1e-7, uniform(random))));
}

inline void add_star(StarCatalog& s, const SkyPos& at, float mag) {
  s.id.push_back(s.size() + 1);
  s.ra_deg.push_back(at.ra.deg());
  s.dec_deg.push_back(at.dec.deg());
  s.pm_ra_mas_yr.push_back(0.0);
  s.pm_dec_mas_yr.push_back(0.0);
  s.mag.push_back(mag);
  s.colour.push_back(kNaNf);
}

/// Stars strewn evenly over the sphere, or over a cap of `radius_deg` about `centre`.
inline void add_cap(StarCatalog& s, const SkyPos& centre, double radius_deg, std::int64_t n_star,
                    std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  const sky::Vec3 c = sky::unit_vector(centre);
  const sky::Vec3 e{-std::sin(centre.ra.rad()), std::cos(centre.ra.rad()), 0.0};
  const sky::Vec3 n{c[1] * e[2] - c[2] * e[1], c[2] * e[0] - c[0] * e[2],
                    c[0] * e[1] - c[1] * e[0]};
  const double depth = 1.0 - std::cos(radius_deg * kRadPerDeg);
  for (std::int64_t i = 0; i < n_star; ++i) {
    const double z = 1.0 - depth * uniform(random);
    const double r = std::sqrt(std::max(0.0, 1.0 - z * z));
    const double a = 2.0 * kPi * uniform(random);
    sky::Vec3 v{};
    for (std::size_t k = 0; k < 3; ++k)
      v[k] = z * c[k] + r * (std::cos(a) * e[k] + std::sin(a) * n[k]);
    add_star(s, sky::direction_of(v), random_mag(random, 12.0));
  }
}

/// An index with its memory.
struct OwnedIndex {
  std::vector<sky::SkyIndexBand> bands;
  SkyIndex index;
};

inline OwnedIndex make_owned_index(const StarCatalog& stars, const sky::SkyIndexRecipe& recipe) {
  OwnedIndex out;
  for (const double low : sky::index_bands_rad(recipe))
    out.bands.push_back(sky::make_index_band(stars, low, recipe));
  out.index.low_deg = recipe.low_deg;
  out.index.high_deg = recipe.high_deg;
  for (const auto& band : out.bands) out.index.bands.push_back(band.view());
  return out;
}

struct BlindFrameOptions {
  double field_deg = 5.0;    ///< the shorter side
  double distortion = 0.01;  ///< radial, share of the radius at the corner
  double missing = 0.3;      ///< share of catalogue stars not detected
  double false_share = 0.5;  ///< of the detections
  double noise_px = 0.2;
  std::int64_t n_star = 80;  ///< catalogue stars down to the frame's limit
};

/// A frame of 1200 × 1000 px with its centre at `centre`, any rotation and parity; the truth is
/// exact in f.truth.
inline SkyField make_blind_frame(const StarCatalog& stars, const SkyPos& centre,
                                 const BlindFrameOptions& o, std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::normal_distribution<double> normal;
  SkyField f;
  f.nx = 1200;
  f.ny = 1000;
  const double half = 0.5 * std::hypot(1200.0, 1000.0);
  const double scale = 3600.0 * o.field_deg / 1000.0;
  f.truth = sky::linear_wcs(centre, scale, 360.0 * uniform(random), uniform(random) < 0.5,
                            {599.5, 499.5});
  Wcs& w = f.truth;
  const double unit = half * scale / 3600.0;
  const double ax = w.cx[1] * unit, bx = w.cx[2] * unit, ay = w.cy[1] * unit, by = w.cy[2] * unit;
  const double k = o.distortion;
  // r → r (1 + k r²), r = 1 in the corner: 1 u v u² uv v² u³ u²v uv² v³.
  w.unit_deg = unit;
  w.order = 3;
  w.cx = {w.cx[0], ax, bx, 0, 0, 0, k * ax, k * bx, k * ax, k * bx};
  w.cy = {w.cy[0], ay, by, 0, 0, 0, k * ay, k * by, k * ay, k * by};
  const sky::Vec3 c = sky::unit_vector(centre);
  const double near = std::cos(std::min(1.4, 1.3 * unit * kRadPerDeg));
  std::vector<std::pair<float, PixelPos>> seen;
  for (std::size_t i = 0; i < stars.id.size(); ++i) {
    const SkyPos at = at_deg(stars.ra_deg[i], stars.dec_deg[i]);
    const sky::Vec3 v = sky::unit_vector(at);
    if (v[0] * c[0] + v[1] * c[1] + v[2] * c[2] < near) continue;
    const PixelPos p = sky::to_pixel(w, at);
    if (p.x_px > 0 && p.y_px > 0 && p.x_px < 1199 && p.y_px < 999)
      seen.push_back({stars.mag[i], p});
  }
  std::ranges::sort(seen, {}, [](const auto& s) { return std::pair{s.first, s.second.x_px}; });
  seen.resize(std::min(seen.size(), static_cast<std::size_t>(o.n_star)));
  std::int64_t n_true = 0;
  const double faintest = seen.empty() ? 12.0 : static_cast<double>(seen.back().first);
  for (const auto& [mag, p] : seen) {
    if (uniform(random) < o.missing) continue;
    ++n_true;
    add_source(f.sources, p.x_px + o.noise_px * normal(random),
               p.y_px + o.noise_px * normal(random),
               static_cast<double>(mag) + 0.2 * normal(random));
  }
  const auto n_false =
      std::llround(static_cast<double>(n_true) * o.false_share / (1.0 - o.false_share));
  for (std::int64_t i = 0; i < n_false; ++i) {
    const double x = 1200.0 * uniform(random);
    const double y = 1000.0 * uniform(random);
    add_source(f.sources, x, y, static_cast<double>(random_mag(random, faintest)));
  }
  sort_sources(f.sources);
  return f;
}

/// A direction anywhere, evenly.
inline SkyPos random_direction(std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  const double ra = 360.0 * uniform(random);
  return at_deg(ra, std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg);
}

}  // namespace skyweft::support

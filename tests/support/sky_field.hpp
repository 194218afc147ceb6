// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "core/units.hpp"
#include "data/source_list.hpp"
#include "data/star_catalog.hpp"
#include "data/wcs.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"

namespace skyweft::support {

inline SkyPos at_deg(double ra, double dec) {
  return {Angle::from_deg(ra), Angle::from_deg(dec)};
}

/// A made-up sky and one frame of it.
struct SkyField {
  StarCatalog stars;
  SourceList sources;
  Wcs truth;
  std::int64_t nx = 1000;
  std::int64_t ny = 800;
};

struct SkyFieldOptions {
  SkyPos centre = at_deg(50.0, 20.0);
  double scale_arcsec_px = 4.0;
  double rotation_deg = 0.0;
  bool mirrored = false;
  double radius_deg = 2.0;        ///< of the catalogue
  double stars_per_frame = 60.0;  ///< catalogue stars on the frame, on average
  double found = 0.9;             ///< share of catalogue stars detected
  double false_share = 0.0;       ///< of all detections
  double noise_px = 0.02;
  double distortion_px = 0.0;  ///< at the corner, cubic
  std::uint64_t seed = 1;
  std::int64_t nx = 1000;
  std::int64_t ny = 800;
};

inline void sort_sources(SourceList& s) {
  std::vector<std::size_t> order(s.x_px.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::greater<>{}, [&](std::size_t i) { return s.flux_e[i]; });
  SourceList out;
  for (const std::size_t i : order) {
    out.x_px.push_back(s.x_px[i]);
    out.y_px.push_back(s.y_px[i]);
    out.flux_e.push_back(s.flux_e[i]);
    out.snr.push_back(s.snr[i]);
    out.peak_e.push_back(s.flux_e[i] / 10.0f);
    out.fwhm_px.push_back(2.5f);
    out.elongation.push_back(1.1f);
    out.mask.push_back(0);
  }
  s = out;
}

inline void add_source(SourceList& s, double x, double y, double mag) {
  const double flux = std::pow(10.0, 0.4 * (25.0 - mag));
  s.x_px.push_back(x);
  s.y_px.push_back(y);
  s.flux_e.push_back(static_cast<float>(flux));
  s.snr.push_back(static_cast<float>(std::sqrt(flux)));
}

inline SkyField make_sky_field(const SkyFieldOptions& o) {
  std::mt19937_64 random{o.seed};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::normal_distribution<double> normal;
  SkyField f;
  f.nx = o.nx;
  f.ny = o.ny;
  const auto width = static_cast<double>(f.nx);
  const auto height = static_cast<double>(f.ny);
  f.truth = sky::linear_wcs(o.centre, o.scale_arcsec_px, o.rotation_deg, o.mirrored,
                            {0.5 * (width - 1), 0.5 * (height - 1)});
  if (o.distortion_px > 0.0) {
    // Cubic: x += k u (u² + v²) with u, v = 1 at half the diagonal.
    const double unit = 0.5 * std::hypot(width, height) * o.scale_arcsec_px / 3600.0;
    Wcs& w = f.truth;
    w.unit_deg = unit;
    w.order = 3;
    w.cx = {w.cx[0], w.cx[1] * unit, w.cx[2] * unit, 0, 0, 0, o.distortion_px, 0, o.distortion_px,
            0};
    w.cy = {w.cy[0], w.cy[1] * unit, w.cy[2] * unit, 0, 0, 0, 0, o.distortion_px,
            0,       o.distortion_px};
  }
  const double frame_deg2 =
      width * height * o.scale_arcsec_px * o.scale_arcsec_px / 3600.0 / 3600.0;
  const auto n =
      static_cast<std::int64_t>(o.stars_per_frame * kPi * o.radius_deg * o.radius_deg / frame_deg2);
  const sky::TangentPlane plane{o.centre};
  std::int64_t n_true = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    const double r = o.radius_deg * std::sqrt(uniform(random));
    const double a = 2.0 * kPi * uniform(random);
    const SkyPos p = plane.deproject({r * std::cos(a), r * std::sin(a)});
    // Counts grow tenfold over two magnitudes, to mag 12.
    const double mag = 12.0 + 2.0 * std::log10(std::max(1e-4, uniform(random)));
    f.stars.id.push_back(i + 1);
    f.stars.ra_deg.push_back(p.ra.deg());
    f.stars.dec_deg.push_back(p.dec.deg());
    f.stars.pm_ra_mas_yr.push_back(0.0);
    f.stars.pm_dec_mas_yr.push_back(0.0);
    f.stars.mag.push_back(static_cast<float>(mag));
    f.stars.colour.push_back(0.6f);
    const PixelPos px = sky::to_pixel(f.truth, p);
    const bool seen = uniform(random) < o.found;
    const double dx = o.noise_px * normal(random);
    const double dy = o.noise_px * normal(random);
    const double dm = 0.2 * normal(random);
    if (!seen || !(px.x_px > 0 && px.y_px > 0 && px.x_px < width - 1 && px.y_px < height - 1))
      continue;
    add_source(f.sources, px.x_px + dx, px.y_px + dy, mag + dm);
    ++n_true;
  }
  const auto n_false = static_cast<std::int64_t>(static_cast<double>(n_true) * o.false_share /
                                                 (1.0 - o.false_share));
  for (std::int64_t i = 0; i < n_false; ++i) {
    const double x = width * uniform(random);
    const double y = height * uniform(random);
    add_source(f.sources, x, y, 12.0 + 2.0 * std::log10(std::max(1e-4, uniform(random))));
  }
  sort_sources(f.sources);
  return f;
}

/// Sources strewn at random over the frame of `f`, bright and faint ones as in make_sky_field.
inline void scramble_sources(SkyField& f, std::int64_t n_source, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  f.sources = {};
  for (std::int64_t i = 0; i < n_source; ++i) {
    const double x = static_cast<double>(f.nx) * uniform(random);
    const double y = static_cast<double>(f.ny) * uniform(random);
    add_source(f.sources, x, y, 12.0 + 2.0 * std::log10(std::max(1e-4, uniform(random))));
  }
  sort_sources(f.sources);
}

/// Keeps `n_true` sources of `f`, chosen at random, among `n_false` strewn ones.
inline void thin_sources(SkyField& f, std::size_t n_true, std::int64_t n_false,
                         std::uint64_t seed) {
  const SourceList all = f.sources;
  std::vector<std::size_t> order(all.x_px.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random{seed};
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random() % i]);
  order.resize(std::min(order.size(), n_true));
  scramble_sources(f, n_false, seed + 1);
  for (const std::size_t i : order)
    add_source(f.sources, all.x_px[i], all.y_px[i],
               25.0 - 2.5 * std::log10(static_cast<double>(all.flux_e[i])));
  sort_sources(f.sources);
}

/// The largest distance over a grid of the frame between where two solutions put the same sky.
inline double worst_difference_px(const Wcs& a, const Wcs& b, std::int64_t nx, std::int64_t ny) {
  double worst = 0.0;
  for (int j = 0; j <= 10; ++j)
    for (int i = 0; i <= 10; ++i) {
      const PixelPos at{0.1 * i * static_cast<double>(nx - 1),
                        0.1 * j * static_cast<double>(ny - 1)};
      const PixelPos there = sky::to_pixel(b, sky::to_sky(a, at));
      const double d = std::hypot(there.x_px - at.x_px, there.y_px - at.y_px);
      worst = std::isfinite(d) ? std::max(worst, d) : 1e9;
    }
  return worst;
}

}  // namespace skyweft::support

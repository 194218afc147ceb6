// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// A lens of several per cent over 25°: radial terms, decentring, the frame turned at will.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <random>

#include <gtest/gtest.h>

#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;

/// A camera: gnomonic, then Brown's distortion, then pixels; not a polynomial in the plane of the
/// frame's own centre, because its axis is elsewhere.
struct Lens {
  SkyPos axis;
  double px_per_rad = 0.0;
  double turn_rad = 0.0;
  double k1 = 0.0, k2 = 0.0;  ///< at r = 1 in units of half the diagonal
  double p1 = 0.0, p2 = 0.0;
  double half_px = 0.0;
  PixelPos axis_px{};

  PixelPos operator()(const SkyPos& star) const {
    const auto at = sky::TangentPlane{axis}.project(star);
    if (!at) return {kNaN, kNaN};
    const double c = std::cos(turn_rad);
    const double s = std::sin(turn_rad);
    const double unit = px_per_rad * kRadPerDeg / half_px;
    const double x = unit * (-c * at->xi_deg + s * at->eta_deg);
    const double y = unit * (s * at->xi_deg + c * at->eta_deg);
    const double r2 = x * x + y * y;
    const double radial = 1.0 + k1 * r2 + k2 * r2 * r2;
    return {axis_px.x_px + half_px * (x * radial + 2.0 * p1 * x * y + p2 * (r2 + 2.0 * x * x)),
            axis_px.y_px + half_px * (y * radial + p1 * (r2 + 2.0 * y * y) + 2.0 * p2 * x * y)};
  }
};

struct LensField {
  support::SkyField f;
  Lens lens;
  double side_deg = 0.0;
};

LensField make_lens_field(double side_deg, double k1, double k2, double n_star, double noise_px,
                          std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::normal_distribution<double> normal;
  LensField out;
  out.side_deg = side_deg;
  support::SkyField& f = out.f;
  f.nx = f.ny = 4096;
  Lens& lens = out.lens;
  lens.axis = support::at_deg(360.0 * uniform(random), 120.0 * uniform(random) - 60.0);
  lens.px_per_rad = 0.5 * 4096.0 / std::tan(0.5 * side_deg * kRadPerDeg);
  lens.turn_rad = 6.28 * uniform(random);
  lens.k1 = k1;
  lens.k2 = k2;
  lens.p1 = 3e-4;
  lens.p2 = -2e-4;
  lens.half_px = 0.5 * std::hypot(4096.0, 4096.0);
  lens.axis_px = {2047.5 + 40.0 * normal(random), 2047.5 + 40.0 * normal(random)};
  const double radius = 0.8 * side_deg;
  const double cap = 1.0 - std::cos(radius * kRadPerDeg);
  const double frame_sr = std::pow(side_deg * kRadPerDeg, 2);
  const auto n = static_cast<std::int64_t>(n_star * 2.0 * kPi * cap / frame_sr);
  const sky::TangentPlane plane{lens.axis};
  for (std::int64_t i = 0; i < n; ++i) {
    const double distance = std::acos(1.0 - cap * uniform(random));
    const double r = std::tan(distance) / kRadPerDeg;
    const double a = 2.0 * kPi * uniform(random);
    const SkyPos p = plane.deproject({r * std::cos(a), r * std::sin(a)});
    const double mag = 12.0 + 2.0 * std::log10(std::max(1e-4, uniform(random)));
    f.stars.id.push_back(i + 1);
    f.stars.ra_deg.push_back(p.ra.deg());
    f.stars.dec_deg.push_back(p.dec.deg());
    f.stars.pm_ra_mas_yr.push_back(0.0);
    f.stars.pm_dec_mas_yr.push_back(0.0);
    f.stars.mag.push_back(static_cast<float>(mag));
    f.stars.colour.push_back(static_cast<float>(1.0 + 0.5 * normal(random)));
    const PixelPos px = lens(p);
    const double dx = noise_px * normal(random);
    const double dy = noise_px * normal(random);
    const double dm = 0.1 * normal(random);
    if (!(px.x_px > 0 && px.y_px > 0 && px.x_px < 4095 && px.y_px < 4095)) continue;
    support::add_source(f.sources, px.x_px + dx, px.y_px + dy, mag + dm);
  }
  support::sort_sources(f.sources);
  return out;
}

struct Residual {
  double rms_px = 0.0;
  double worst_px = 0.0;
};

/// Of the solution against the lens itself, over a grid of the whole frame, corners included.
Residual against_truth(const Wcs& wcs, const LensField& field) {
  Residual out;
  int n = 0;
  for (int j = 0; j <= 40; ++j)
    for (int i = 0; i <= 40; ++i) {
      const PixelPos at{4095.0 * i / 40.0, 4095.0 * j / 40.0};
      const PixelPos there = field.lens(sky::to_sky(wcs, at));
      const double d = std::hypot(there.x_px - at.x_px, there.y_px - at.y_px);
      out.rms_px += d * d;
      out.worst_px = std::max(out.worst_px, d);
      ++n;
    }
  out.rms_px = std::sqrt(out.rms_px / n);
  return out;
}

TEST(SolveField, FollowsALensOver25Degrees) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    // Barrel of 4 %, cushion in the corners: 100 px off a similarity.
    const LensField field = make_lens_field(25.0, -0.04, 0.01, 4000.0, 0.05, seed);
    sky::SolveConfig config;
    config.pointing_tolerance_deg = 2.0;
    const double scale = 3600.0 / (kRadPerDeg * field.lens.px_per_rad);
    const auto s = sky::solve_field(field.f.sources, 4096, 4096, field.f.stars,
                                    {field.lens.axis, scale}, config, nullptr);
    const Residual r = against_truth(s.wcs, field);
    std::printf(
        "25 deg: order %d, %ld matched, rms %.4f px, against the lens %.4f rms, worst %.4f, "
        "condition %.1f\n",
        s.wcs.order, static_cast<long>(s.n_matched), s.rms_px, r.rms_px, r.worst_px, s.condition);
    EXPECT_GE(s.wcs.order, 5);
    // 36 coefficients from 4000 stars of 0.05 px on each axis: 0.05·√(2·36/4000) = 0.007 px rms;
    // what order 7 leaves of the lens is smaller. A twentieth of a pixel is asked for; the variance
    // in the corner of a polynomial of order 7 is some 25 times the mean: 0.035 px, three times
    // that.
    EXPECT_LT(r.rms_px, 0.02);
    EXPECT_LT(r.worst_px, 0.1);
    EXPECT_LT(s.condition, 50.0);
    EXPECT_GT(s.matched_fraction, 0.95);
  }
}

TEST(SolveField, FindsTheColourTermThatIsThere) {
  LensField field = make_lens_field(6.0, -0.01, 0.0, 2000.0, 0.02, 9);
  // Refraction: 0.1 px to the right and 0.05 px down per magnitude, about colour 1.
  sky::SolveConfig config;
  const double scale = 3600.0 / (kRadPerDeg * field.lens.px_per_rad);
  const sky::SolveHint hint{field.lens.axis, scale};
  const auto plain =
      sky::solve_field(field.f.sources, 4096, 4096, field.f.stars, hint, config, nullptr);
  for (const auto& [source, star] : plain.matches) {
    const double c =
        static_cast<double>(field.f.stars.colour[static_cast<std::size_t>(star)]) - 1.0;
    field.f.sources.x_px[static_cast<std::size_t>(source)] += 0.1 * c;
    field.f.sources.y_px[static_cast<std::size_t>(source)] -= 0.05 * c;
  }
  const auto without =
      sky::solve_field(field.f.sources, 4096, 4096, field.f.stars, hint, config, nullptr);
  config.colour_term = true;
  const auto with =
      sky::solve_field(field.f.sources, 4096, 4096, field.f.stars, hint, config, nullptr);
  // 0.02 px over 0.5 mag of colour and 2000 stars: 0.001 px/mag; five times that.
  EXPECT_NEAR(with.wcs.colour_x_px, 0.1, 0.005);
  EXPECT_NEAR(with.wcs.colour_y_px, -0.05, 0.005);
  EXPECT_NEAR(with.wcs.colour_zero, 1.0, 0.1);
  // Without the term 0.5 mag of colour leave 0.5·√(0.1² + 0.05²) = 0.056 px.
  EXPECT_LT(with.rms_px, 0.032);  // 0.02·√2 and a tenth
  EXPECT_GT(without.rms_px, 0.05);
  EXPECT_EQ(without.wcs.colour_x_px, 0.0);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "phot/overlap.hpp"
#include "support/phot_forced_ellipse_twin.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;

namespace {

constexpr std::int64_t kNx = 90;
constexpr std::int64_t kNy = 70;

/// A sloping sky with noise, a few unusable pixels among it.
Frame wild_frame(std::mt19937_64& random) {
  Frame frame = support::even_frame(kNx, kNy, 400.0F, 400.0F);
  support::add_noise(frame, 31);
  const MaskBits kinds[] = {mask::hot,          mask::cosmic,  mask::oversaturated, mask::leaked,
                            mask::interpolated, mask::suspect, mask::user};
  for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i) {
    frame.signal_e.pixels()[i] += static_cast<float>(i % 90);
    frame.variance_e2.pixels()[i] += static_cast<float>(i % 13);
    if (random() % 60 == 0) frame.mask.pixels()[i] = kinds[random() % 7];
    if (random() % 400 == 0) frame.signal_e.pixels()[i] = kNaNf;
    if (random() % 400 == 0) frame.variance_e2.pixels()[i] = INFINITY;
  }
  return frame;
}

bool usable(const Frame& frame, std::int64_t ix, std::int64_t iy) {
  return (frame.mask(ix, iy) & mask::unusable) == 0 && std::isfinite(frame.signal_e(ix, iy)) &&
         std::isfinite(frame.variance_e2(ix, iy));
}

TEST(ForcedFlux, EqualsThePlainLoop) {
  std::mt19937_64 random(99);
  const Frame frame = wild_frame(random);
  std::uniform_real_distribution<double> any(0.0, 1.0);
  std::vector<phot::ForcedTarget> targets;
  for (int i = 0; i < 60; ++i)
    targets.push_back({static_cast<double>(kNx) * any(random),
                       static_cast<double>(kNy) * any(random), 0.5 + 7.0 * any(random),
                       0.5 + 7.0 * any(random), 360.0 * any(random)});
  phot::ForcedConfig config;
  config.shape = "ellipse";
  config.annulus_inner_px = 9.0;
  config.annulus_outer_px = 14.0;
  config.background_clip = 1e9;  // the loop clips nothing
  const auto table = phot::measure_targets(frame, {}, {}, {}, targets, {}, config);
  int whole = 0;
  for (std::size_t t = 0; t < targets.size(); ++t) {
    const auto& row = table.rows[t];
    const auto& at = targets[t];
    std::vector<double> sky;
    double sky_variance = 0.0;
    for (std::int64_t iy = 0; iy < kNy; ++iy)
      for (std::int64_t ix = 0; ix < kNx; ++ix) {
        const double r =
            std::hypot(static_cast<double>(ix) - at.x_px, static_cast<double>(iy) - at.y_px);
        if (!(r > 9.0 && r < 14.0) || !usable(frame, ix, iy)) continue;
        sky.push_back(static_cast<double>(frame.signal_e(ix, iy)));
        sky_variance += static_cast<double>(frame.variance_e2(ix, iy));
      }
    const double n_sky = static_cast<double>(sky.size());
    sky_variance /= n_sky;
    double mean = 0.0;
    double square = 0.0;
    for (const double v : sky) mean += v / n_sky;
    for (const double v : sky) square += (v - mean) * (v - mean) / n_sky;
    const double level_error = std::sqrt(square * 0.5 * kPi / n_sky);
    const double level = median_in_place(sky);
    double area = 0.0;
    double flux = 0.0;
    double variance = 0.0;
    double weight2 = 0.0;
    std::int64_t masked = 0;
    for (std::int64_t iy = 0; iy < kNy; ++iy)
      for (std::int64_t ix = 0; ix < kNx; ++ix) {
        const double dx = static_cast<double>(ix) - at.x_px;
        const double dy = static_cast<double>(iy) - at.y_px;
        if (std::hypot(dx, dy) > 9.0) continue;
        const double w =
            support::ellipse_overlap_by_quadrature(dx, dy, {at.a_px, at.b_px, at.theta_deg});
        if (w < 1e-12) continue;
        if (!usable(frame, ix, iy)) {
          ++masked;
          continue;
        }
        area += w;
        weight2 += w * w;
        flux += w * (static_cast<double>(frame.signal_e(ix, iy)) - level);
        variance += w * w * static_cast<double>(frame.variance_e2(ix, iy));
      }
    // Overlaps to 1e-12, at most 200 pixels of some 600 e-; the median of float pixels to 3e-5 each
    // (the even number in the middle is a mean of two floats).
    EXPECT_NEAR(row.background_e, level, 6e-5);
    EXPECT_NEAR(row.area_px, area, 1e-9);
    EXPECT_NEAR(row.coverage, area / (kPi * at.a_px * at.b_px), 1e-9);
    EXPECT_EQ(row.n_masked, masked);
    if ((row.quality & (quality::edge | quality::background_unreliable)) != 0) {
      EXPECT_TRUE(std::isnan(row.flux_e));
      continue;
    }
    ++whole;
    EXPECT_EQ(masked > 0, (row.quality & (quality::bad_pixel | quality::cosmic | quality::bleed |
                                          quality::saturated)) != 0);
    EXPECT_NEAR(row.flux_e, flux, 6e-5 * area + 1e-7);
    EXPECT_NEAR(row.sky_err_e * row.sky_err_e + row.source_err_e * row.source_err_e, variance,
                1e-9 * variance);
    EXPECT_NEAR(row.noise_e, std::hypot(std::sqrt(sky_variance * weight2), level_error * area),
                1e-6 * row.noise_e);
    EXPECT_NEAR(row.flux_err_e,
                std::sqrt(variance + std::pow(level_error * area, 2) + std::pow(5e-4 * flux, 2)),
                1e-6 * row.flux_err_e);
  }
  EXPECT_GT(whole, 20);
}

TEST(ForcedFlux, NeverGivesANumberWithoutReason) {
  // Anything may stand in a list: a finite flux has a finite error, a missing one has a flag.
  std::mt19937_64 random(7);
  const Frame frame = wild_frame(random);
  const double odd[] = {kNaN, INFINITY, -INFINITY, -1.0, 0.0, 1e-9, 3.0, 45.5, 1e9, 1e200, -0.5};
  std::vector<phot::ForcedTarget> targets;
  const auto pick = [&](double usual) { return random() % 3 == 0 ? odd[random() % 11] : usual; };
  for (int i = 0; i < 400; ++i) {
    const double a = pick(3.0);
    targets.push_back({pick(40.3), pick(30.2), a, random() % 2 == 0 ? a : pick(2.0), pick(20.0)});
  }
  for (const std::string shape : {"circle", "ellipse", "kron"})
    for (const std::string background : {"annulus", "map", "none"}) {
      phot::ForcedConfig config;
      config.shape = shape;
      config.background = background;
      const auto table =
          phot::measure_targets(frame, {}, {}, {}, targets, {.fwhm_px = 2.5}, config);
      for (const auto& row : table.rows) {
        if (std::isfinite(row.flux_e)) {
          EXPECT_TRUE(std::isfinite(row.flux_err_e) && std::isfinite(row.noise_e));
          EXPECT_GT(row.flux_err_e, 0.0);
        } else {
          EXPECT_NE(row.quality, 0);
        }
        if (std::isfinite(row.coverage)) {
          EXPECT_TRUE(row.coverage >= 0.0 && row.coverage <= 1.0) << row.coverage;
        }
      }
    }
}

}  // namespace

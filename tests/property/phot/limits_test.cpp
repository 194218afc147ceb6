// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/limits.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "phot/forced.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;

namespace {

TEST(UpperLimit, IsExceededByNoiseInTheShareOfAGaussian) {
  // 10⁴ places on nothing but noise, so far apart that no two share a pixel of circle or annulus.
  constexpr int kSide = 100;
  constexpr double kStep = 27.0;
  Frame frame = support::even_frame(2700, 2700, 500.0F, 100.0F);
  support::add_noise(frame, 20260103);
  std::vector<phot::ForcedTarget> targets;
  for (int i = 0; i < kSide * kSide; ++i)
    targets.push_back({.x_px = 13.0 + kStep * (i % kSide) + 0.8 * std::sin(i),
                       .y_px = 13.0 + kStep * std::floor(i / kSide) + 0.8 * std::cos(2.0 * i)});
  phot::ForcedConfig config;
  config.radii = {3.0};
  config.radii_unit = "px";
  config.annulus_inner_px = 6.0;
  config.annulus_outer_px = 12.0;
  config.limits_sigma = {1.0, 2.0, 3.0};
  const auto table = phot::measure_targets(frame, {}, {}, {}, targets, {}, config);
  const double n = kSide * kSide;
  for (std::size_t k = 0; k < 3; ++k) {
    double above = 0.0;
    double below = 0.0;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      ASSERT_EQ(table.rows[i].quality, 0);
      if (table.rows[i].flux_e > table.limit_e(i, k)) above += 1.0;
      if (table.rows[i].flux_e < -table.limit_e(i, k)) below += 1.0;
    }
    const double p = 0.5 * std::erfc(config.limits_sigma[k] / std::sqrt(2.0));
    // Four standard deviations of the binomial count. The annulus gives its own error by a scatter
    // clipped at 3 sigma (1.4 % too low): of a part of a tenth of the variance, below 0.2 % of σ,
    // and d ln p/d ln σ is below 11 at 3 sigma.
    const double tolerance = 4.0 * std::sqrt(n * p * (1.0 - p)) + 0.002 * 11.0 * n * p;
    EXPECT_NEAR(above, n * p, tolerance) << k;
    EXPECT_NEAR(below, n * p, tolerance) << k;
  }
}

TEST(ForcedError, EqualsTheScatterOfItsFluxes) {
  // A Gaussian star of 4e3 e- on 400 noise images; here the noise includes the source's own.
  constexpr int kSide = 20;
  constexpr double kStep = 40.0;
  Frame frame = support::even_frame(800, 800, 100.0F, 100.0F);
  std::vector<phot::ForcedTarget> targets;
  for (int i = 0; i < kSide * kSide; ++i)
    targets.push_back({.x_px = 20.0 + kStep * (i % kSide) + 0.4 * std::sin(i),
                       .y_px = 20.0 + kStep * std::floor(i / kSide) + 0.4 * std::cos(2.0 * i)});
  for (std::int64_t iy = 0; iy < 800; ++iy)
    for (std::int64_t ix = 0; ix < 800; ++ix) {
      const auto i = static_cast<std::size_t>((iy / 40) * kSide + ix / 40);
      const double dx = static_cast<double>(ix) - targets[i].x_px;
      const double dy = static_cast<double>(iy) - targets[i].y_px;
      const double light = 4e3 / (2.0 * kPi * 4.0) * std::exp(-(dx * dx + dy * dy) / 8.0);
      frame.signal_e(ix, iy) += static_cast<float>(light);
      frame.variance_e2(ix, iy) += static_cast<float>(light);
    }
  support::add_noise(frame, 9);
  phot::ForcedConfig config;
  config.shape = "ellipse";
  config.ellipse_a_px = 6.0;
  config.ellipse_b_px = 4.0;
  config.ellipse_theta_deg = 30.0;
  config.flat_error = 0.0;
  config.annulus_inner_px = 10.0;
  config.annulus_outer_px = 18.0;
  const auto table = phot::measure_targets(frame, {}, {}, {}, targets, {}, config);
  // The share of a round Gaussian in the ellipse, by polar angle.
  double share = 0.0;
  for (int k = 0; k < 3600; ++k) {
    const double t = kPi * k / 1800.0;
    const double r2 = 1.0 / (std::pow(std::cos(t) / 6.0, 2) + std::pow(std::sin(t) / 4.0, 2));
    share += (1.0 - std::exp(-r2 / 8.0)) / 3600.0;
  }
  double pulls = 0.0;
  double mean = 0.0;
  for (std::size_t i = 0; i < 400; ++i) {
    const auto& row = table.rows[i];
    pulls += std::pow((row.flux_e - 4e3 * share) / row.flux_err_e, 2) / 400.0;
    mean += row.flux_e / 400.0;
    const phot::EllipseOverlap overlap({6.0, 4.0, 30.0});
    double source2 = 0.0;
    for (std::int64_t iy = 0; iy < 14; ++iy)
      for (std::int64_t ix = 0; ix < 14; ++ix) {
        const double dx =
            std::floor(targets[i].x_px) - 6.0 + static_cast<double>(ix) - targets[i].x_px;
        const double dy =
            std::floor(targets[i].y_px) - 6.0 + static_cast<double>(iy) - targets[i].y_px;
        source2 +=
            std::pow(overlap(dx, dy), 2) * 4e3 / (8.0 * kPi) * std::exp(-(dx * dx + dy * dy) / 8.0);
      }
    // Variances are floats of at most 260: 1.5e-5 each, 75 of them; the star's light in the annulus
    // is below 160 e^(−12.5) = 6e-4.
    EXPECT_NEAR(std::pow(row.source_err_e, 2), source2, 75.0 * 7e-4);
  }
  // 400 values give their scatter to 1/√800, their mean to σ/20; four of these.
  EXPECT_NEAR(std::sqrt(pulls), 1.0, 4.0 / std::sqrt(800.0));
  EXPECT_NEAR(mean, 4e3 * share, 4.0 * table.rows[0].flux_err_e / 20.0);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

#include "support/detect_sky_twin.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;

// One box each, of every size and shape: stars in the sky, other distributions, masked pixels.
// Bins of 0.02 σ: a limit of clipping is rounded by half a bin and a value there by another half,
// so that the result lies between those of limits at 2.98 and 3.02 σ, give or take one value (9 σ²
// of n in the variance, 3 σ of n in the mean). The median, spread over its bin, is right to 0.02 σ
// at worst. 2.5 and 1.5 times these make the mode's error.
TEST(BackgroundOfABox, IsThatOfTheSlowTwin) {
  std::mt19937 random{11};
  std::uniform_real_distribution<double> u{0.0, 1.0};
  std::normal_distribution<double> g;
  int n_mean = 0, n_mode = 0, n_median = 0;
  for (int trial = 0; trial < 300; ++trial) {
    const std::int64_t nx = 40 + static_cast<std::int64_t>(60 * u(random)), ny = 90 - trial % 40;
    const double sky = std::pow(10.0, 5.0 * u(random)), noise = 0.1 + 30.0 * u(random);
    Frame f = support::sky_frame(nx, ny, sky, noise, static_cast<std::uint32_t>(random()));
    const int n_star = trial % 5 == 0 ? 0 : static_cast<int>(60.0 * u(random) * u(random));
    for (int i = 0; i < n_star; ++i)
      support::add_star(f, static_cast<double>(nx) * u(random), static_cast<double>(ny) * u(random),
                        noise * 30.0 / (u(random) + 0.01), 1.5 + 4.0 * u(random));
    if (trial % 7 == 3)  // a skewed sky
      for (float& v : f.signal_e.pixels()) v += static_cast<float>(noise * std::pow(g(random), 4));
    for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i) {
      const double dice = u(random);
      if (dice < 0.05) f.signal_e.pixels()[i] = 1e6f, f.mask.pixels()[i] = mask::hot;
      if (dice > 0.99) f.signal_e.pixels()[i] = std::numeric_limits<float>::quiet_NaN();
    }
    std::vector<double> good;
    for (std::size_t i = 0; i < f.signal_e.pixels().size(); ++i)
      if (f.mask.pixels()[i] == 0 && std::isfinite(f.signal_e.pixels()[i]))
        good.push_back(static_cast<double>(f.signal_e.pixels()[i]));
    const auto b = detect::estimate_background(f, {.mesh_px = 100});
    const support::SlowSky slow = support::slow_sky(good, 3.0, 20);
    const support::SlowSky tight = support::slow_sky(good, 2.98, 20);
    const support::SlowSky loose = support::slow_sky(good, 3.02, 20);
    const auto n = static_cast<double>(good.size());
    const double of_sigma = 9.0 / (2.0 * n) + 1e-4;
    SCOPED_TRACE(trial);
    EXPECT_GT(b.rms_e(0, 0), std::min(tight.sigma, slow.sigma) * (1.0 - of_sigma));
    EXPECT_LT(b.rms_e(0, 0), std::max(loose.sigma, slow.sigma) * (1.0 + of_sigma));
    // At the borders of the rule rounding may choose the other side.
    const auto rule = [](const support::SlowSky& s) {
      return s.change < 0.2 ? &support::SlowSky::mean
             : s.skew > 0.3 ? &support::SlowSky::median
                            : &support::SlowSky::mode;
    };
    const bool is_clear = rule(tight) == rule(slow) && rule(loose) == rule(slow) &&
                          std::abs(slow.change - 0.2) > of_sigma &&
                          std::abs(slow.skew - 0.3) > 0.03;
    if (!is_clear) continue;
    (slow.change < 0.2 ? n_mean : slow.skew > 0.3 ? n_median : n_mode) += 1;
    const double of_median = 0.02 * slow.sigma + std::abs(tight.median - loose.median);
    const double of_mean = 3.02 * slow.sigma / n * (std::abs(loose.n - tight.n) + 1.0);
    const double error = slow.change < 0.2 ? of_mean
                         : slow.skew > 0.3 ? of_median
                                           : 2.5 * of_median + 1.5 * of_mean;
    EXPECT_NEAR(b.level_e(0, 0), slow.level, error + 1e-6 * sky);
  }
  EXPECT_GT(n_mean, 30);
  EXPECT_GT(n_mode, 30);
  EXPECT_GE(n_median + n_mean + n_mode, 200);
}

TEST(BackgroundMap, IsTheSameInUsedMemory) {
  const Frame a = support::sky_frame(300, 260, 500.0, 5.0, 1),
              b = support::sky_frame(300, 260, 90.0, 3.0, 2);
  for (const char* how : {"bicubic", "bilinear"}) {
    const detect::BackgroundConfig config{.mesh_px = 32, .interpolation = how};
    detect::Background used = detect::estimate_background(a, config);
    detect::estimate_background_into(used, b, config);
    const detect::Background fresh = detect::estimate_background(b, config);
    EXPECT_EQ(used.level_e, fresh.level_e);
    EXPECT_EQ(used.rms_e, fresh.rms_e);
    EXPECT_EQ(used.median_level_e, fresh.median_level_e);
    EXPECT_EQ(used.median_rms_e, fresh.median_rms_e);
  }
}

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "support/lc_magfit_loop.hpp"

namespace skyweft::lc {
namespace {

using support::LcNight;
using support::LcSimulation;
using support::MagfitOutcome;
using support::run_magfit;
using support::simulate_lc;

double variance_of(std::span<const float> mag) {
  double sum = 0.0;
  double sum2 = 0.0;
  double n = 0.0;
  for (const float m : mag) {
    if (!std::isfinite(m)) continue;
    const double d = static_cast<double>(m) - static_cast<double>(mag[0]);
    sum += d;
    sum2 += d * d;
    n += 1.0;
  }
  return (sum2 - sum * sum / n) / (n - 1.0);
}

TEST(MagfitLoop, LeavesHardlyMoreThanTheNoise) {
  const LcSimulation sim = simulate_lc({});
  const MagfitOutcome out = run_magfit(sim, {});
  EXPECT_TRUE(out.is_converged);
  // Mean of the squared ratio of scatter to noise, over all stars and over thirds by brightness.
  double sum[4] = {0, 0, 0, 0};
  double n[4] = {0, 0, 0, 0};
  for (std::size_t s = 0; s < sim.n_star; ++s) {
    if (std::ranges::count_if(out.mag[s], [](float m) { return std::isfinite(m); }) < 30) continue;
    const double ratio2 = variance_of(out.mag[s]) / (sim.sigma_mag[s] * sim.sigma_mag[s]);
    const auto third = static_cast<std::size_t>((sim.star_mag[s] - 9.0) * 0.75);
    for (const std::size_t k : {third, std::size_t{3}}) {
      sum[k] += ratio2;
      n[k] += 1.0;
    }
  }
  // 8 terms from 300 stars add less than 8/300 of a typical variance (1.3 % of its root; 5 % for
  // the brightest third, whose own noise is lower) and the star's own part in the fit takes some
  // away. The estimate itself has a relative error of 1/sqrt(2·59·270) = 0.6 %, thirds 1 %.
  EXPECT_LT(std::sqrt(sum[3] / n[3]), 1.03);
  EXPECT_GT(std::sqrt(sum[3] / n[3]), 0.95);
  for (int k = 0; k < 3; ++k) {
    EXPECT_LT(std::sqrt(sum[k] / n[k]), 1.07) << k;
  }
  RecordProperty("scatter_over_noise", std::to_string(std::sqrt(sum[3] / n[3])));
}

TEST(MagfitLoop, MakesNoiselessStarsConstant) {
  const LcSimulation sim =
      simulate_lc({.n_frame = 20, .n_star = 100, .noise = 0.0, .absent_share = 0.0});
  const MagfitOutcome out = run_magfit(sim, {});
  // Simulated magnitudes are rounded to 3.8e-6: a scatter of 3.8e-6/sqrt(12) = 1.1e-6, to which the
  // fit and floats add less than as much.
  for (const auto& series : out.mag) {
    EXPECT_LT(std::sqrt(variance_of(series)), 2.2e-6);
  }
}

/// Puts a sine of 0.1 mag into star 10 and gives back the amplitude found after fitting.
double fitted_amplitude(const LcNight& night, std::span<const std::uint8_t> excluded) {
  LcSimulation sim = simulate_lc(night);
  const auto wave = [&](std::size_t f) {
    return std::sin(2.0 * std::numbers::pi * 3.0 * static_cast<double>(f) /
                    static_cast<double>(sim.n_frame));
  };
  for (std::size_t f = 0; f < sim.n_frame; ++f)
    sim.mag[f * sim.n_star + 10] += static_cast<float>(0.1 * wave(f));
  const MagfitOutcome out = run_magfit(sim, {}, excluded);
  EXPECT_EQ(out.reference.used[10], 0);
  double sum = 0.0;
  for (std::size_t f = 0; f < sim.n_frame; ++f)
    sum += static_cast<double>(out.mag[10][f]) * wave(f);
  return 2.0 * sum / static_cast<double>(sim.n_frame);
}

TEST(MagfitLoop, KeepsTheAmplitudeOfAVariableStar) {
  const LcNight night{.absent_share = 0.0};
  const double sigma = simulate_lc(night).sigma_mag[10];
  std::vector<std::uint8_t> excluded(night.n_star, 0);
  // Found by its scatter; error of an amplitude is sigma·sqrt(2/60), taken four times.
  EXPECT_NEAR(fitted_amplitude(night, {}), 0.1, 4.0 * sigma * std::sqrt(2.0 / 60.0));
  excluded[10] = 1;
  EXPECT_NEAR(fitted_amplitude(night, excluded), 0.1, 4.0 * sigma * std::sqrt(2.0 / 60.0));
}

TEST(MagfitLoop, FollowsAConstantAddedToAllMagnitudes) {
  const LcSimulation sim = simulate_lc({.n_frame = 30, .n_star = 150});
  LcSimulation shifted = sim;
  for (float& m : shifted.mag) m += 0.5f;  // exact, see simulate_lc
  const MagfitOutcome a = run_magfit(sim, {});
  const MagfitOutcome b = run_magfit(shifted, {});
  for (std::size_t s = 0; s < sim.n_star; ++s)
    for (std::size_t f = 0; f < sim.n_frame; ++f) {
      if (!std::isfinite(a.mag[s][f])) continue;
      // Two results rounded to float, and the medians between them.
      EXPECT_NEAR(static_cast<double>(b.mag[s][f]), static_cast<double>(a.mag[s][f]) + 0.5, 2e-6);
    }
}

TEST(MagfitLoop, ForgetsTheZeroPointsOfFrames) {
  const LcSimulation sim = simulate_lc({.n_frame = 30, .n_star = 150});
  LcSimulation shifted = sim;
  for (std::size_t f = 1; f < sim.n_frame; ++f)  // all but the first reference
    for (std::size_t s = 0; s < sim.n_star; ++s)
      shifted.mag[f * sim.n_star + s] += 0.25f * static_cast<float>(f % 3);
  const MagfitOutcome a = run_magfit(sim, {});
  const MagfitOutcome b = run_magfit(shifted, {});
  for (std::size_t s = 0; s < sim.n_star; ++s)
    for (std::size_t f = 0; f < sim.n_frame; ++f) {
      if (std::isfinite(a.mag[s][f])) {
        EXPECT_NEAR(b.mag[s][f], a.mag[s][f], 2e-6);
      }
    }
}

TEST(MagfitLoop, DoesNotDependOnTheOrderOfStars) {
  const LcSimulation sim = simulate_lc({.n_frame = 20, .n_star = 120});
  LcSimulation mixed = sim;
  const auto from = [&](std::size_t s) { return (s * 7 + 3) % sim.n_star; };  // 7 and 120: coprime
  for (std::size_t s = 0; s < sim.n_star; ++s) {
    mixed.star_mag[s] = sim.star_mag[from(s)];
    mixed.colour[s] = sim.colour[from(s)];
    for (std::size_t f = 0; f < sim.n_frame; ++f) {
      const std::size_t to_at = f * sim.n_star + s;
      const std::size_t from_at = f * sim.n_star + from(s);
      mixed.mag[to_at] = sim.mag[from_at];
      mixed.mag_err[to_at] = sim.mag_err[from_at];
      mixed.x_px[to_at] = sim.x_px[from_at];
      mixed.y_px[to_at] = sim.y_px[from_at];
      mixed.quality[to_at] = sim.quality[from_at];
    }
  }
  const MagfitOutcome a = run_magfit(sim, {});
  const MagfitOutcome b = run_magfit(mixed, {});
  for (std::size_t s = 0; s < sim.n_star; ++s) {
    EXPECT_EQ(b.reference.used[s], a.reference.used[from(s)]);
    EXPECT_EQ(b.quality[s], a.quality[from(s)]);
    for (std::size_t f = 0; f < sim.n_frame; ++f) {
      // Sums in another order differ in the last bits of double, hence at most one step of float.
      if (std::isfinite(b.mag[s][f])) {
        EXPECT_NEAR(b.mag[s][f], a.mag[from(s)][f], 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "lc/ensemble.hpp"
#include "lc/ensemble_compat.hpp"
#include "support/lc_ensemble_field.hpp"
#include "support/lc_ensemble_twin.hpp"

namespace skyweft::lc {
namespace {

std::vector<std::uint8_t> all_but(std::int64_t n, std::int64_t left_out) {
  std::vector<std::uint8_t> used(static_cast<std::size_t>(n), 1);
  used[static_cast<std::size_t>(left_out)] = 0;
  return used;
}

std::vector<double> ours(const support::EnsembleField& field, std::int64_t target) {
  const auto used = all_but(field.n_star, target);
  const Ensemble e = make_ensemble(field.matrix(), used);
  return differential(field.matrix().flux_of(target), field.matrix().err_of(target), e.artificial)
      .flux_rel;
}

/// Six equal stars of 1 % noise and 1200 points, as in other_systems.md 10.1.
support::EnsembleField six_equal_stars(unsigned seed) {
  return support::simulate_ensemble(
      {.sigma = std::vector<double>(6, 0.01), .n_time = 1200, .seed = seed, .drift = 0.0});
}

TEST(EnsembleWeights, MatchTheSlowTwin) {
  for (unsigned seed = 1; seed <= 5; ++seed) {
    auto field = support::simulate_ensemble(
        {.sigma = {0.002, 0.01, 0.005, 0.02, 0.003, 0.008}, .n_time = 150, .seed = seed});
    std::mt19937_64 random{seed};
    for (int i = 0; i < 60; ++i)
      field.flux[random() % field.flux.size()] = kNaN;  // 7 % of the points
    const EnsembleConfig config{.tolerance = 1e-10, .reject = 0.0, .min_weight = 0.0};
    const Ensemble fast = make_ensemble(field.matrix(), {}, config);
    const support::TwinEnsemble slow = support::twin_ensemble(field, 300);
    // Both stop within 1e-10 of a fixed point to which every round comes closer by half or more.
    for (std::size_t s = 0; s < 6; ++s) EXPECT_NEAR(fast.weight[s], slow.weight[s], 1e-8);
    for (std::size_t t = 0; t < 150; ++t)
      EXPECT_NEAR(fast.artificial.flux[t] / fast.artificial.flux[0], slow.mean[t] / slow.mean[0],
                  1e-8);
  }
}

TEST(EnsembleWeights, AreThoseOfTheVariances) {
  // Broeg's variance of a star is its own plus that of the others' mean; 2000 points know it to
  // √(2/2000) = 3.2 %, times 4.
  const std::vector<double> sigma{0.002, 0.004, 0.006, 0.01, 0.02, 0.003, 0.005, 0.008};
  const auto field = support::simulate_ensemble({.sigma = sigma, .n_time = 2000});
  const Ensemble e = make_ensemble(field.matrix(), {});
  for (std::size_t s = 0; s < sigma.size(); ++s) {
    double sum = 0.0, variance = 0.0;
    for (std::size_t k = 0; k < sigma.size(); ++k) {
      if (k == s) continue;
      sum += e.weight[k];
      variance += e.weight[k] * e.weight[k] * sigma[k] * sigma[k];
    }
    EXPECT_NEAR(e.scatter[s] * e.scatter[s] / (sigma[s] * sigma[s] + variance / (sum * sum)), 1.0,
                0.13);
  }
}

TEST(EnsembleWeights, ReachTheNoiseOfAllSixEqualStars) {
  double ours_sum = 0.0, old_sum = 0.0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    const auto field = six_equal_stars(seed);
    const double noise = compat_binned_noise(ours(field, 0));
    // 12-point noise of 1 % · √(1 + 1/5): population deviations of 12 points are on average
    // 1 − 3/(4·12) − … = 0.9360 of the true one (√(2/12) Γ(6)/Γ(5.5)). 1100 degrees of freedom know
    // it to 1/√2200 = 2.1 %; times 4.
    const double expected =
        0.01 * std::sqrt(1.2) * std::sqrt(2.0 / 12.0) * std::tgamma(6.0) / std::tgamma(5.5);
    EXPECT_NEAR(noise / expected, 1.0, 0.085) << seed;
    // Against equal weights, the best there can be: our weights are known to 2·2 %, so that the
    // mean gains a noise of 4 % · 1 %/√5 that is independent of the rest. Of the difference in
    // noise the cross term leads: 1.8e-4 · 1.1e-2/√1200 in covariance, 0.05 % of the variance; × 4.
    const std::vector<double> equal(6, 1.0);
    const std::vector<std::int64_t> others{1, 2, 3, 4, 5};
    const double best = compat_binned_noise(compat_differential(field.matrix(), equal, 0, others));
    EXPECT_NEAR(noise / best, 1.0, 2e-3) << seed;
    const CompatWeights old = compat_weights(field.matrix());
    const CompatChoice choice = compat_choice(field.matrix(), old.weight, 0);
    const double old_noise =
        compat_binned_noise(compat_differential(field.matrix(), old.weight, 0, choice.stars));
    EXPECT_LT(noise, old_noise * 1.002) << seed;
    ours_sum += noise;
    old_sum += old_noise;
  }
  EXPECT_LT(ours_sum, 0.97 * old_sum);  // the old rule keeps 1 to 4 of five stars: 2 to 29 % worse
}

TEST(EnsembleWeights, QuoteErrorsThatAreTheScatter) {
  const auto field = support::simulate_ensemble(
      {.sigma = {0.004, 0.003, 0.005, 0.008, 0.004, 0.01}, .n_time = 3000});
  const Ensemble e = make_ensemble(field.matrix(), all_but(6, 0));
  const DifferentialCurve d =
      differential(field.matrix().flux_of(0), field.matrix().err_of(0), e.artificial);
  double sum = 0.0;
  for (std::size_t t = 0; t < 3000; ++t) sum += std::pow((d.flux_rel[t] - 1.0) / d.err[t], 2);
  // χ² per point: 1 ± √(2/3000), times 4.
  EXPECT_NEAR(sum / 3000.0, 1.0, 0.104);
}

TEST(EnsembleWeights, DoNotDependOnTheOrderOfStarsOrTheirUnit) {
  auto field = support::simulate_ensemble({.sigma = {0.004, 0.003, 0.005, 0.008, 0.004}});
  const Ensemble a = make_ensemble(field.matrix(), {});
  support::EnsembleField turned = field;
  const auto n = static_cast<std::size_t>(field.n_time);
  for (std::size_t s = 0; s < 5; ++s)
    for (std::size_t t = 0; t < n; ++t) {
      const double unit = static_cast<double>(1 << s);
      turned.flux[s * n + t] = unit * field.flux[(4 - s) * n + t];
      turned.err[s * n + t] = unit * field.err[(4 - s) * n + t];
    }
  const Ensemble b = make_ensemble(turned.matrix(), {});
  // Sums in another order: rounding only, through a contraction.
  for (std::size_t s = 0; s < 5; ++s) EXPECT_NEAR(a.weight[s], b.weight[4 - s], 1e-12);
  for (std::size_t t = 0; t < n; ++t)
    EXPECT_NEAR(a.artificial.flux[t], b.artificial.flux[t], 1e-12);
}

TEST(EnsembleWeights, AreSteadyUnderAnythingMissing) {
  // Random gaps, clouds, a star with one point, one of NaN: finite wherever two stars are there.
  for (unsigned seed = 1; seed <= 30; ++seed) {
    std::mt19937_64 random{seed};
    std::uniform_real_distribution<double> uniform{0.0, 1.0};
    const auto n_star = static_cast<std::int64_t>(2 + random() % 8);
    const auto n_time = static_cast<std::int64_t>(12 + random() % 100);
    std::vector<double> sigma;
    for (std::int64_t s = 0; s < n_star; ++s) sigma.push_back(0.001 + 0.1 * uniform(random));
    auto field =
        support::simulate_ensemble({.sigma = sigma, .n_time = n_time, .seed = seed, .drift = 0.9});
    const double gaps = 0.6 * uniform(random);
    for (double& f : field.flux)
      if (uniform(random) < gaps) f = kNaN;
    if (seed % 3 == 0)
      for (std::int64_t t = 1; t < n_time; ++t) field.at(0, t) = kNaN;
    const Ensemble e = make_ensemble(field.matrix(), {});
    double sum = 0.0;
    for (std::size_t s = 0; s < sigma.size(); ++s) {
      ASSERT_TRUE(e.weight[s] >= 0.0) << seed;
      ASSERT_EQ(e.weight[s] > 0.0, std::isfinite(e.level[s])) << seed;
      sum += e.weight[s];
    }
    if (e.n_used() > 0) {
      EXPECT_NEAR(sum, 1.0, 1e-12);
    }
    for (std::size_t t = 0; t < static_cast<std::size_t>(n_time); ++t)
      ASSERT_EQ(e.artificial.n_star[t] > 0, std::isfinite(e.artificial.flux[t])) << seed;
  }
}

}  // namespace
}  // namespace skyweft::lc

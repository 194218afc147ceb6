// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble_compat.hpp"

#include <algorithm>
#include <numeric>

#include <gtest/gtest.h>

#include "support/lc_ensemble_oracle.hpp"

namespace skyweft::lc {
namespace {

// Numbers that prose 3.3.4 and eloy 0.0.12 gave for these fluxes (other_systems.md 10.1), to the
// ten digits they were noted with.
constexpr double kDigits = 6e-10;

void expect_digits(double ours, double theirs) {
  EXPECT_NEAR(ours / theirs, 1.0, kDigits) << ours << " against " << theirs;
}

class EnsembleCompat : public ::testing::Test {
 protected:
  support::EnsembleField field_ = support::oracle_field();
  FluxMatrix stars_ = field_.without_errors();
};

TEST_F(EnsembleCompat, BeginsWithTheSameFluxes) {
  // Thirteen and sixteen digits were noted: the generator is exact, sin() may differ in its last
  // bit, which is 1e-16 of 5 % of the flux.
  EXPECT_NEAR(field_.at(0, 0), 99867.3862551339, 1e-10);
  EXPECT_NEAR(field_.at(0, 1), 100627.0559604906, 1e-10);
  EXPECT_NEAR(field_.at(0, 2), 101267.9040480225, 1e-10);
  EXPECT_NEAR(field_.at(7, 59), 9792.702808836604, 1e-11);
}

TEST_F(EnsembleCompat, WeighsByTheInverseDeviation) {
  constexpr double kWeights[8] = {188.0149923, 526.2663547, 69.80832838, 520.7297146,
                                  312.4714197, 186.5346927, 130.3807952, 49.75908328};
  const CompatWeights ours = compat_weights(stars_);
  EXPECT_EQ(ours.n_round, 10);
  for (std::size_t s = 0; s < 8; ++s) expect_digits(ours.weight[s], kWeights[s]);
}

TEST_F(EnsembleCompat, WeighsByTheInverseVariance) {
  constexpr double kShares[8] = {0.037578154, 0.388096585, 0.005079621, 0.400923725,
                                 0.108971092, 0.039141062, 0.017677922, 0.002531838};
  const CompatWeights ours = compat_weights(stars_, 2.0);
  EXPECT_EQ(ours.n_round, 11);
  const double sum = std::accumulate(ours.weight.begin(), ours.weight.end(), 0.0);
  // Noted with nine decimals.
  for (std::size_t s = 0; s < 8; ++s) EXPECT_NEAR(ours.weight[s] / sum, kShares[s], 6e-10);
}

TEST_F(EnsembleCompat, TriesStarsByWeightUntilTheTargetsOwnPlace) {
  constexpr double kNoise[8] = {3.028629656e-3, 2.783101032e-3, 2.887588006e-3, 2.887588006e-3,
                                2.939372299e-3, 3.066028425e-3, 3.088892585e-3, 3.232417658e-3};
  const CompatWeights weights = compat_weights(stars_);
  const CompatChoice choice = compat_choice(stars_, weights.weight, 0);
  EXPECT_EQ(choice.order, (std::vector<std::int64_t>{1, 3, 4, 0, 5, 6, 2, 7}));
  EXPECT_EQ(choice.stars, (std::vector<std::int64_t>{1, 3}));
  ASSERT_EQ(choice.noise.size(), 4u);  // 0, 1, 2 and 3 stars were tried
  for (std::size_t n = 1; n <= 8; ++n) {
    const auto first = std::span<const std::int64_t>{choice.order}.first(n);
    const double noise = compat_binned_noise(compat_differential(stars_, weights.weight, 0, first));
    expect_digits(noise, kNoise[n - 1]);
    if (n < 4) {
      EXPECT_EQ(noise, choice.noise[n]);
    }
  }
}

TEST_F(EnsembleCompat, GivesTheSameDifferentialCurve) {
  const CompatWeights weights = compat_weights(stars_);
  const CompatChoice choice = compat_choice(stars_, weights.weight, 0);
  const auto curve = compat_differential(stars_, weights.weight, 0, choice.stars);
  expect_digits(curve[0], 1.0029370986);
  expect_digits(curve[1], 1.0033487676);
  expect_digits(curve[2], 1.0038823542);
  const double mean = std::accumulate(curve.begin(), curve.end(), 0.0) / 60.0;
  double sum = 0.0;
  for (const double v : curve) sum += (v - mean) * (v - mean);
  expect_digits(std::sqrt(sum / 60.0), 5.175735392e-3);
}

TEST_F(EnsembleCompat, KeepsTheFaultsOfTheOldPrograms) {
  // With two stars no comparison is left, whichever is the target.
  const FluxMatrix two{stars_.flux.first(120), {}, 2, 60};
  for (const std::int64_t target : {0, 1})
    EXPECT_TRUE(compat_choice(two, compat_weights(two).weight, target).stars.empty());
  // One missing point, and every other star is compared with nothing: all weights are 0.
  field_.at(4, 7) = NAN;
  for (const double w : compat_weights(field_.without_errors()).weight) EXPECT_EQ(w, 0.0);
  // Equal errors of 1 %: the error of the mean of seven is taken for that of one.
  field_ = support::oracle_field();
  for (const double f : field_.flux) field_.err.push_back(0.0 * f);
  for (std::int64_t s = 0; s < 8; ++s) {
    double mean = 0.0;
    for (const double f : field_.matrix().flux_of(s)) mean += f / 60.0;
    for (std::int64_t t = 0; t < 60; ++t)
      field_.err[static_cast<std::size_t>(s * 60 + t)] = 0.01 * mean;
  }
  const std::vector<std::int64_t> others{1, 2, 3, 4, 5, 6, 7};
  const std::vector<double> equal(8, 1.0);
  for (const double e : prose_errors(field_.matrix(), equal, 0, others))
    EXPECT_NEAR(e, 0.01 * std::sqrt(2.0), 1e-15);
}

}  // namespace
}  // namespace skyweft::lc

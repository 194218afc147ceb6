// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "lc/ensemble_series.hpp"
#include "support/lc_ensemble_field.hpp"

namespace skyweft::lc {
namespace {

/// Rounding of some sums of numbers near 1.
constexpr double kRounding = 1e-12;

/// Stars without noise under one sky: F = 100 · (s + 1) · sky.
support::EnsembleField noise_free(std::int64_t n_star, const std::vector<double>& sky) {
  support::EnsembleField out;
  out.n_star = n_star;
  out.n_time = static_cast<std::int64_t>(sky.size());
  for (std::int64_t s = 0; s < n_star; ++s)
    for (const double v : sky) {
      out.flux.push_back(100.0 * static_cast<double>(s + 1) * v);
      out.err.push_back(out.flux.back() * 0.01 * static_cast<double>(s + 1));
    }
  return out;
}

std::vector<double> changing_sky(std::size_t n) {
  std::vector<double> out;
  for (std::size_t t = 0; t < n; ++t)
    out.push_back(1.0 - 0.4 * std::abs(std::sin(0.3 * static_cast<double>(t))));
  return out;
}

TEST(Ensemble, FollowsTheSkyWhenStarsComeAndGo) {
  const std::vector<double> sky = changing_sky(40);
  auto field = noise_free(4, sky);
  for (std::int64_t t = 0; t < 15; ++t) field.at(0, t) = kNaN;   // rises late
  for (std::int64_t t = 25; t < 40; ++t) field.at(3, t) = kNaN;  // leaves early
  for (std::int64_t t = 10; t < 30; t += 3) field.at(1, t) = kNaN;
  const Ensemble e = make_ensemble(field.matrix(), {});
  EXPECT_TRUE(e.has_settled);
  // Levels are right to tolerance · 3e-8, the least scatter; their sum over rounds stays below.
  for (std::size_t t = 1; t < sky.size(); ++t)
    EXPECT_NEAR(e.artificial.flux[t] / e.artificial.flux[0], sky[t] / sky[0], 1e-9) << t;
  EXPECT_EQ(e.artificial.n_star[0], 3);
  EXPECT_EQ(e.artificial.n_star[20], 4);
  EXPECT_EQ(e.n_points[0], 25);
  EXPECT_NEAR(e.level[1] / e.level[0], 2.0, 1e-9);
}

TEST(Ensemble, QuotesTheErrorOfAWeightedMean) {
  // Noise-free stars have equal weights, so the error is √(Σe²)/N with e = 1, 2 and 3 %.
  const auto field = noise_free(3, std::vector<double>(20, 1.0));
  const Ensemble e = make_ensemble(field.matrix(), {}, {.min_weight = 0.0});
  for (const double w : e.weight) EXPECT_NEAR(w, 1.0 / 3.0, kRounding);
  EXPECT_NEAR(e.artificial.err[7], std::sqrt(1.0 + 4.0 + 9.0) / 3.0 * 0.01, kRounding);
  // Without the third star: √(1 + 4)/2 %.
  EXPECT_NEAR(artificial_without(field.matrix(), e, 2).err[7], std::sqrt(5.0) / 2.0 * 0.01,
              kRounding);
}

TEST(Ensemble, SharesAStarsVarianceOutOverItsPoints) {
  // One frame under a cloud: all formal errors double there, and so does the artificial star's.
  auto field =
      support::simulate_ensemble({.sigma = {0.01, 0.01, 0.01, 0.01}, .n_time = 200, .drift = 0.0});
  for (std::size_t s = 0; s < 4; ++s) field.err[s * 200 + 50] *= 2.0;
  const Ensemble e = make_ensemble(field.matrix(), {});
  // Errors are relative to artificial fluxes of 0.5 % noise: the ratio has 2 · √2 · 0.5 %, times 4.
  EXPECT_NEAR(e.artificial.err[50] / e.artificial.err[51], 2.0, 0.057);
  for (std::size_t s = 0; s < 4; ++s)
    EXPECT_LT(e.point_weight[s * 200 + 50], 0.5 * e.point_weight[s * 200 + 51]);
}

TEST(Ensemble, LeavesAnOutlierOutAndNothingElse) {
  auto field = support::simulate_ensemble({.sigma = {0.01, 0.01, 0.01, 0.01, 0.01}, .n_time = 200});
  field.at(2, 77) *= 2.0;  // 100 sigma
  const Ensemble e = make_ensemble(field.matrix(), {});
  // Among 1000 Gaussian points none is 6 sigma off but with a chance of 2e-6.
  for (std::size_t s = 0; s < 5; ++s)
    for (std::size_t t = 0; t < 200; ++t)
      EXPECT_EQ(e.point_weight[s * 200 + t] > 0.0, s != 2 || t != 77);
  EXPECT_EQ(e.n_points[2], 199);
}

TEST(Ensemble, DropsStarsThatHardlyWeighAnything) {
  const auto field = support::simulate_ensemble({.sigma = {0.01, 0.01, 0.01, 1.0}});  // 1 : 10^4
  const Ensemble e = make_ensemble(field.matrix(), {});
  EXPECT_EQ(e.weight[3], 0.0);
  EXPECT_TRUE(std::isnan(e.level[3]));
  EXPECT_EQ(e.n_used(), 3);
}

TEST(Ensemble, OfOneStarIsThatStar) {
  const std::vector<double> sky = changing_sky(30);
  const auto field = noise_free(2, sky);
  const std::vector<std::uint8_t> used{0, 1};
  const Ensemble e = make_ensemble(field.matrix(), used);
  EXPECT_EQ(e.weight, (std::vector<double>{0.0, 1.0}));
  for (std::size_t t = 0; t < sky.size(); ++t) {
    EXPECT_NEAR(e.artificial.flux[t] / e.artificial.flux[0], sky[t] / sky[0], kRounding);
    EXPECT_NEAR(e.artificial.err[t], 0.02, kRounding);
  }
  EXPECT_TRUE(std::isnan(artificial_without(field.matrix(), e, 1).flux[3]));
}

TEST(Ensemble, OfStarsThatSayNothingIsEmpty) {
  support::EnsembleField field;
  field.n_star = 4;
  field.n_time = 30;
  for (int i = 0; i < 30; ++i) field.flux.push_back(kNaN);                 // never measured
  for (int i = 0; i < 30; ++i) field.flux.push_back(-5.0);                 // no star there
  for (int i = 0; i < 30; ++i) field.flux.push_back(i == 3 ? 1.0 : kNaN);  // one point
  for (int i = 0; i < 30; ++i) field.flux.push_back(std::numeric_limits<double>::infinity());
  const Ensemble e = make_ensemble(field.without_errors(), {});
  EXPECT_EQ(e.n_used(), 0);
  for (const double f : e.artificial.flux) EXPECT_TRUE(std::isnan(f));
  const Ensemble nothing = make_ensemble({{}, {}, 0, 0}, {});
  EXPECT_EQ(nothing.n_used(), 0);
}

TEST(Ensemble, OfConstantStarsIsConstant) {
  const auto field = noise_free(3, std::vector<double>(20, 1.0));
  const Ensemble e = make_ensemble(field.without_errors(), {});
  for (const double f : e.artificial.flux) EXPECT_NEAR(f, 1.0, kRounding);
  for (const double w : e.weight) EXPECT_NEAR(w, 1.0 / 3.0, kRounding);
}

TEST(Ensemble, DropsTheStarThatIsNeverSeenWithAnother) {
  auto field = noise_free(3, changing_sky(40));
  for (std::int64_t t = 0; t < 20; ++t) field.at(0, t) = kNaN;
  for (std::int64_t t = 20; t < 40; ++t) {
    field.at(1, t) = kNaN;
    field.at(2, t) = kNaN;
  }
  const Ensemble e = make_ensemble(field.matrix(), {});
  EXPECT_EQ(e.weight[0], 0.0);
  EXPECT_EQ(e.n_used(), 2);
}

TEST(Differential, AddsTheErrorsOfBothSides) {
  ArtificialStar sky{{0.5, 0.5, kNaN, 0.25}, {0.03, 0.03, kNaN, 0.03}, {3, 3, 0, 3}};
  const std::vector<double> flux{50.0, 50.0, 50.0, 26.0}, err{2.0, 2.0, 2.0, 1.0};
  const DifferentialCurve d = differential(flux, err, sky);
  EXPECT_NEAR(d.level, 100.0, kRounding);  // of 100, 100 and 104
  EXPECT_NEAR(d.flux_rel[3], 1.04, kRounding);
  EXPECT_TRUE(std::isnan(d.flux_rel[2]) && std::isnan(d.err[2]));
  EXPECT_NEAR(d.err_star[0], 0.04, kRounding);
  EXPECT_NEAR(d.err_comparison[0], 0.03, kRounding);
  EXPECT_NEAR(d.err[0], 0.05, kRounding);
  const std::vector<std::uint8_t> outside{0, 0, 1, 1};
  EXPECT_NEAR(differential(flux, err, sky, outside).flux_rel[3], 1.0, kRounding);
}

TEST(ClippedPoints, AreMarkedAndNotRemoved) {
  std::vector<double> v{1.0, 1.1, 0.9, 1.05, 0.95, 1.0, 9.0, kNaN, 1.02};
  const auto clipped = clipped_points(v, 5.0, 5);
  for (std::size_t i = 0; i < v.size(); ++i) EXPECT_EQ(clipped[i], i == 6);
  std::vector<std::uint8_t> counts(v.size(), 1);
  counts[6] = 0;
  for (const auto c : clipped_points(v, 5.0, 5, counts)) EXPECT_EQ(c, 0);
  const std::vector<double> constant(5, 2.0);
  for (const auto c : clipped_points(constant, 3.0, 5)) EXPECT_EQ(c, 0);
}

TEST(BinnedSeries, WeighsPointsByTheirErrors) {
  const std::vector<double> time{0.0, 0.1, 1.2, 1.4, 3.0}, flux{1.0, 4.0, 2.0, kNaN, 5.0};
  const std::vector<double> err{1.0, 2.0, 0.5, 0.5, kNaN};
  const BinnedSeries b = bin_by_time(time, flux, err, 1.0);
  ASSERT_EQ(b.n, (std::vector<std::int64_t>{2, 1, 1}));
  EXPECT_NEAR(b.flux[0], (1.0 + 4.0 / 4.0) / 1.25, kRounding);  // 1.6
  EXPECT_NEAR(b.time[0], 0.1 * 0.25 / 1.25, kRounding);
  EXPECT_NEAR(b.err[0], 1.0 / std::sqrt(1.25), kRounding);
  // Weighted variance (0.36 + 5.76/4)/1.25 = 1.44 over n − 1 = 1.
  EXPECT_NEAR(b.scatter_err[0], 1.2, kRounding);
  EXPECT_EQ(b.err[1], 0.5);
  EXPECT_TRUE(std::isnan(b.err[2]) && std::isnan(b.scatter_err[2]));
  const BinnedSeries c = bin_by_count(time, flux, {}, 3);
  ASSERT_EQ(c.n, (std::vector<std::int64_t>{3, 1}));
  EXPECT_NEAR(c.flux[0], 7.0 / 3.0, kRounding);
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <numbers>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "lc/comparison_choice.hpp"
#include "support/lc_ensemble_field.hpp"

namespace skyweft::lc {
namespace {

/// Star 0 is the target; of the ten others the last four are red and follow a slow wave of
/// `amplitude` that blue stars do not know (second-order extinction).
support::EnsembleField two_colours(unsigned seed, double amplitude) {
  auto field = support::simulate_ensemble(
      {.sigma = std::vector<double>(11, 0.004), .n_time = 400, .seed = seed});
  for (std::int64_t s = 7; s < 11; ++s)
    for (std::int64_t t = 0; t < 400; ++t)
      field.at(s, t) *=
          1.0 + amplitude * std::sin(2.0 * std::numbers::pi * static_cast<double>(t) / 130.0);
  return field;
}

std::vector<ComparisonCandidate> candidates_of_two_colours() {
  std::vector<ComparisonCandidate> out;
  for (int s = 0; s < 11; ++s)
    out.push_back({.mag = 12.0, .colour = s < 7 ? 0.5 : 2.0, .is_excluded = s == 0});
  return out;
}

ComparisonChoice choose(const support::EnsembleField& field) {
  return choose_comparisons(field.matrix(), candidates_of_two_colours(), 12.0, 0.5, {});
}

TEST(ComparisonSearch, TakesOutStarsThatShareATrendWithoutTheTarget) {
  int n_red = 0, n_blue = 0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const ComparisonChoice choice = choose(two_colours(seed, 0.012));
    for (std::size_t s = 1; s < 11; ++s) {
      if (s < 7)
        n_blue += choice.verdicts[s].is_kept;
      else
        n_red += choice.verdicts[s].is_kept;
    }
  }
  // The wave has 0.85 % rms. With four red stars at about a tenth of the weight each, blue
  // witnesses of 0.43 % noise see 0.34 % of it: the first ones must go. Of the last one they see
  // 0.12 %, 8 % of their variance less the 2 % that its light helps with; blocks of 20 points know
  // a change of variance to 15 % · √(2/20) = 5 % for one witness, 2 % for six: it stays in about
  // half of all searches, two of them in few.
  EXPECT_LE(n_red, 13);
  // By chance a blue star goes in 4 % of two proposals a search: 1 of 60; six have a chance of
  // 1e-4.
  EXPECT_GE(n_blue, 55);
}

TEST(ComparisonSearch, KeepsEqualStars) {
  int n_kept = 0;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const ComparisonChoice choice = choose(two_colours(seed, 0.0));
    for (const ComparisonVerdict& v : choice.verdicts) n_kept += v.is_kept;
    for (const SearchMove& move : choice.moves)
      if (move.is_removal) {
        EXPECT_EQ(move.is_accepted, move.gain > 0.0 && move.significance > 2.0);
      }
  }
  // Two proposals a search, each accepted by chance in 4 %: 1.6 of 200 expected; 8 have a chance of
  // 4e-4.
  EXPECT_GE(n_kept, 193);
}

TEST(ComparisonSearch, NeverLooksAtTheTarget) {
  // Whatever the target does, candidates' fates are the same: it is excluded, and only its
  // magnitude and colour are known.
  auto field = two_colours(3, 0.006);
  const ComparisonChoice quiet = choose(field);
  for (std::int64_t t = 100; t < 200; ++t) field.at(0, t) *= 0.7;
  const ComparisonChoice eclipsed = choose(field);
  EXPECT_EQ(quiet.ensemble.weight, eclipsed.ensemble.weight);
  EXPECT_EQ(quiet.ensemble.artificial.flux, eclipsed.ensemble.artificial.flux);
  for (std::size_t s = 1; s < 11; ++s)
    EXPECT_EQ(quiet.verdicts[s].reason, eclipsed.verdicts[s].reason);
}

TEST(ComparisonSearch, HelpsTheTargetItNeverSaw) {
  double with_all = 0.0, with_choice = 0.0;
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const auto field = two_colours(seed, 0.012);
    const auto noise = [&](const Ensemble& e) {
      const auto d =
          differential(field.matrix().flux_of(0), field.matrix().err_of(0), e.artificial);
      double sum = 0.0;
      for (const double f : d.flux_rel) sum += (f - 1.0) * (f - 1.0) / 400.0;
      return std::sqrt(sum);
    };
    std::vector<std::uint8_t> all(11, 1);
    all[0] = 0;
    with_all += noise(make_ensemble(field.matrix(), all)) / 10.0;
    with_choice += noise(choose(field).ensemble) / 10.0;
  }
  EXPECT_LT(with_choice, with_all);
  // The best there is: six blue stars, 0.4 % · √(1 + 1/6) = 0.432 %. Ten nights of 400 points know
  // it to 1/√8000 = 1.1 %, times 4; a red star of ten left on average costs less than 2 %.
  EXPECT_NEAR(with_choice / 0.00432, 1.0, 0.065);
}

TEST(ComparisonSearch, StandsAnythingMissing) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    auto field = two_colours(seed, 0.02);
    std::mt19937_64 random{seed};
    for (double& f : field.flux)
      if (random() % 100 < 5 * (seed % 10)) f = kNaN;
    const ComparisonChoice choice = choose(field);
    EXPECT_GE(choice.ensemble.n_used(), 2);
    for (const ComparisonVerdict& v : choice.verdicts) {
      EXPECT_FALSE(v.reason.empty());
      EXPECT_EQ(v.is_kept, v.weight > 0.0);
    }
  }
}

}  // namespace
}  // namespace skyweft::lc

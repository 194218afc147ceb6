// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/sysrem.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

using Columns = std::vector<std::vector<double>>;

ResidualBlock block_of(std::int64_t n_frame, std::vector<float> residual,
                       std::vector<float> weight) {
  const auto n_star = std::ssize(residual) / n_frame;
  return {.n_star = n_star,
          .n_frame = n_frame,
          .residual_mag = std::move(residual),
          .weight = std::move(weight)};
}

EffectSet set_of(const std::vector<double>& effect) {
  return {.n_effect = 1, .n_frame = std::ssize(effect), .values = effect};
}

TEST(SysremRound, IsThatOfHandNumbers) {
  const auto block = block_of(2, {1, 2, 2, 4}, {1, 1, 1, 1});
  const std::vector<double> effect{1, 1};
  EXPECT_EQ(coefficients_of(block, effect), (std::vector<double>{1.5, 3.0}));
  std::vector<double> sums(4, 0.0);
  add_effect_sums(block, effect, sums);
  EXPECT_EQ(sums, (std::vector<double>{7.5, 15.0, 11.25, 11.25}));
  EXPECT_EQ(effect_of(sums), (std::vector<double>{7.5 / 11.25, 15.0 / 11.25}));
}

TEST(SysremRound, WeighsPointsAndLeavesOutMissingOnes) {
  // Star 1 has only frame 0; star 0 counts four times as much in frame 1.
  const auto block = block_of(2, {1, 2, 3, 0}, {1, 4, 1, 0});
  const auto c = coefficients_of(block, std::vector<double>{1, 2});
  EXPECT_DOUBLE_EQ(c[0], (1.0 + 4.0 * 2.0 * 2.0) / (1.0 + 4.0 * 4.0));
  EXPECT_DOUBLE_EQ(c[1], 3.0);
  std::vector<double> sums(4, 0.0);
  add_effect_sums_of(block, std::vector<double>{2, 5}, sums);
  EXPECT_EQ(sums, (std::vector<double>{1 * 2 + 3 * 5, 4 * 2 * 2, 4 + 25, 4 * 4}));
}

TEST(FindEffects, RecoverOneEffectExactlyThroughMissingPoints) {
  std::mt19937_64 random{5};
  std::normal_distribution<double> gauss;
  constexpr std::int64_t kStars = 20;
  constexpr std::int64_t kFrames = 60;
  std::vector<double> c(kStars), a(kFrames);
  for (double& v : c) v = gauss(random);
  for (double& v : a) v = gauss(random);
  std::vector<float> r, w;
  for (const double ci : c)
    for (const double aj : a) {
      const bool missing = random() % 4 == 0;
      r.push_back(missing ? 0.0F : static_cast<float>(ci * aj));
      w.push_back(missing ? 0.0F : static_cast<float>(1 + random() % 9));
    }
  auto block = block_of(kFrames, r, w);
  const auto found = find_effects(block, {.effects = 1, .tolerance = 1e-9, .max_rounds = 1000});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].converged);
  // Residuals were up to 9 in size and are floats: each keeps a rounding of 9·2⁻²⁴ or so.
  for (const float left : block.residual_mag) EXPECT_NEAR(left, 0.0F, 5e-6F);
}

TEST(FindEffects, ComeStrongestFirstAndWithRmsOne) {
  // Two orthogonal effects in eight frames, amplitudes 3 and 1.
  const std::vector<double> one{1, 1, 1, 1, -1, -1, -1, -1};
  const std::vector<double> two{1, -1, 1, -1, 1, -1, 1, -1};
  std::vector<float> r;
  for (int s = 0; s < 6; ++s)
    for (std::size_t f = 0; f < 8; ++f)
      r.push_back(static_cast<float>(3.0 * (s - 2) * one[f] + (s % 2 == 0 ? 1.0 : -1.0) * two[f]));
  auto block = block_of(8, r, std::vector<float>(r.size(), 1.0F));
  const auto found = find_effects(block, {.effects = 2, .tolerance = 1e-10, .max_rounds = 1000});
  ASSERT_EQ(found.size(), 2u);
  // c·one and d·two are not orthogonal over stars, (c·d) = 3, so the first effect leans a little
  // towards the second: its amplitudes² are 171 and 6, the lean at most 3·3/(171 − 6).
  for (std::size_t f = 0; f < 8; ++f) {
    EXPECT_NEAR(std::abs(found[0].effect[f]), 1.0, 0.06);
    EXPECT_NEAR(found[0].effect[f] * found[0].effect[0] * one[f], 1.0, 0.12);
  }
  for (const FoundEffect& each : found) {
    double squares = 0.0;
    for (const double v : each.effect) squares += v * v;
    EXPECT_NEAR(squares, 8.0, 1e-12);
  }
  for (const float left : block.residual_mag) EXPECT_NEAR(left, 0.0F, 1e-5F);
}

TEST(FindEffects, AreDefinedForBadInput) {
  const SysremConfig config;
  ResidualBlock none;
  EXPECT_TRUE(find_effects(none, config).empty());
  // One star tells nothing; constant stars have no effect; nor have stars without a point.
  auto one = block_of(3, {1, 2, 3}, {1, 1, 1});
  EXPECT_TRUE(find_effects(one, config).empty());
  auto constant = block_of(2, {0, 0, 0, 0, 0, 0}, {1, 1, 1, 1, 1, 1});
  EXPECT_TRUE(find_effects(constant, config).empty());
  auto empty = block_of(2, {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0});
  EXPECT_TRUE(find_effects(empty, config).empty());
  // A frame without stars has no effect; a group of one frame, and identical stars, have one.
  auto hole = block_of(3, {1, 0, -1, 2, 0, -2, 3, 0, -3}, {1, 0, 1, 1, 0, 1, 1, 0, 1});
  const auto found = find_effects(hole, config);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(std::isnan(found[0].effect[1]));
  EXPECT_TRUE(std::isfinite(found[0].effect[0]) && std::isfinite(found[0].effect[2]));
  auto frame = block_of(1, {1, 2, 3}, {1, 1, 1});
  EXPECT_EQ(find_effects(frame, config).size(), 1u);
  auto same = block_of(2, {1, -1, 1, -1, 1, -1}, {1, 1, 1, 1, 1, 1});
  EXPECT_EQ(find_effects(same, config).size(), 1u);
  for (const float left : same.residual_mag) EXPECT_EQ(left, 0.0F);
}

TEST(AddStar, WeighsByErrorsAndExcessScatter) {
  // Median 10, MAD 1: scatter 1.4826, error 1: s² = 1.4826² − 1, so weight = 1/1.4826².
  ResidualBlock block;
  add_star(block, std::vector<float>{9, 10, 11, 10.5F, 9.5F, NAN, 9, 11},
           std::vector<float>(8, 1.0F), {});
  ASSERT_EQ(block.n_star, 1);
  EXPECT_EQ(block.weight[5], 0.0F);
  EXPECT_EQ(block.residual_mag[5], 0.0F);
  EXPECT_NEAR(block.weight[0], 1.0 / (1.482602218 * 1.482602218), 1e-6);
  EXPECT_NEAR(block.residual_mag[0], -1.0F, 1e-6F);
  // Errors larger than the scatter rule alone.
  ResidualBlock quiet;
  add_star(quiet, std::vector<float>{1, 1.1F, 0.9F}, std::vector<float>{1, 2, 4}, {});
  EXPECT_FLOAT_EQ(quiet.weight[0], 1.0F);
  EXPECT_FLOAT_EQ(quiet.weight[1], 0.25F);
  EXPECT_FLOAT_EQ(quiet.weight[2], 0.0625F);
}

TEST(AddStar, IsDefinedForBadStars) {
  ResidualBlock block;
  const std::vector<float> err(4, 0.01F);
  add_star(block, std::vector<float>(4, NAN), err, {});
  add_star(block, std::vector<float>{NAN, 5, NAN, NAN}, err, {});
  add_star(block, std::vector<float>(4, 7.0F), err, {});
  add_star(block, std::vector<float>(4, 7.0F), std::vector<float>(4, NAN), {});
  add_star(block, std::vector<float>{1, 2, 3, 4}, {}, {});
  EXPECT_EQ(block.n_star, 5);
  for (const float v : block.residual_mag) EXPECT_TRUE(std::isfinite(v));
  for (const float v : block.weight) EXPECT_TRUE(std::isfinite(v));
  EXPECT_EQ(block.weight[0], 0.0F);
  EXPECT_GT(block.weight[5], 0.0F);
  EXPECT_GT(block.weight[8], 0.0F);
  EXPECT_EQ(block.weight[12], 0.0F);
  EXPECT_GT(block.weight[16], 0.0F);
}

class RemoveEffects : public testing::Test {
 protected:
  static constexpr std::size_t kFrames = 40;
  RemoveEffects() : effect_(kFrames), mag_(kFrames), weight_(kFrames, 1e4F), quality_(kFrames, 0) {
    for (std::size_t f = 0; f < kFrames; ++f) {
      effect_[f] = 0.3 + std::sin(0.7 * static_cast<double>(f));
      mag_[f] = static_cast<float>(12.0 + 0.05 * effect_[f]);
    }
  }
  double mean() const {
    double sum = 0.0;
    for (const float m : mag_) sum += static_cast<double>(m);
    return sum / kFrames;
  }
  std::vector<double> effect_;
  std::vector<float> mag_;
  std::vector<float> weight_;
  std::vector<QualityBits> quality_;
};

TEST_F(RemoveEffects, LeaveTheMean) {
  const double before = mean();
  const auto fit = remove_effects(mag_, weight_, quality_, set_of(effect_), {}, {}, {});
  EXPECT_EQ(fit.n_used, static_cast<std::int64_t>(kFrames));
  EXPECT_NEAR(fit.coefficient.at(0), 0.05, 1e-6);  // floats near 12: 5e-7 each
  for (const float m : mag_) EXPECT_NEAR(m, before, 2e-6);
  for (const QualityBits q : quality_) EXPECT_EQ(q, 0);
}

TEST_F(RemoveEffects, LeaveASignalThatIsFittedWithThem) {
  std::vector<double> transit(kFrames, 0.0);
  for (std::size_t f = 12; f < 20; ++f) transit[f] = 1.0;
  auto kept = mag_;
  for (std::size_t f = 0; f < kFrames; ++f) mag_[f] += static_cast<float>(0.02 * transit[f]);
  kept = mag_;
  auto alone = mag_;
  remove_effects(mag_, weight_, quality_, set_of(effect_), {}, {transit}, {});
  double in = 0.0, out = 0.0;
  for (std::size_t f = 0; f < kFrames; ++f)
    (transit[f] > 0.0 ? in : out) += static_cast<double>(mag_[f]);
  EXPECT_NEAR(in / 8.0 - out / 32.0, 0.02, 2e-6);
  // The same depth is left when the event is masked.
  std::vector<std::uint8_t> masked(kFrames, 0);
  for (std::size_t f = 12; f < 20; ++f) masked[f] = 1;
  remove_effects(alone, weight_, quality_, set_of(effect_), masked, {}, {});
  for (std::size_t f = 0; f < kFrames; ++f)
    EXPECT_NEAR(alone[f], 12.015 + 0.02 * transit[f] + 0.05 * (effect_[0] - effect_[0]), 0.02);
  EXPECT_NEAR(alone[13] - alone[0], 0.02, 2e-6);
}

TEST_F(RemoveEffects, RejectOutliers) {
  mag_[7] += 0.5F;
  for (std::size_t f = 0; f < kFrames; ++f) mag_[f] += f % 2 == 0 ? 1e-3F : -1e-3F;
  const auto fit = remove_effects(mag_, weight_, quality_, set_of(effect_), {}, {}, {});
  EXPECT_EQ(fit.n_used, static_cast<std::int64_t>(kFrames) - 1);
  EXPECT_NEAR(fit.coefficient.at(0), 0.05, 1e-3);
  EXPECT_NEAR(mag_[7] - mag_[9], 0.5, 1e-4);
}

TEST_F(RemoveEffects, FlagFramesAndStarsTheyCannotCorrect) {
  const float before = mag_[3];
  effect_[3] = NAN;
  remove_effects(mag_, weight_, quality_, set_of(effect_), {}, {}, {});
  EXPECT_EQ(mag_[3], before);
  EXPECT_EQ(quality_[3], quality::tfa_not_fitted);
  EXPECT_EQ(quality_[4], 0);
  // One point; none; no effect at all.
  for (const std::size_t n_point : {0u, 1u}) {
    std::vector<float> mag(kFrames, NAN);
    std::vector<QualityBits> bits(kFrames, 0);
    for (std::size_t f = 0; f < n_point; ++f) mag[f] = 12.0F;
    EXPECT_TRUE(
        remove_effects(mag, weight_, bits, set_of(effect_), {}, {}, {}).coefficient.empty());
    EXPECT_EQ(bits[0], quality::tfa_not_fitted);
    EXPECT_EQ(std::isfinite(mag[0]), n_point == 1);
  }
  std::vector<QualityBits> bits(kFrames, 0);
  const auto kept = mag_;
  remove_effects(mag_, weight_, bits, {.n_effect = 0, .n_frame = kFrames, .values = {}}, {}, {},
                 {});
  EXPECT_EQ(mag_, kept);
  EXPECT_EQ(bits[0], quality::tfa_not_fitted);
}

TEST_F(RemoveEffects, StandIdenticalEffects) {
  EffectSet twice{.n_effect = 2, .n_frame = kFrames, .values = effect_};
  twice.values.insert(twice.values.end(), effect_.begin(), effect_.end());
  const auto fit = remove_effects(mag_, weight_, quality_, twice, {}, {}, {});
  ASSERT_EQ(fit.coefficient.size(), 2u);
  EXPECT_NEAR(fit.coefficient[0], 0.025, 1e-6);  // least norm: shared alike
  EXPECT_NEAR(fit.coefficient[1], 0.025, 1e-6);
  for (const float m : mag_) EXPECT_NEAR(m, mag_[0], 4e-6F);
}

TEST(ChooseEffectStars, TakesBrightQuietStars) {
  std::vector<EffectCandidate> stars;
  for (int i = 0; i < 100; ++i)
    stars.push_back({.mag = 8.0 + 0.05 * ((i * 37) % 100), .scatter_mag = 0.01, .n_points = 90});
  stars[5].scatter_mag = 0.5;  // a variable
  stars[6].is_barred = true;
  stars[7].n_points = 40;
  stars[8].scatter_mag = NAN;
  stars[9].mag = NAN;
  stars[10].scatter_mag = 0.0;  // constant: nothing can be learnt
  const auto all = choose_effect_stars(stars, 100, {});
  EXPECT_EQ(all.size(), 94u);
  EXPECT_TRUE(std::ranges::is_sorted(all));
  for (const std::int64_t out : {5, 6, 7, 8, 9, 10})
    EXPECT_EQ(std::ranges::count(all, out), 0) << out;
  const auto few = choose_effect_stars(stars, 100, {.max_stars = 10});
  ASSERT_EQ(few.size(), 10u);
  EXPECT_TRUE(std::ranges::is_sorted(few));
  for (const std::int64_t i : few) EXPECT_LT(stars[static_cast<std::size_t>(i)].mag, 8.8);
  EXPECT_TRUE(choose_effect_stars({}, 100, {}).empty());
}

TEST(CountableEffects, AreAtMostHalfOfTheStars) {
  EXPECT_EQ(countable_effects(0, {}), 0);
  EXPECT_EQ(countable_effects(2, {}), 0);
  EXPECT_EQ(countable_effects(3, {}), 1);
  EXPECT_EQ(countable_effects(1000, {}), 4);
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/sysrem.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "support/lc_sysrem_twin.hpp"

namespace skyweft::lc {
namespace {

/// Stars that share three effects (20, 8 and 3 mmag) above 1 mmag of noise, a fifth missing.
struct Sky {
  static constexpr std::size_t kStars = 60;
  static constexpr std::size_t kFrames = 203;  // no multiple of the kernel's lanes
  std::vector<std::vector<double>> r{kStars, std::vector<double>(kFrames, 0.0)};
  std::vector<std::vector<double>> w{kStars, std::vector<double>(kFrames, 0.0)};

  explicit Sky(std::uint64_t seed) {
    std::mt19937_64 random{seed};
    std::normal_distribution<double> gauss;
    std::vector<std::vector<double>> c(3, std::vector<double>(kStars));
    std::vector<std::vector<double>> a(3, std::vector<double>(kFrames));
    const std::vector<double> size{0.02, 0.008, 0.003};
    for (std::size_t e = 0; e < 3; ++e) {
      for (double& v : c[e]) v = size[e] * gauss(random);
      for (double& v : a[e]) v = gauss(random);
    }
    for (std::size_t i = 0; i < kStars; ++i)
      for (std::size_t j = 0; j < kFrames; ++j) {
        if (random() % 5 == 0) continue;
        const double sigma = 0.001 * (1.0 + static_cast<double>(random() % 3));
        r[i][j] = sigma * gauss(random);
        w[i][j] = static_cast<double>(static_cast<float>(1.0 / (sigma * sigma)));
        for (std::size_t e = 0; e < 3; ++e) r[i][j] += c[e][i] * a[e][j];
      }
  }

  ResidualBlock block(std::size_t first, std::size_t end) const {
    ResidualBlock out{.n_star = static_cast<std::int64_t>(end - first),
                      .n_frame = kFrames,
                      .residual_mag = {},
                      .weight = {}};
    for (std::size_t i = first; i < end; ++i)
      for (std::size_t j = 0; j < kFrames; ++j) {
        out.residual_mag.push_back(static_cast<float>(r[i][j]));
        out.weight.push_back(static_cast<float>(w[i][j]));
      }
    return out;
  }
};

TEST(Sysrem, IsThatOfItsSlowTwin) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Sky sky{seed};
    auto block = sky.block(0, Sky::kStars);
    const auto found = find_effects(block, {.effects = 3, .tolerance = 1e-7, .max_rounds = 2000});
    ASSERT_EQ(found.size(), 3u);
    support::slow_sysrem(sky.r, sky.w, 3, 200, 1000);
    // Residuals are floats below 0.25, whose rounding of 1.5e-8 is passed on thrice; both have
    // converged to 1e-7 of effects of 0.1 at most.
    for (std::size_t i = 0; i < Sky::kStars; ++i)
      for (std::size_t j = 0; j < Sky::kFrames; ++j)
        EXPECT_NEAR(block.residual_mag[i * Sky::kFrames + j], sky.r[i][j], 3e-7)
            << "seed " << seed << " star " << i << " frame " << j;
  }
}

TEST(Sysrem, LeavesTheNoiseAlone) {
  const Sky sky{7};
  auto block = sky.block(0, Sky::kStars);
  ASSERT_EQ(find_effects(block, {.effects = 3}).size(), 3u);
  double chi2 = 0.0;
  double n = 0.0;
  for (std::size_t k = 0; k < block.weight.size(); ++k) {
    chi2 += static_cast<double>(block.weight[k]) *
            std::pow(static_cast<double>(block.residual_mag[k]), 2);
    n += block.weight[k] > 0.0F ? 1.0 : 0.0;
  }
  // Three effects and their coefficients take 3·(60 + 203 − 3) degrees of freedom; what is left
  // scatters by √(2n).
  const double freedom = n - 3.0 * (60 + 203 - 3);
  EXPECT_NEAR(chi2, freedom, 4.0 * std::sqrt(2.0 * freedom));
}

TEST(Sysrem, DoesNotChangeWhenStarsArePermutedOrTheSignTurned) {
  const Sky sky{9};
  auto plain = sky.block(0, Sky::kStars);
  Sky other = sky;
  std::ranges::reverse(other.r);
  std::ranges::reverse(other.w);
  for (auto& row : other.r)
    for (double& v : row) v = -v;
  auto turned = other.block(0, Sky::kStars);
  const SysremConfig config{.effects = 3, .tolerance = 1e-7, .max_rounds = 2000};
  find_effects(plain, config);
  find_effects(turned, config);
  for (std::size_t i = 0; i < Sky::kStars; ++i)
    for (std::size_t j = 0; j < Sky::kFrames; ++j)
      EXPECT_NEAR(plain.residual_mag[i * Sky::kFrames + j],
                  -turned.residual_mag[(Sky::kStars - 1 - i) * Sky::kFrames + j], 3e-7);
}

TEST(Sysrem, GivesTheSameSumsFromBlocksOfStarsInOrder) {
  // What the stage relies on: the sums of two blocks are the two blocks' sums, whoever makes them.
  const Sky sky{11};
  std::vector<double> effect(Sky::kFrames);
  for (std::size_t f = 0; f < effect.size(); ++f) effect[f] = std::sin(static_cast<double>(f));
  const auto all = sky.block(0, Sky::kStars);
  std::vector<double> sums(2 * Sky::kFrames, 0.0);
  add_effect_sums(all, effect, sums);
  std::vector<double> parts(2 * Sky::kFrames, 0.0);
  add_effect_sums(sky.block(0, 20), effect, parts);
  add_effect_sums(sky.block(20, Sky::kStars), effect, parts);
  EXPECT_EQ(sums, parts);
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "lc/tfa.hpp"

namespace skyweft::lc {
namespace {

/// Quiet stars of 8 to 13 mag over a field of 2 × 2 degrees.
std::vector<TemplateCandidate> quiet_field(std::size_t n, unsigned seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::vector<TemplateCandidate> stars;
  for (std::size_t i = 0; i < n; ++i) {
    const double mag = 8.0 + 5.0 * uniform(random);
    stars.push_back({mag,
                     0.003 * std::pow(10.0, 0.1 * (mag - 8.0)),
                     140,
                     {2.0 * uniform(random) - 1.0, 2.0 * uniform(random) - 1.0},
                     false});
  }
  return stars;
}

TEST(TemplateChoice, FillsTheAllowedNumberInSmallFields) {
  // 142 frames allow 14; the brighter half of 120 stars are candidates.
  EXPECT_EQ(choose_templates(quiet_field(120, 1), 142, {}).size(), 14u);
  EXPECT_EQ(choose_templates(quiet_field(20, 1), 142, {}).size(), 10u);
}

TEST(TemplateChoice, IsAscendingDistinctAndAsLargeAsAllowed) {
  std::mt19937_64 random{2};
  for (unsigned seed = 1; seed <= 60; ++seed) {
    const std::size_t n = 1 + random() % 400;
    const auto n_frame = static_cast<std::int64_t>(random() % 900);
    const TfaConfig config{.max_templates = 60};
    const auto stars = quiet_field(n, seed);
    const auto chosen = choose_templates(stars, n_frame, config);
    EXPECT_TRUE(std::ranges::is_sorted(chosen, std::ranges::less_equal{}) || chosen.size() < 2);
    EXPECT_EQ(std::ranges::adjacent_find(chosen), chosen.end());
    // The brighter half, the star at the median included when n is odd.
    const std::int64_t n_good = (static_cast<std::int64_t>(n) + 1) / 2;
    EXPECT_EQ(static_cast<std::int64_t>(chosen.size()),
              std::min({n_frame / 10, config.max_templates, n_good}));
    std::vector<double> mags;
    for (const auto& s : stars) mags.push_back(s.mag);
    std::ranges::sort(mags);
    for (const std::int64_t i : chosen) {
      EXPECT_LE(stars[static_cast<std::size_t>(i)].mag, mags[(n - 1) / 2]);
    }
  }
}

TEST(TemplateChoice, CoversTheField) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto stars = quiet_field(400, seed);
    const auto chosen = choose_templates(stars, 160, {});
    ASSERT_EQ(chosen.size(), 16u);
    // Nodes lie 0.5 degrees apart; 200 candidates on 4 square degrees leave 0.07 degrees to the
    // nearest. A point of the field is then within half a cell's diagonal and that of a template,
    // twice which is generous: 0.85 degrees.
    for (const auto& s : stars) {
      double nearest = 10.0;
      for (const std::int64_t i : chosen) {
        const auto& t = stars[static_cast<std::size_t>(i)].at;
        nearest = std::min(nearest, std::hypot(t.xi_deg - s.at.xi_deg, t.eta_deg - s.at.eta_deg));
      }
      EXPECT_LT(nearest, 0.85);
    }
  }
}

TEST(TemplateChoice, NeverTakesUnsuitableStars) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    auto stars = quiet_field(100, seed);
    std::ranges::sort(stars, {}, &TemplateCandidate::mag);
    stars[0].is_barred = true;
    stars[1].scatter_mag = 0.06;  // above max_rms
    stars[2].scatter_mag *= 4.0;  // 0.6 dex above its like; the limit is 4 × 0.05 dex
    stars[3].n_points = 100;      // below 0.8 of the most
    stars[4].scatter_mag = NAN;
    stars[5].mag = NAN;
    stars[6].at.xi_deg = NAN;
    stars[7].n_points = 0;
    stars[8].scatter_mag = 0.0;
    const auto chosen = choose_templates(stars, 5000, {});
    EXPECT_GT(chosen.size(), 30u);
    for (std::int64_t i = 0; i < 9; ++i) {
      EXPECT_EQ(std::ranges::count(chosen, i), 0) << i;
    }
  }
}

TEST(TemplateChoice, FollowsThePermutationOfStars) {
  const auto stars = quiet_field(150, 3);
  std::vector<TemplateCandidate> mixed(150);
  for (std::size_t i = 0; i < 150; ++i) mixed[(i * 7 + 5) % 150] = stars[i];
  std::vector<std::int64_t> expected;
  for (const std::int64_t i : choose_templates(stars, 200, {}))
    expected.push_back((i * 7 + 5) % 150);
  std::ranges::sort(expected);
  EXPECT_EQ(choose_templates(mixed, 200, {}), expected);
}

TEST(TemplateChoice, IsDefinedForDegenerateFields) {
  EXPECT_TRUE(choose_templates({}, 1000, {}).empty());
  EXPECT_TRUE(choose_templates(quiet_field(50, 1), 9, {}).empty());  // a tenth of a template
  EXPECT_TRUE(choose_templates(quiet_field(50, 1), 1000, {.max_templates = 0}).empty());
  auto line = quiet_field(60, 1);
  for (auto& s : line) s.at.eta_deg = 0.0;
  EXPECT_EQ(choose_templates(line, 130, {}).size(), 13u);
  auto upright = quiet_field(60, 1);
  for (auto& s : upright) s.at.xi_deg = 0.0;
  EXPECT_EQ(choose_templates(upright, 130, {}).size(), 13u);
  for (auto& s : line) s.at = {0.0, 0.0};
  EXPECT_EQ(choose_templates(line, 130, {}).size(), 13u);
}

}  // namespace
}  // namespace skyweft::lc

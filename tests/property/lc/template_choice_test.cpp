// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/template_choice.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

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
                     false,
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

TEST(TemplateChoice, TakesTheGridAlone) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    const auto stars = quiet_field(400, seed);
    const auto chosen = choose_templates(stars, 5000, {.grid_side = 4});
    EXPECT_LE(chosen.size(), 16u);
    EXPECT_GE(chosen.size(), 12u);  // of 200 candidates hardly one is nearest to two nodes
    // The star nearest to every corner of the candidates' extent is among them.
    const auto good = suitable_templates(stars, {});
    double low_xi = 9.0;
    double low_eta = 9.0;
    for (const std::int64_t i : good) {
      low_xi = std::min(low_xi, stars[static_cast<std::size_t>(i)].at.xi_deg);
      low_eta = std::min(low_eta, stars[static_cast<std::size_t>(i)].at.eta_deg);
    }
    const auto away = [&](std::int64_t i) {
      const SkyPoint& at = stars[static_cast<std::size_t>(i)].at;
      return std::hypot(at.xi_deg - low_xi, at.eta_deg - low_eta);
    };
    EXPECT_EQ(std::ranges::count(chosen, *std::ranges::min_element(good, {}, away)), 1);
  }
}

TEST(TemplateChoice, FollowsItsLimits) {
  auto stars = quiet_field(200, 4);
  for (std::size_t i = 0; i < 20; ++i) stars[i].is_saturated = true;
  for (std::size_t i = 20; i < 30; ++i) stars[i].n_points = 70;
  for (const std::int64_t i : suitable_templates(stars, {.bright_share = 1.0})) EXPECT_GE(i, 30);
  // Half of the quantile's points are enough when asked for.
  const auto shorter = suitable_templates(stars, {.bright_share = 1.0, .min_points_share = 0.5});
  EXPECT_EQ(std::ranges::count_if(shorter, [](std::int64_t i) { return i >= 20 && i < 30; }), 10);
  stars[3].scatter_mag = 0.04;  // ten times its like
  const auto allowed = suitable_templates(stars, {.bright_share = 1.0, .forbid_saturated = false});
  EXPECT_EQ(std::ranges::count_if(allowed, [](std::int64_t i) { return i < 20; }), 20);
  for (const std::int64_t i :
       suitable_templates(stars, {.bright_share = 1.0, .faint_limit_mag = 10.0})) {
    EXPECT_LE(stars[static_cast<std::size_t>(i)].mag, 10.0);
  }
}

TEST(VariableTemplates, AreThoseThatStandOut) {
  std::mt19937_64 random{9};
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::vector<FilteredCandidate> candidates;
  for (int i = 0; i < 80; ++i) {
    const double mag = 8.0 + 0.05 * i;
    // The scatter of a scatter and of a von Neumann ratio over 1000 points: 2 % and 0.06.
    candidates.push_back({mag,
                          0.003 * std::pow(10.0, 0.1 * (mag - 8.0)) * (1.0 + 0.02 * gauss(random)),
                          1.9 + 0.06 * gauss(random), 1000});
  }
  candidates[7].rms_mag *= 4.0;      // 0.6 dex; the limit is 4 × 0.05 dex
  candidates[30].von_neumann = 1.2;  // 12 sigma below the others
  candidates[50].rms_mag = NAN;
  const auto found = find_variable_templates(candidates, {});
  for (std::size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i], i == 7 || i == 30 || i == 50 ? 1 : 0) << i;
  }
  // Where all are correlated none stands out; where none was filtered none is blamed.
  for (auto& c : candidates) c = {c.mag, 0.003, 0.5, 1000};
  for (const auto f : find_variable_templates(candidates, {})) EXPECT_EQ(f, 0);
  for (auto& c : candidates) c = {c.mag, NAN, NAN, 0};
  for (const auto f : find_variable_templates(candidates, {})) EXPECT_EQ(f, 0);
}

TEST(VonNeumannRatio, IsThatOfItsDefinition) {
  const std::vector<float> mag{1.0f, 2.0f, NAN, 4.0f};
  // Steps 1 and 2: 5; about 7/3: 16/9 + 1/9 + 25/9 = 42/9.
  EXPECT_NEAR(von_neumann_ratio(mag), 5.0 / (42.0 / 9.0), 1e-14);
  EXPECT_TRUE(std::isnan(von_neumann_ratio(std::vector<float>{3.0f, 3.0f})));
  EXPECT_TRUE(std::isnan(von_neumann_ratio(std::vector<float>{})));
}

}  // namespace
}  // namespace skyweft::lc

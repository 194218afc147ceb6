// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/reference.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "lc/scatter_fit.hpp"

namespace skyweft::lc {
namespace {

TEST(StarStatistic, IsTheMedianAfterRejection) {
  // Median of the nine is 5; |deviation| 4 3 2 1 0 1 2 3 995: median 2, so 1000 goes. Then the
  // median of 1…8 is 4.5 and the deviations' median 2.
  const std::vector<float> mag{3, 1, 2, NAN, 4, 5, 6, 7, 8, 1000};
  const StarStatistic s = star_statistic(mag);
  EXPECT_EQ(s.n_full, 9);
  EXPECT_EQ(s.n_kept, 8);
  EXPECT_DOUBLE_EQ(s.median, 4.5);
  EXPECT_NEAR(s.scatter, 2.0, 1e-12);
  EXPECT_NEAR(s.medianmeddev, 2.0 / std::sqrt(8.0), 1e-12);
}

TEST(StarStatistic, IsDefinedForDegenerateStars) {
  EXPECT_TRUE(std::isnan(star_statistic({}).median));
  const StarStatistic none = star_statistic(std::vector<float>{NAN, NAN});
  EXPECT_EQ(none.n_kept, 0);
  EXPECT_TRUE(std::isnan(none.median));
  const StarStatistic one = star_statistic(std::vector<float>{9});
  EXPECT_EQ(one.n_kept, 1);
  EXPECT_EQ(one.median, 9.0);
  EXPECT_EQ(one.scatter, 0.0);
  const StarStatistic flat = star_statistic(std::vector<float>{9, 9, 9, 9, 10});
  EXPECT_EQ(flat.median, 9.0);
  EXPECT_EQ(flat.n_kept, 5);
}

TEST(StarStatistic, LeavesOutSaturatedPoints) {
  const std::vector<float> mag{9, 9, 5, 5, 5};
  const std::vector<QualityBits> quality{quality::edge, 0, quality::saturated, quality::saturated,
                                         quality::saturated};
  const StarStatistic s = star_statistic(mag, quality);
  EXPECT_EQ(s.median, 9.0);
  EXPECT_EQ(s.n_full, 2);
}

struct Field {
  std::vector<StarStatistic> stars;
  std::vector<double> mag;
};

/// Quiet stars whose log10 scatter is quadratic in magnitude, with 0.03 dex of noise.
Field quiet_field(std::size_t n) {
  std::mt19937 random{4};
  std::normal_distribution<double> noise{0.0, 0.03};
  Field field;
  for (std::size_t i = 0; i < n; ++i) {
    const double m = 8.0 + 5.0 * static_cast<double>(i) / static_cast<double>(n);
    const double scatter = std::pow(10.0, -2.5 + 0.05 * (m - 8.0) * (m - 8.0) + noise(random));
    field.mag.push_back(m);
    field.stars.push_back({m + 1.0, scatter, scatter / 7.0, 50, 50});
  }
  return field;
}

TEST(AssembleReference, DropsAVariableEvenAmongFewStars) {
  // With 15 stars no residual can reach five rms (the largest possible is sqrt(14)): medians can.
  for (const std::size_t n : {15u, 40u, 300u}) {
    Field field = quiet_field(n);
    field.stars[7].scatter *= 10.0;
    const Reference out = assemble_reference(field.stars, field.mag, {});
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_EQ(out.used[i], i == 7 ? 0 : 1) << n << ' ' << i;
    }
    EXPECT_EQ(out.mag[3], field.stars[3].median);
    EXPECT_EQ(out.err[3], field.stars[3].medianmeddev);
  }
}

TEST(AssembleReference, DropsStarsSeenTooRarelyAndThoseExcluded) {
  Field field = quiet_field(30);
  field.stars[0].n_kept = 24;  // half the median count is 25
  field.stars[1].n_kept = 25;
  field.stars[2] = star_statistic({});
  std::vector<std::uint8_t> excluded(30, 0);
  excluded[5] = 1;
  const Reference out = assemble_reference(field.stars, field.mag, {}, excluded);
  EXPECT_EQ(out.used[0], 0);
  EXPECT_EQ(out.used[1], 1);
  EXPECT_EQ(out.used[2], 0);
  EXPECT_EQ(out.used[5], 0);
  EXPECT_EQ(std::ranges::count(out.used, 1), 27);
}

TEST(AssembleReference, KeepsAllStarsWhenThereAreTooFewForAFit) {
  Field field = quiet_field(3);
  field.stars[1].scatter *= 100.0;
  EXPECT_EQ(assemble_reference(field.stars, field.mag, {}).used,
            (std::vector<std::uint8_t>{1, 1, 1}));
  EXPECT_TRUE(assemble_reference({}, {}, {}).mag.empty());
}

TEST(AnchorReference, MakesTheMeanDifferenceZeroOverCommonStars) {
  Reference first{{10, 11, 12, 13}, {0, 0, 0, 0}, {1, 1, 1, 0}};
  Reference next{{10.5, 11.5, 99, 13.5}, {0, 0, 0, 0}, {1, 1, 0, 1}};
  anchor_reference(next, first);
  EXPECT_EQ(next.mag, (std::vector<double>{10, 11, 98.5, 13}));
  EXPECT_TRUE(converged(first, next, {}));
  next.mag[0] += 0.002;  // mean square over two stars: 2e-6
  EXPECT_FALSE(converged(first, next, {}));
  next.used = {0, 0, 0, 0};
  EXPECT_FALSE(converged(first, next, {}));
}

}  // namespace
}  // namespace skyweft::lc

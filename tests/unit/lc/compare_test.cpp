// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/compare.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

TEST(CompareScatter, IsThatOfHandNumbers) {
  const std::vector<StarPair> stars{
      {.mag = 10.1, .scatter_a = 4, .scatter_b = 2, .n_points_a = 10, .n_points_b = 8},
      {.mag = 10.4, .scatter_a = 2, .scatter_b = 3, .n_points_a = 10, .n_points_b = 10},
      {.mag = 10.2, .scatter_a = 1, .scatter_b = 1, .n_points_a = 20, .n_points_b = 10},
      {.mag = 9.0, .scatter_a = 8, .scatter_b = 2, .n_points_a = 4, .n_points_b = 4},
      {.mag = 9.1, .scatter_a = NAN, .scatter_b = 2, .n_points_a = 0, .n_points_b = 4},
      {.mag = NAN, .scatter_a = 1, .scatter_b = 2, .n_points_a = 1, .n_points_b = 1},
      {.mag = 9.1, .scatter_a = 0, .scatter_b = 2, .n_points_a = 1, .n_points_b = 1}};
  const auto rows = compare_scatter(stars);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].from_mag, 9.0);
  EXPECT_EQ(rows[0].to_mag, 9.5);
  EXPECT_EQ(rows[0].n_star, 1);
  EXPECT_EQ(rows[0].ratio, 0.25);
  EXPECT_TRUE(std::isnan(rows[0].ratio_err));
  EXPECT_EQ(rows[1].from_mag, 10.0);
  EXPECT_EQ(rows[1].n_star, 3);
  EXPECT_EQ(rows[1].scatter_a, 2.0);
  EXPECT_EQ(rows[1].scatter_b, 2.0);
  EXPECT_EQ(rows[1].ratio, 1.0);  // of 0.5, 1.5 and 1
  EXPECT_DOUBLE_EQ(rows[1].better, 1.0 / 3.0);
  EXPECT_DOUBLE_EQ(rows[1].worse, 1.0 / 3.0);
  EXPECT_EQ(rows[1].points_a, 10.0);
  EXPECT_EQ(rows[1].points_b, 10.0);
  EXPECT_DOUBLE_EQ(rows[1].points_kept, 28.0 / 40.0);
  EXPECT_EQ(rows[2].n_star, 4);
  EXPECT_EQ(rows[2].from_mag, 9.0);
  EXPECT_EQ(rows[2].to_mag, 10.5);
  EXPECT_DOUBLE_EQ(rows[2].ratio, 0.75);
  EXPECT_DOUBLE_EQ(rows[2].better, 0.5);
}

TEST(CompareScatter, HasNoErrorWhereAllStarsAgree) {
  std::vector<StarPair> stars;
  for (int i = 0; i < 50; ++i)
    stars.push_back({.mag = 12.0, .scatter_a = 1.0 + i, .scatter_b = 2.0 + 2.0 * i});
  const auto rows = compare_scatter(stars);
  EXPECT_EQ(rows[0].ratio, 2.0);
  EXPECT_EQ(rows[0].ratio_err, 0.0);
  EXPECT_EQ(rows[0].worse, 1.0);
  EXPECT_TRUE(std::isnan(rows[0].points_kept));
}

TEST(CompareScatter, HasTheErrorThatAllResamplesTogetherHave) {
  // The median of a resample of n = 101 stars is the k-th value with the probability that exactly
  // that many draws fall below: P(median ≤ x_k) = P(Binomial(n, k/n) ≥ 51), without any drawing.
  constexpr int kStars = 101;
  std::mt19937_64 random{2};
  std::normal_distribution<double> gauss{1.0, 0.1};
  std::vector<double> ratio;
  std::vector<StarPair> stars;
  for (int i = 0; i < kStars; ++i) {
    ratio.push_back(gauss(random));
    stars.push_back({.mag = 12.2, .scatter_a = 1.0, .scatter_b = ratio.back()});
  }
  std::ranges::sort(ratio);
  const auto upto = [](int k) {
    if (k == 0 || k == kStars) return k == 0 ? 0.0 : 1.0;
    const double p = static_cast<double>(k) / kStars;
    double sum = 0.0;
    for (int m = kStars / 2 + 1; m <= kStars; ++m)
      sum += std::exp(std::lgamma(kStars + 1.0) - std::lgamma(m + 1.0) -
                      std::lgamma(kStars - m + 1.0) + m * std::log(p) +
                      (kStars - m) * std::log(1.0 - p));
    return sum;
  };
  double mean = 0.0, squares = 0.0;
  for (int k = 1; k <= kStars; ++k) {
    const double p = upto(k) - upto(k - 1);
    const double x = ratio[static_cast<std::size_t>(k - 1)];
    mean += p * x;
    squares += p * x * x;
  }
  const double exact = std::sqrt(squares - mean * mean);
  constexpr int kResamples = 4000;
  const auto rows = compare_scatter(stars, 0.5, kResamples);
  // A standard deviation from 4000 draws: 1/√8000, taken four times.
  EXPECT_NEAR(rows[0].ratio_err, exact, 4.0 * exact / std::sqrt(2.0 * kResamples));
  EXPECT_NEAR(rows[1].ratio_err, exact, 4.0 * exact / std::sqrt(2.0 * kResamples));
  EXPECT_NE(rows[0].ratio_err, rows[1].ratio_err);  // other seeds
}

TEST(CompareScatter, DependsOnTheStarsOfABinAlone) {
  std::mt19937_64 random{4};
  std::uniform_real_distribution<double> any{0.5, 2.0};
  std::vector<StarPair> stars;
  for (int i = 0; i < 300; ++i)
    stars.push_back({.mag = 8.0 + 0.01 * i, .scatter_a = any(random), .scatter_b = any(random)});
  const auto rows = compare_scatter(stars);
  auto turned = stars;
  std::ranges::reverse(turned);
  const auto same = compare_scatter(turned);
  ASSERT_EQ(rows.size(), same.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].ratio, same[i].ratio);
    EXPECT_EQ(rows[i].ratio_err, same[i].ratio_err);
  }
  const auto part = compare_scatter(std::span{stars}.first(100));
  EXPECT_EQ(part[0].ratio_err, rows[0].ratio_err);
  // Turned about, the shares change places.
  for (StarPair& star : stars) std::swap(star.scatter_a, star.scatter_b);
  const auto back = compare_scatter(stars);
  EXPECT_EQ(back[0].better, rows[0].worse);
  EXPECT_EQ(back[0].scatter_a, rows[0].scatter_b);
}

TEST(CompareScatter, IsEmptyWithoutStars) {
  EXPECT_TRUE(compare_scatter({}).empty());
  EXPECT_TRUE(compare_scatter(std::vector<StarPair>{{.mag = 1, .scatter_a = NAN}}).empty());
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/robust.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/core_oracle_image.hpp"

using namespace skyweft;

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double median_of(std::vector<double> v) {
  return median_in_place(std::span<double>{v});
}

TEST(Median, OfAnOddNumberIsTheMiddleOne) {
  EXPECT_EQ(median_of({5, 1, 3}), 3.0);
  EXPECT_EQ(median_of({2}), 2.0);
}

TEST(Median, OfAnEvenNumberIsTheMeanOfTheMiddleTwo) {
  EXPECT_EQ(median_of({4, 1, 3, 10}), 3.5);
  EXPECT_EQ(median_of({-2, 1}), -0.5);
  std::vector<float> v{8, 1, 2, 4};
  EXPECT_EQ(median_in_place(std::span<float>{v}), 3.0F);
}

TEST(Median, OfNothingIsNaN) {
  EXPECT_TRUE(std::isnan(median_of({})));
  EXPECT_TRUE(std::isnan(median_in_place(std::span<float>{})));
}

TEST(MedianOfFinite, SkipsNaNsAndInfinitiesAndLeavesTheInputAlone) {
  const std::vector<double> v{kNaN, 7, kInf, 1, -kInf, 3};
  EXPECT_EQ(median_of_finite(std::span<const double>{v}), 3.0);
  EXPECT_EQ(v[1], 7.0);
  const std::vector<float> f{kNaNf, 2, 1};
  EXPECT_EQ(median_of_finite(std::span<const float>{f}), 1.5);
  const std::vector<double> none{kNaN, kInf};
  EXPECT_TRUE(std::isnan(median_of_finite(std::span<const double>{none})));
}

TEST(RobustSummary, IsTheMedianAndTheScaledMedianDeviation) {
  const std::vector<double> v{1, 2, 3, 4, 1000, kNaN};  // deviations from 3: 2 1 0 1 997
  const auto s = robust_summary(std::span<const double>{v});
  EXPECT_EQ(s.median, 3.0);
  EXPECT_EQ(s.sigma, kMadToSigma);
  EXPECT_EQ(s.n, 5);
}

TEST(RobustSummary, OfNothingFiniteIsNaNWithCountZero) {
  const std::vector<float> v{kNaNf};
  const auto s = robust_summary(std::span<const float>{v});
  EXPECT_TRUE(std::isnan(s.median));
  EXPECT_TRUE(std::isnan(s.sigma));
  EXPECT_EQ(s.n, 0);
}

TEST(ClippedSummary, DropsTheOutlierAndUsesThePopulationDeviation) {
  // Ten values of mean 2.5 kept, 100 dropped: sigma before is 28.1, 100 lies 96 off the median 4.
  std::vector<double> v{1, 1, 1, 1, 1, 100, 4, 4, 4, 4, 4};
  const auto s = sigma_clipped_in_place(std::span<double>{v}, 3.0, 10);
  EXPECT_EQ(s.n, 10);
  EXPECT_DOUBLE_EQ(s.mean, 2.5);
  EXPECT_DOUBLE_EQ(s.median, 2.5);
  EXPECT_DOUBLE_EQ(s.sigma, 1.5);
}

TEST(ClippedSummary, WithoutRoundsIsTheSummaryOfAll) {
  std::vector<double> v{1, 1, 1, 1, 1, 100, 4, 4, 4, 4, 4};
  const auto s = sigma_clipped_in_place(std::span<double>{v}, 3.0, 0);
  EXPECT_EQ(s.n, 11);
  EXPECT_DOUBLE_EQ(s.mean, 125.0 / 11.0);
  EXPECT_EQ(s.median, 4.0);
}

TEST(ClippedSummary, OfAConstantKeepsEverything) {
  std::vector<float> v(100, 3.0F);
  const auto s = sigma_clipped_in_place(std::span<float>{v}, 3.0, 10);
  EXPECT_EQ(s.n, 100);
  EXPECT_EQ(s.sigma, 0.0);
  EXPECT_EQ(s.median, 3.0);
}

TEST(ClippedSummary, OfNothingIsNaNWithCountZero) {
  const auto s = sigma_clipped_in_place(std::span<double>{}, 3.0, 10);
  EXPECT_EQ(s.n, 0);
  EXPECT_TRUE(std::isnan(s.mean));
}

TEST(ClippedSummary, OfTheOracleImageIsThatOfPhotutils) {
  auto image = support::core_oracle_image();
  EXPECT_NEAR(image(0, 0), 100.26606499683112, 1e-9);
  EXPECT_NEAR(image(30, 40), 1343.8239987315, 1e-8);
  const auto s = sigma_clipped_in_place(image.pixels(), 3.0, 10);
  // Quoted to 1e-10; sums of 16384 doubles of 1e2 in another order differ by less than 1e-11.
  EXPECT_NEAR(s.mean, 104.5111031617, 2e-10);
  EXPECT_NEAR(s.median, 104.5401790971, 2e-10);
  EXPECT_NEAR(s.sigma, 5.3566936664, 2e-10);
}

double quantile_of(std::vector<double> v, double q) {
  return quantile_in_place(std::span<double>{v}, q);
}

TEST(Quantile, InterpolatesBetweenTheSortedValues) {
  EXPECT_EQ(quantile_of({4, 1, 3, 2}, 0.0), 1.0);
  EXPECT_EQ(quantile_of({4, 1, 3, 2}, 1.0), 4.0);
  EXPECT_EQ(quantile_of({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_EQ(quantile_of({10, 0}, 0.25), 2.5);
  EXPECT_EQ(quantile_of({7}, 0.3), 7.0);
}

TEST(Quantile, IsHeldInsideZeroToOneAndIsNaNForNothing) {
  EXPECT_EQ(quantile_of({1, 2}, -3.0), 1.0);
  EXPECT_EQ(quantile_of({1, 2}, 3.0), 2.0);
  EXPECT_TRUE(std::isnan(quantile_of({}, 0.5)));
}

double steps_of(const std::vector<double>& v) {
  return point_to_point_sigma(v);
}

TEST(PointToPointSigma, IsTheScaledMedianStepOverRootTwo) {
  EXPECT_DOUBLE_EQ(steps_of({0, 1, 0, 1, 0}), kMadToSigma / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(steps_of({0, 2, 3, 0}), 2.0 * kMadToSigma / std::sqrt(2.0));  // steps 2 1 3
}

TEST(PointToPointSigma, IgnoresASlowTrendThatTheScatterSees) {
  std::vector<double> v;
  for (int i = 0; i < 1000; ++i) v.push_back(0.01 * i + (i % 2 == 0 ? 1.0 : 0.0));
  // Steps alternate between 0.99 and 1.01, 500 and 499 of them: the median is 1.01 ± 0.02.
  EXPECT_NEAR(steps_of(v), kMadToSigma / std::sqrt(2.0), 0.03);
  EXPECT_GT(robust_summary(std::span<const double>{v}).sigma, 3.0);
}

TEST(PointToPointSigma, BridgesGapsAndIsNaNForFewerThanTwoPoints) {
  EXPECT_DOUBLE_EQ(steps_of({0, kNaN, 1, kInf, 0}), kMadToSigma / std::sqrt(2.0));
  EXPECT_TRUE(std::isnan(steps_of({})));
  EXPECT_TRUE(std::isnan(steps_of({1, kNaN})));
}

TEST(GroupedMedian, OfRoundedNumbersIsNotBoundToTheSteps) {
  // 0.3 + uniform noise of width 4, rounded: the true median is 0.3; an evenly spaced sample makes
  // the counts exact to one in 400, which is 4/400 = 0.01 of a step.
  std::vector<float> values;
  for (int i = 0; i < 400; ++i)
    values.push_back(std::round(0.3F + 4.0F * (static_cast<float>(i) + 0.5F) / 400.0F - 2.0F));
  EXPECT_NEAR(grouped_median_in_place(values, 1.0), 0.3, 0.01);
}

TEST(GroupedMedian, WithoutTiesIsTheMedian) {
  std::vector<float> odd{3.0F, 1.0F, 2.0F};
  std::vector<float> even{4.0F, 1.0F, 2.0F, 3.0F};
  EXPECT_EQ(grouped_median_in_place(odd, 1.0), 2.0);
  EXPECT_EQ(grouped_median_in_place(even, 1.0), 2.5);
}

}  // namespace

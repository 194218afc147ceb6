// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/lsq.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/units.hpp"

using namespace skyweft;

namespace {

/// Columns 1 and x for x = 0 … n − 1.
Eigen::MatrixXd line(Eigen::Index n) {
  Eigen::MatrixXd a(n, 2);
  for (Eigen::Index i = 0; i < n; ++i) a.row(i) << 1.0, static_cast<double>(i);
  return a;
}

std::vector<double> ones(std::size_t n) {
  return std::vector<double>(n, 1.0);
}

TEST(LinearFit, RecoversAnExactLineAndRejectsNothing) {
  std::vector<double> y;
  for (int i = 0; i < 10; ++i) y.push_back(3.0 - 0.5 * i);
  const auto fit = fit_linear_clipped(line(10), y, ones(10));
  ASSERT_TRUE(fit.ok());
  EXPECT_NEAR(fit.coefficients[0], 3.0, 1e-14);  // a few roundings of numbers below 10
  EXPECT_NEAR(fit.coefficients[1], -0.5, 1e-14);
  EXPECT_EQ(fit.n_used, 10);
  EXPECT_EQ(fit.rank, 2);
  EXPECT_LT(fit.residual_rms, 1e-14);
}

TEST(LinearFit, WeighsAPointByOneOverItsSigma) {
  // Two measurements of one number, sigma 1 and 2: the mean weighted with 1/σ² is (4·0 + 1·10)/5.
  const Eigen::MatrixXd a = Eigen::MatrixXd::Ones(2, 1);
  const auto fit = fit_linear_clipped(a, std::vector<double>{0, 10}, std::vector<double>{1.0, 0.5});
  EXPECT_NEAR(fit.coefficients[0], 2.0, 1e-14);
  // rms² = Σw²r²/Σw² = (1·4 + 0.25·64)/1.25 = 16.
  EXPECT_NEAR(fit.residual_rms, 4.0, 1e-13);
}

TEST(LinearFit, DoesNotChangeWhenAllWeightsAreScaled) {
  const std::vector<double> y{1, 3, 2, 5};
  const auto one = fit_linear_clipped(line(4), y, ones(4));
  const auto thousand = fit_linear_clipped(line(4), y, std::vector<double>(4, 1000.0));
  EXPECT_TRUE(one.coefficients.isApprox(thousand.coefficients, 1e-14));
  EXPECT_NEAR(one.residual_rms, thousand.residual_rms, 1e-14);
}

TEST(LinearFit, HasAnRmsOverPointsAndNotOverDegreesOfFreedom) {
  const Eigen::MatrixXd a = Eigen::MatrixXd::Ones(2, 1);
  EXPECT_NEAR(fit_linear_clipped(a, std::vector<double>{-1, 1}, ones(2)).residual_rms, 1.0, 1e-15);
}

TEST(LinearFit, RejectsTheOutlierAndThenFitsTheRestExactly) {
  std::vector<double> y(50, 1.0);
  y[20] = 100.0;
  const auto fit = fit_linear_clipped(Eigen::MatrixXd::Ones(50, 1), y, ones(50));
  EXPECT_EQ(fit.n_used, 49);
  EXPECT_EQ(fit.kept[20], 0);
  EXPECT_NEAR(fit.coefficients[0], 1.0, 1e-14);
}

TEST(LinearFit, NeverTakesARejectedPointBack) {
  // First mean 11.4, rms 7.2: 3, 19 and 20 go. Of the rest the mean is 9.5 and 1.2 rms 6.65, so
  // that 3 lies within the limit again; yet it stays out.
  const std::vector<double> y{16, 19, 14, 3, 4, 20, 4};
  const auto fit = fit_linear_clipped(Eigen::MatrixXd::Ones(7, 1), y, ones(7),
                                      {.reject_level = 1.2, .max_rounds = 20});
  EXPECT_NEAR(fit.coefficients[0], 9.5, 1e-13);
  EXPECT_LT(std::abs(3.0 - 9.5), 1.2 * fit.residual_rms);
  EXPECT_EQ(fit.kept[3], 0);
  EXPECT_EQ(fit.n_used, 4);
}

TEST(LinearFit, WithoutRoundsKeepsEveryPoint) {
  std::vector<double> y(50, 1.0);
  y[20] = 100.0;
  const auto fit = fit_linear_clipped(Eigen::MatrixXd::Ones(50, 1), y, ones(50),
                                      {.reject_level = 5, .max_rounds = 0});
  EXPECT_EQ(fit.n_used, 50);
}

TEST(LinearFit, BelowTheScaleFloorRejectsNothing) {
  std::vector<double> y(50, 0.0);
  y[20] = 1e-6;
  const auto fit = fit_linear_clipped(Eigen::MatrixXd::Ones(50, 1), y, ones(50),
                                      {.reject_level = 3, .max_rounds = 9, .scale_floor = 1e-5});
  EXPECT_EQ(fit.n_used, 50);
}

TEST(LinearFit, LeavesOutWhatIsNotFiniteOrHasNoWeight) {
  Eigen::MatrixXd a = line(8);
  std::vector<double> y{0, 1, kNaN, 3, 4, 5, 6, 7};
  std::vector<double> w = ones(8);
  a(3, 1) = kNaN;
  w[4] = 0.0;
  w[5] = -1.0;
  w[6] = kNaN;
  const auto fit = fit_linear_clipped(a, y, w);
  EXPECT_EQ(fit.kept, (std::vector<std::uint8_t>{1, 1, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(fit.n_used, 3);
  EXPECT_NEAR(fit.coefficients[1], 1.0, 1e-14);
}

TEST(LinearFit, OfFewerPointsThanTermsFails) {
  const auto fit = fit_linear_clipped(line(1), std::vector<double>{1}, ones(1));
  EXPECT_FALSE(fit.ok());
  EXPECT_EQ(fit.n_used, 0);
  EXPECT_EQ(fit.coefficients.size(), 0);
  EXPECT_EQ(fit.kept, std::vector<std::uint8_t>{0});
  EXPECT_FALSE(fit_linear_clipped(line(0), {}, {}).ok());
  EXPECT_FALSE(fit_linear_clipped(line(3), std::vector<double>{1, kNaN, kNaN}, ones(3)).ok());
}

TEST(LinearFit, NeverRejectsBelowTheNumberOfTerms) {
  const std::vector<double> y{0, 5, 1, 9, 2, 7};
  const auto fit = fit_linear_clipped(line(6), y, ones(6), {.reject_level = 0.3, .max_rounds = 99});
  EXPECT_TRUE(fit.ok());
  EXPECT_GE(fit.n_used, 2);
}

TEST(LinearFit, OfEqualColumnsSharesTheCoefficient) {
  Eigen::MatrixXd a(6, 3);
  std::vector<double> y;
  for (int i = 0; i < 6; ++i) {
    a.row(i) << 1.0, i, i;
    y.push_back(2.0 + 4.0 * i);
  }
  const auto fit = fit_linear_clipped(a, y, ones(6));
  EXPECT_EQ(fit.rank, 2);
  EXPECT_NEAR(fit.coefficients[0], 2.0, 1e-12);
  EXPECT_NEAR(fit.coefficients[1], 2.0, 1e-12);
  EXPECT_NEAR(fit.coefficients[2], 2.0, 1e-12);
}

TEST(LinearFit, FindsFullRankAmongColumnsOfVeryDifferentSize) {
  Eigen::MatrixXd a(20, 3);
  std::vector<double> y;
  for (int i = 0; i < 20; ++i) {
    a.row(i) << 1.0, 1e9 * i, 1e-9 * i * i;
    y.push_back(1.0 + 2.0 * i + 3.0 * i * i);
  }
  const auto fit = fit_linear_clipped(a, y, ones(20));
  EXPECT_EQ(fit.rank, 3);
  EXPECT_NEAR(fit.coefficients[2] * 1e-9, 3.0, 1e-11);
}

}  // namespace

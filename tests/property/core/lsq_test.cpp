// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/lsq.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "support/core_lsq_twin.hpp"

using namespace skyweft;

namespace {

struct Problem {
  support::Rows rows;
  Eigen::MatrixXd design;
  std::vector<double> target;
  std::vector<double> weight;
};

/// 40 points, 1 to 5 terms between -1 and 1, noise of sigma 1 with every seventh point 20 times
/// that.
Problem problem_of(unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> flat(-1.0, 1.0);
  std::normal_distribution<double> noise;
  const std::size_t n = 40;
  const std::size_t m = 1 + seed % 5;
  Problem p{.rows = {}, .design = Eigen::MatrixXd(n, m), .target = {}, .weight = {}};
  for (std::size_t i = 0; i < n; ++i) {
    p.rows.emplace_back();
    double y = noise(random) * (i % 7 == 3 ? 20.0 : 1.0);
    for (std::size_t j = 0; j < m; ++j) {
      const double v = j == 0 ? 1.0 : flat(random);
      p.rows.back().push_back(v);
      p.design(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = v;
      y += v * static_cast<double>(j);
    }
    p.target.push_back(y);
    p.weight.push_back(0.5 + std::abs(flat(random)));
  }
  return p;
}

TEST(LinearFit, EqualsTheSlowTwinByNormalEquations) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const auto p = problem_of(seed);
    const auto fast =
        fit_linear_clipped(p.design, p.target, p.weight, {.reject_level = 2.5, .max_rounds = 20});
    const auto slow = support::slow_clipped_fit(p.rows, p.target, p.weight, 2.5, 20);
    ASSERT_TRUE(fast.ok());
    for (std::size_t i = 0; i < p.target.size(); ++i) EXPECT_EQ(fast.kept[i] != 0, slow.kept[i]);
    // Squared condition below 1e3, 40 sums of numbers below 100: 1e3·40·1e-16·100 = 4e-10.
    for (std::size_t j = 0; j < slow.coefficients.size(); ++j)
      EXPECT_NEAR(fast.coefficients[static_cast<Eigen::Index>(j)], slow.coefficients[j], 4e-10);
    EXPECT_NEAR(fast.residual_rms, slow.rms, 4e-10);
  }
}

TEST(LinearFit, KeepsFewerPointsRoundByRound) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    const auto p = problem_of(seed);
    std::vector<std::uint8_t> before(p.target.size(), 1);
    for (int rounds = 0; rounds < 8; ++rounds) {
      const auto fit = fit_linear_clipped(p.design, p.target, p.weight,
                                          {.reject_level = 2.0, .max_rounds = rounds});
      for (std::size_t i = 0; i < before.size(); ++i) EXPECT_LE(fit.kept[i], before[i]);
      before = fit.kept;
    }
  }
}

TEST(LinearFit, LeavesResidualsOrthogonalToTheDesign) {
  for (unsigned seed = 1; seed <= 30; ++seed) {
    const auto p = problem_of(seed);
    const auto fit = fit_linear_clipped(p.design, p.target, p.weight, {.max_rounds = 0});
    for (Eigen::Index j = 0; j < p.design.cols(); ++j) {
      double sum = 0.0;
      for (std::size_t i = 0; i < p.target.size(); ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        const double residual = p.target[i] - p.design.row(row).dot(fit.coefficients);
        sum += p.weight[i] * p.weight[i] * residual * p.design(row, j);
      }
      EXPECT_NEAR(sum, 0.0, 1e-11);  // 40 products below 200, rounded at 1e-16 each, times ten
    }
  }
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

TEST(TermsDesign, EqualsTheMonomialsEvaluatedDirectly) {
  std::mt19937_64 random(20);
  std::uniform_real_distribution<double> flat(-2.0, 2.0);
  constexpr std::int64_t kPoints = 7;
  std::vector<std::vector<double>> columns(3, std::vector<double>(kPoints));
  for (int degree = 0; degree <= 9; ++degree) {
    for (auto& column : columns)
      for (double& v : column) v = flat(random);
    const auto terms = Terms::parse("O" + std::to_string(degree) + "{x,y,z}");
    ASSERT_EQ(terms.n_term(), (degree + 1) * (degree + 2) * (degree + 3) / 6);
    const std::vector<std::span<const double>> spans(columns.begin(), columns.end());
    const Eigen::MatrixXd design = terms.design(spans, kPoints);
    for (Eigen::Index i = 0; i < kPoints; ++i) {
      const auto p = static_cast<std::size_t>(i);
      Eigen::Index k = 0;
      for (int d = 0; d <= degree; ++d)
        for (int a = d; a >= 0; --a)
          for (int b = d - a; b >= 0; --b, ++k) {
            const double direct = std::pow(columns[0][p], a) * std::pow(columns[1][p], b) *
                                  std::pow(columns[2][p], d - a - b);
            // At most 9 products against 3 powers and 2 products, each rounding at 1.1e-16.
            EXPECT_NEAR(design(i, k), direct, 2e-15 * std::abs(direct)) << degree << ' ' << k;
          }
    }
  }
}

TEST(TermsDesign, OfAProductHoldsAllPairsOfItsFactors) {
  std::mt19937_64 random(21);
  std::uniform_real_distribution<double> flat(-2.0, 2.0);
  for (int trial = 0; trial < 50; ++trial) {
    const std::string one = "O" + std::to_string(trial % 4) + "{x}";
    const std::string two = "O" + std::to_string(trial % 3) + "{x%1,y}";
    // "+ {x,y}" makes every set know both names in the same order.
    const auto a = Terms::parse("{x,y} + " + one + "*{1}");
    const auto b = Terms::parse("{x,y} + " + two + "*{1}");
    const auto product = Terms::parse("{x,y} + " + one + "*" + two + "*{1}");
    const std::vector<double> values{flat(random), flat(random)};
    const auto all = [&](const Terms& t) {
      std::vector<double> out(static_cast<std::size_t>(t.n_term()));
      t.evaluate(values, out);
      return std::vector<double>(out.begin() + 2, out.end());
    };
    const auto va = all(a);
    const auto vb = all(b);
    const auto vp = all(product);
    ASSERT_EQ(vp.size(), va.size() * vb.size());
    for (std::size_t i = 0; i < vp.size(); ++i) {
      const double direct = va[i % va.size()] * vb[i / va.size()];
      EXPECT_NEAR(vp[i], direct, 2e-15 * std::abs(direct));
    }
  }
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

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

/// Every operation of the language, alone and mixed, with names that are the same for all points.
const std::vector<std::string> kExpressions{
    "O3{x,y,mag}",
    "O4{x,y} + O2{c}*O2{x,y} + O1{mag-c}*O1{x,y} + O1{x%1,y%1}",
    "{x*x*x*y} + O9{c}",
    "{sin(2*pi*x), cos(2*pi*y), sin(x*1e4), cos(c)}",
    "{floor(x/3), min(x,y), max(x,y,c), abs(y), -x, x%y, x^2, x^3, 2^x}",
    "{sqrt(abs(x)), log(abs(y)+1), log10(abs(y)+1), exp(x/9), tan(x), x/y, (c+1)*(c-x)}",
    "{c}*O2{c} + {x}*{c}",
    "O0{}",
};

TEST(TermsColumns, HaveTheBitsOfSinglePoints) {
  std::mt19937_64 random(22);
  std::uniform_real_distribution<double> flat(-20.0, 20.0);
  // Around the length of a block, which no one needs to know.
  for (const std::int64_t n_point : {0, 1, 3, 255, 256, 257, 1000}) {
    std::map<std::string, std::vector<double>> values;
    for (const char* name : {"x", "y", "mag", "c"}) {
      auto& column = values[name];
      for (std::int64_t p = 0; p < std::max<std::int64_t>(n_point, 1); ++p)
        column.push_back(flat(random));
      column.back() = std::numeric_limits<double>::quiet_NaN();
      column.front() = std::string_view{name} == "x" ? 3e6 : flat(random);
    }
    for (const std::string& text : kExpressions) {
      const Terms terms = Terms::parse(text);
      const auto n_term = static_cast<std::size_t>(terms.n_term());
      std::vector<Terms::Column> columns;
      for (const std::string& name : terms.names())
        columns.push_back({values[name].data(), name == "c"});
      const std::int64_t stride = n_point + 5;
      std::vector<double> all(n_term * static_cast<std::size_t>(stride), -7.0);
      terms.evaluate_columns(columns, n_point, all.data(), stride);
      // In two steps, as users of centred variables do.
      std::vector<double> variables(static_cast<std::size_t>(terms.n_variable() * n_point));
      std::vector<double> again(n_term * static_cast<std::size_t>(stride), -7.0);
      terms.evaluate_variables(columns, n_point, variables.data(), n_point);
      terms.multiply_variables(variables.data(), n_point, n_point, again.data(), stride);
      std::vector<double> one(n_term);
      std::vector<double> point(columns.size());
      for (std::int64_t p = 0; p < stride; ++p) {
        for (std::size_t c = 0; c < columns.size(); ++c)
          point[c] = columns[c].values[columns[c].is_scalar || p >= n_point ? 0 : p];
        terms.evaluate(point, one);
        for (std::size_t k = 0; k < n_term; ++k) {
          const std::size_t at = k * static_cast<std::size_t>(stride) + static_cast<std::size_t>(p);
          const double expected = p < n_point ? one[k] : -7.0;
          ASSERT_EQ(std::isnan(all[at]), std::isnan(expected)) << text << ' ' << k << ' ' << p;
          if (std::isnan(expected)) continue;
          ASSERT_EQ(std::bit_cast<std::uint64_t>(all[at]), std::bit_cast<std::uint64_t>(expected))
              << text << ' ' << k << ' ' << p;
          ASSERT_EQ(again[at], expected) << text << ' ' << k << ' ' << p;
        }
      }
    }
  }
}

TEST(TermsColumns, HoldSinesWithinTheDocumentedError) {
  std::mt19937_64 random(23);
  std::uniform_real_distribution<double> flat(-1.0, 1.0);
  constexpr std::int64_t kPoints = 200000;
  std::vector<double> x(kPoints);
  for (std::size_t p = 0; p < x.size(); ++p) {
    // All sizes up to 1e5, and near multiples of pi/2, where the reduction is hardest.
    x[p] = p % 2 == 0 ? 1e5 * std::pow(flat(random), 9)
                      : static_cast<double>(p % 63000) * 1.5707963267948966 + 1e-9 * flat(random);
  }
  const Terms terms = Terms::parse("{sin(x), cos(x)}");
  std::vector<double> out(2 * x.size());
  const Terms::Column column{x.data()};
  terms.evaluate_columns({&column, 1}, kPoints, out.data(), kPoints);
  double worst = 0.0;
  for (std::size_t p = 0; p < x.size(); ++p) {
    worst = std::max(
        {worst, std::abs(out[p] - std::sin(x[p])), std::abs(out[p + x.size()] - std::cos(x[p]))});
  }
  // 5e-16 promised; the system's functions, right to 0.6 units in the last place, add 0.7e-16.
  EXPECT_LT(worst, 5e-16);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/random.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skyweft::simulator {
namespace {

TEST(Random, GivesTheSameNumbersForTheSameKeyAndOthersForAnother) {
  Random a{7, Stream::light, 3}, b{7, Stream::light, 3}, c{7, Stream::light, 4},
      d{8, Stream::light, 3}, e{7, Stream::dark, 3};
  const auto first = a.bits();
  EXPECT_EQ(first, b.bits());
  EXPECT_NE(first, c.bits());
  EXPECT_NE(first, d.bits());
  EXPECT_NE(first, e.bits());
}

TEST(Random, PoissonHasItsMeanAndVarianceAndThirdMoment) {
  constexpr int n = 200000;
  for (const double mean : {0.3, 4.0, 11.9, 12.1, 40.0, 900.0, 3e5}) {
    Random random{11, Stream::light, static_cast<std::uint64_t>(mean * 10)};
    double sum = 0.0, sum2 = 0.0, sum3 = 0.0;
    for (int i = 0; i < n; ++i) {
      const double d = random.poisson(mean) - mean;
      sum += d;
      sum2 += d * d;
      sum3 += d * d * d;
    }
    // Standard errors: mean √(λ/n); variance √((λ + 2λ²)/n); third moment about √(15λ³ + …)/√n.
    EXPECT_NEAR(sum / n, 0.0, 5.0 * std::sqrt(mean / n)) << mean;
    EXPECT_NEAR(sum2 / n, mean, 5.0 * std::sqrt((mean + 2.0 * mean * mean) / n)) << mean;
    const double sixth = mean + 25 * mean * mean + 15 * mean * mean * mean;
    EXPECT_NEAR(sum3 / n, mean, 5.0 * std::sqrt(sixth / n)) << mean;
  }
}

TEST(Random, NormalHasUnitVarianceAndKurtosisThree) {
  constexpr int n = 200000;
  Random random{5, Stream::light};
  double sum = 0.0, sum2 = 0.0, sum4 = 0.0;
  for (int i = 0; i < n; ++i) {
    const double z = random.normal();
    sum += z;
    sum2 += z * z;
    sum4 += z * z * z * z;
  }
  EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
  EXPECT_NEAR(sum2 / n, 1.0, 5.0 * std::sqrt(2.0 / n));
  EXPECT_NEAR(sum4 / n, 3.0, 5.0 * std::sqrt(96.0 / n));
}

}  // namespace
}  // namespace skyweft::simulator

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack_frames.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::odd_frames;

namespace {

TEST(OddFrames, AreNamedWithMeasureAndThreshold) {
  const std::vector<double> level{1000, 1001, 999, 1002, 998, 1040, 1000, 1001, 999, 1000};
  const std::vector<double> sigma{5, 5, 5, 5, 5, 5, 5, 9, 5, 5};
  const auto odd = odd_frames(level, sigma);
  ASSERT_EQ(odd.size(), 2U);
  EXPECT_EQ(odd[0].i_frame, 5);
  EXPECT_EQ(odd[0].test, "stack_level");
  // the others: median 1000, distances 0 0 0 1 1 1 1 2 2, MAD 1; widened by 1 + 1000/729
  EXPECT_NEAR(odd[0].measured, 40.0 / (1.4826022 * (1.0 + 1000.0 / 729.0)), 1e-6);
  EXPECT_EQ(odd[0].threshold, 5.0);
  EXPECT_EQ(odd[1].i_frame, 7);
  EXPECT_EQ(odd[1].test, "stack_sigma");
  EXPECT_DOUBLE_EQ(odd[1].measured, 4.0 / 0.1);  // at least 2 % of 5
}

TEST(OddFrames, AreNotEqualFramesNorThoseOffByRounding) {
  EXPECT_TRUE(odd_frames(std::vector<double>(8, 7.0), std::vector<double>(8, 2.0)).empty());
  EXPECT_TRUE(odd_frames(std::vector<double>(8, 7.0), std::vector<double>(8, 0.0)).empty());
  std::vector<double> level(8, 7.0);
  level[3] += 1e-13;
  EXPECT_TRUE(odd_frames(level, std::vector<double>(8, 2.0)).empty());
}

TEST(OddFrames, AreThoseWithoutValuesButNoneOfVeryFew) {
  const auto odd = odd_frames(std::vector<double>{1, kNaN, 50, 1}, std::vector<double>(4, 1.0));
  ASSERT_EQ(odd.size(), 1U);
  EXPECT_EQ(odd[0].i_frame, 1);
  EXPECT_TRUE(std::isinf(odd[0].measured));
  EXPECT_THROW(odd_frames(std::vector<double>(3), std::vector<double>(2)), Error);
}

TEST(OddFrames, AreRareAmongGoodOnes) {
  // One in 1000 at most is promised. 2000 stacks of 5, 6, 8, 10, 20 normal levels: 98 000 frames;
  // 98 expected at most, √98 = 10, limit 4 sigma up.
  std::mt19937_64 random(31);
  std::normal_distribution<double> gauss(1000.0, 1.0);
  std::size_t n_odd = 0;
  for (const std::size_t n : {5U, 6U, 8U, 10U, 20U})
    for (int trial = 0; trial < 2000; ++trial) {
      std::vector<double> level(n);
      for (double& v : level) v = gauss(random);
      n_odd += odd_frames(level, std::vector<double>(n, 0.01)).size();
    }
  EXPECT_LE(n_odd, 138U);
}

}  // namespace

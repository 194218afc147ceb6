// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/linearity.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::linearise_row;

namespace {

TEST(Linearise, FollowsThePolynomial) {
  // 1000 (1 + 1e-5·1000 + 2e-9·1000²) = 1012, slope 1 + 2·0.01 + 3·0.002 = 1.026; −100 gives
  // −100 (1 − 0.001 + 0.00002) = −99.902. Relative error 2⁻²⁴ (1 + 7·0.012)/(1 − 0.012) = 6.5e-8.
  std::vector<float> adu{1000.0F, 0.0F, -100.0F};
  std::vector<float> slope(3);
  linearise_row(adu, slope, std::vector<double>{1e-5, 2e-9});
  EXPECT_NEAR(adu[0], 1012.0, 1012.0 * 7e-8);
  EXPECT_EQ(adu[1], 0.0F);
  EXPECT_NEAR(adu[2], -99.902, 99.902 * 7e-8);
  EXPECT_NEAR(slope[0], 1.026, 1.3e-7);  // 2⁻²⁴ (1 + 7·0.026) and a float's own step
  EXPECT_EQ(slope[1], 1.0F);
}

TEST(Linearise, WithoutCoefficientsChangesNothing) {
  std::vector<float> adu{1.5F, -2.5F};
  std::vector<float> slope(2);
  linearise_row(adu, slope, {});
  EXPECT_EQ(adu, (std::vector<float>{1.5F, -2.5F}));
  EXPECT_EQ(slope, (std::vector<float>{1.0F, 1.0F}));
  EXPECT_THROW(linearise_row(adu, {slope.data(), 1}, {}), Error);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/limits.hpp"

#include <cmath>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

TEST(Limits, FollowTheirFormulas) {
  EXPECT_DOUBLE_EQ(phot::magnitude(100.0, 25.0), 20.0);
  EXPECT_NEAR(phot::magnitude_error(100.0, 1.0), 0.010857362047581296, 1e-16);
  EXPECT_DOUBLE_EQ(phot::noise_of_area_e(25.0, 3.0), 15.0);
  EXPECT_DOUBLE_EQ(phot::upper_limit_e(5.0, 20.0), 100.0);
  EXPECT_DOUBLE_EQ(phot::upper_limit_mag(5.0, 20.0, 25.0), 20.0);
}

TEST(Limits, OfNothingAreNothing) {
  EXPECT_TRUE(std::isnan(phot::magnitude(0.0, 25.0)));
  EXPECT_TRUE(std::isnan(phot::magnitude(-3.0, 25.0)));
  EXPECT_TRUE(std::isnan(phot::magnitude(kNaN, 25.0)));
  EXPECT_TRUE(std::isnan(phot::magnitude_error(-3.0, 1.0)));
  EXPECT_TRUE(std::isnan(phot::upper_limit_mag(5.0, kNaN, 25.0)));
  EXPECT_TRUE(std::isnan(phot::upper_limit_mag(5.0, 20.0, kNaN)));
}

TEST(MagnitudeInterval, IsAsymmetric) {
  const auto half = phot::magnitude_interval(100.0, 50.0);
  EXPECT_NEAR(half.brighter, 2.5 * std::log10(1.5), 1e-15);
  EXPECT_NEAR(half.fainter, 2.5 * std::log10(2.0), 1e-15);
  EXPECT_TRUE(std::isinf(phot::magnitude_interval(100.0, 100.0).fainter));
  EXPECT_TRUE(std::isnan(phot::magnitude_interval(-1.0, 100.0).fainter));
  // Small errors: both are the first order one, to half its square over 1.0857.
  const auto small = phot::magnitude_interval(1e4, 1.0);
  EXPECT_NEAR(small.brighter, phot::magnitude_error(1e4, 1.0), 1e-8);
  EXPECT_NEAR(small.fainter, phot::magnitude_error(1e4, 1.0), 1e-8);
}

TEST(Depth, PutsBothNoisesBesideEachOther) {
  const auto depth = phot::depth_of(3.0, 5.0, 20.0, 30.0, 25.0);
  EXPECT_DOUBLE_EQ(depth.budget_e, 100.0);
  EXPECT_DOUBLE_EQ(depth.budget_mag, 20.0);
  EXPECT_DOUBLE_EQ(depth.empty_e, 150.0);
  EXPECT_DOUBLE_EQ(depth.empty_mag, 25.0 - 2.5 * std::log10(150.0));
  EXPECT_DOUBLE_EQ(depth.ratio, 1.5);
  const auto unknown = phot::depth_of(3.0, 5.0, 20.0, kNaN, 25.0);
  EXPECT_DOUBLE_EQ(unknown.budget_mag, 20.0);
  EXPECT_TRUE(std::isnan(unknown.empty_mag));
  EXPECT_TRUE(std::isnan(unknown.ratio));
}

}  // namespace

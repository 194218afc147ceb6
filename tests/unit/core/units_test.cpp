// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/units.hpp"

#include <cmath>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

// One product or quotient of doubles rounds at 1.1e-16 relative; at most four follow each other.
constexpr double kRound = 5e-16;

TEST(Angle, IsTheSameInEveryUnit) {
  const Angle right = Angle::from_deg(90.0);
  EXPECT_NEAR(right.rad(), 1.5707963267948966, kRound * 1.6);
  EXPECT_NEAR(right.hours(), 6.0, kRound * 6.0);
  EXPECT_NEAR(right.arcsec(), 324000.0, kRound * 324000.0);
  EXPECT_NEAR(Angle::from_hours(6.0).deg(), 90.0, kRound * 90.0);
  EXPECT_NEAR(Angle::from_arcsec(3600.0).deg(), 1.0, kRound);
  EXPECT_EQ(Angle::from_rad(0.25).rad(), 0.25);
}

TEST(Angle, IsZeroByDefault) {
  EXPECT_EQ(Angle{}.rad(), 0.0);
}

TEST(Angle, AddsSubtractsAndScales) {
  const Angle a = Angle::from_rad(0.75);
  const Angle b = Angle::from_rad(0.5);
  EXPECT_EQ((a + b).rad(), 1.25);
  EXPECT_EQ((a - b).rad(), 0.25);
  EXPECT_EQ((2.0 * a).rad(), 1.5);
}

TEST(Angle, IsOrderedByItsSize) {
  EXPECT_LT(Angle::from_deg(-1.0), Angle::from_arcsec(1.0));
  EXPECT_EQ(Angle::from_rad(1.0), Angle::from_rad(1.0));
}

TEST(Constants, AgreeWithTheirDefinitions) {
  EXPECT_NEAR(kMagPerRelativeFlux, 2.5 / std::log(10.0), kRound * 2.0);
  EXPECT_NEAR(kArcsecPerRad, 206264.80624709636, 206265.0 * kRound);
  EXPECT_TRUE(std::isnan(kNaN));
  EXPECT_TRUE(std::isnan(kNaNf));
}

}  // namespace

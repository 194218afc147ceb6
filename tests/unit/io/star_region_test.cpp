// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_region.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::io {
namespace {

SkyPos at_deg(double ra_deg, double dec_deg) {
  return {Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)};
}

TEST(StarRegion, ConeReachesOverThePoleAndRaZero) {
  const auto polar = StarRegion::cone(at_deg(30.0, 89.0), Angle::from_deg(2.0));
  EXPECT_TRUE(polar.holds(direction_to(210.0, 89.01)));
  EXPECT_FALSE(polar.holds(direction_to(210.0, 88.99)));
  EXPECT_TRUE(polar.holds(direction_to(77.0, 90.0)));
  const auto zero = StarRegion::cone(at_deg(359.5, 0.0), Angle::from_deg(1.0));
  EXPECT_TRUE(zero.holds(direction_to(0.499999, 0.0)));
  EXPECT_FALSE(zero.holds(direction_to(0.500001, 0.0)));
  const auto all = StarRegion::cone(at_deg(0.0, 0.0), Angle::from_deg(180.0));
  EXPECT_TRUE(all.holds(direction_to(180.0, 0.0)));
  // Even a cone of a milliarcsecond is exact to a microarcsecond (2.8e-10 deg).
  const auto tiny = StarRegion::cone(at_deg(80.0, 0.0), Angle::from_arcsec(1e-3));
  EXPECT_TRUE(tiny.holds(direction_to(80.0, 0.999e-3 / 3600.0)));
  EXPECT_FALSE(tiny.holds(direction_to(80.0, 1.001e-3 / 3600.0)));
}

TEST(StarRegion, PolygonHasGreatCirclesAsSides) {
  // The great circle between (0°, 60°) and (90°, 60°) has its top at 45°: tan Dec = tan 60° √2.
  const double top = std::atan(std::tan(60.0 * kRadPerDeg) * std::sqrt(2.0)) / kRadPerDeg;
  for (const bool turned : {false, true}) {
    std::vector<SkyPos> corners{at_deg(0, 60), at_deg(90, 60), at_deg(90, 20), at_deg(0, 20)};
    if (turned) std::reverse(corners.begin(), corners.end());
    const auto region = StarRegion::polygon(corners);
    EXPECT_TRUE(region.holds(direction_to(45.0, top - 1e-6)));
    EXPECT_FALSE(region.holds(direction_to(45.0, top + 1e-6)));
    EXPECT_FALSE(region.holds(direction_to(225.0, -40.0)));  // opposite of the inside
  }
}

TEST(StarRegion, PolygonMayHoldThePoleOrRaZeroOrHaveABay) {
  const auto pole = StarRegion::polygon({at_deg(0, -80), at_deg(120, -80), at_deg(240, -80)});
  EXPECT_TRUE(pole.holds(direction_to(17.0, -90.0)));
  EXPECT_TRUE(pole.holds(direction_to(60.0, -86.0)));
  EXPECT_FALSE(pole.holds(direction_to(60.0, -83.0)));  // the side's middle is at 84.97°
  EXPECT_FALSE(pole.holds(direction_to(60.0, 86.0)));
  const auto zero =
      StarRegion::polygon({at_deg(359, -1), at_deg(1, -1), at_deg(1, 1), at_deg(359, 1)});
  EXPECT_TRUE(zero.holds(direction_to(0.0, 0.0)));
  EXPECT_TRUE(zero.holds(direction_to(359.2, 0.9)));
  EXPECT_FALSE(zero.holds(direction_to(180.0, 0.0)));
  const auto bay = StarRegion::polygon(
      {at_deg(10, 0), at_deg(14, 0), at_deg(14, 4), at_deg(12, 1), at_deg(10, 4)});
  EXPECT_FALSE(bay.holds(direction_to(12.0, 2.0)));
  EXPECT_TRUE(bay.holds(direction_to(12.0, 0.5)));
  EXPECT_TRUE(bay.holds(direction_to(13.8, 3.0)));
}

TEST(StarRegion, OverlapIsNeverWrong) {
  const auto bay = StarRegion::polygon(
      {at_deg(10, 0), at_deg(14, 0), at_deg(14, 4), at_deg(12, 1), at_deg(10, 4)});
  using enum StarRegion::Overlap;
  EXPECT_EQ(bay.overlap(direction_to(12.0, 2.5), Angle::from_deg(0.2)), none);  // in the bay
  EXPECT_EQ(bay.overlap(direction_to(12.0, 0.5), Angle::from_deg(0.2)), whole);
  EXPECT_EQ(bay.overlap(direction_to(12.0, 0.5), Angle::from_deg(0.6)), some);
  EXPECT_EQ(bay.overlap(direction_to(12.0, 1.5), Angle::from_deg(0.6)), some);
  EXPECT_EQ(bay.overlap(direction_to(192.0, -2.0), Angle::from_deg(9.0)), none);
  const auto cone = StarRegion::cone(at_deg(0, 0), Angle::from_deg(10));
  EXPECT_EQ(cone.overlap(direction_to(5.0, 0.0), Angle::from_deg(4.9)), whole);
  EXPECT_EQ(cone.overlap(direction_to(5.0, 0.0), Angle::from_deg(5.1)), some);
  EXPECT_EQ(cone.overlap(direction_to(15.0, 0.0), Angle::from_deg(5.1)), some);
  EXPECT_EQ(cone.overlap(direction_to(15.0, 0.0), Angle::from_deg(4.9)), none);
}

TEST(StarRegion, RefusesWhatIsNoRegion) {
  EXPECT_THROW(StarRegion::cone(at_deg(0, 0), Angle::from_deg(-1)), Error);
  EXPECT_THROW(StarRegion::cone(at_deg(0, 0), Angle::from_deg(kNaN)), Error);
  EXPECT_THROW(StarRegion::cone(at_deg(0, 91), Angle::from_deg(1)), Error);
  EXPECT_THROW(StarRegion::polygon({at_deg(0, 0), at_deg(1, 1)}), Error);
  EXPECT_THROW(StarRegion::polygon({at_deg(0, 0), at_deg(120, 0), at_deg(240, 0)}), Error);
  EXPECT_THROW(StarRegion::polygon({at_deg(0, 0), at_deg(1, kNaN), at_deg(1, 1)}), Error);
}

}  // namespace
}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/catalog.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace {

using namespace skyweft;

StarCatalog one_star(double ra_deg, double dec_deg, double pm_ra, double pm_dec, float parallax) {
  return {.epoch_yr = 2016.0,
          .id = {1},
          .ra_deg = {ra_deg},
          .dec_deg = {dec_deg},
          .pm_ra_mas_yr = {pm_ra},
          .pm_dec_mas_yr = {pm_dec},
          .mag = {9.0F},
          .colour = {0.5F},
          .parallax_mas = {parallax}};
}

// Doubles near 360 are 5.7e-14 apart; a handful of operations on unit vectors stays below 1e-12.
constexpr double kRounding_deg = 1e-12;

TEST(Propagate, ShiftsByParallaxTowardsTheBarycentre) {
  // An observer at +1 au along x sees a star on +y moved to −x: by atan ϖ, ϖ = 0.5″.
  StarCatalog s = one_star(90.0, 0.0, 0.0, 0.0, 500.0F);
  sky::propagate(s, 2016.0, {1.0, 0.0, 0.0});
  EXPECT_NEAR(s.ra_deg[0], 90.0 + std::atan(0.5 / kArcsecPerRad) / kRadPerDeg, kRounding_deg);
  EXPECT_EQ(s.dec_deg[0], 0.0);
  // One on the pole is moved 0.5″ away from the observer, to RA 180°.
  StarCatalog pole = one_star(77.0, 90.0, 0.0, 0.0, 500.0F);
  sky::propagate(pole, 2016.0, {1.0, 0.0, 0.0});
  EXPECT_NEAR(90.0 - pole.dec_deg[0], 0.5 / 3600.0, kRounding_deg);
  // cos 90° in floating point is 6.2e-17, of 2.4e-6: an angle of 1.5e-9 degrees.
  EXPECT_NEAR(pole.ra_deg[0], 180.0, 2e-9);
  StarCatalog far = one_star(359.9, 1.0, 0.0, 0.0, 0.0F);
  sky::propagate(far, 2016.0, {1.0, 0.0, 0.0});
  EXPECT_EQ(far.ra_deg[0], 359.9);
}

TEST(Propagate, TurnsTheMotionSoThatTwoStepsAreOne) {
  // 10″ from the pole at 20″ per year: the direction of motion turns by 63° in the first year.
  StarCatalog one = one_star(30.0, 90.0 - 10.0 / 3600.0, 2e4, 0.0, 0.0F);
  StarCatalog two = one;
  sky::propagate(one, 2018.0);
  sky::propagate(two, 2017.0);
  sky::propagate(two, 2018.0);
  // What one step keeps and two lose is the change of distance, (μt)² = 1e-8 of the 40″.
  EXPECT_NEAR(two.dec_deg[0], one.dec_deg[0], 1e-8 * 40.0 / 3600.0);
  EXPECT_NEAR(std::remainder(two.ra_deg[0] - one.ra_deg[0], 360.0), 0.0, 1e-5);
  sky::propagate(one, 2016.0);
  EXPECT_NEAR(one.dec_deg[0], 90.0 - 10.0 / 3600.0, 2e-8 * 40.0 / 3600.0);
}

TEST(Propagate, TakesRadialVelocityAsPerspective) {
  // Halfway here: v_r ϖ / 4.740470446 · t = −0.5 with ϖ = 1″; the way across seems twice as long.
  StarCatalog s = one_star(10.0, 0.0, 0.0, 1000.0, 1000.0F);
  const double per_year = -0.5 / 100.0;
  s.extra = {{"radial_velocity", {static_cast<float>(per_year * 4.740470446 * kArcsecPerRad)}}};
  sky::propagate(s, 2116.0);
  // The velocity is a float: 6e-8 of it.
  EXPECT_NEAR(s.dec_deg[0], std::atan(200.0 / kArcsecPerRad) / kRadPerDeg, 200.0 / 3600 * 1.2e-7);
  StarCatalog unknown = one_star(10.0, 0.0, 0.0, 1000.0, 1000.0F);
  unknown.extra = {{"radial_velocity", {kNaNf}}};
  sky::propagate(unknown, 2116.0);
  EXPECT_NEAR(unknown.dec_deg[0], std::atan(100.0 / kArcsecPerRad) / kRadPerDeg, kRounding_deg);
}

TEST(Propagate, LeavesImpossibleMotionsAlone) {
  StarCatalog s = one_star(10.0, 20.0, 1e308, kNaN, 0.0F);
  sky::propagate(s, 2100.0);
  EXPECT_EQ(s.ra_deg[0], 10.0);
  EXPECT_EQ(s.dec_deg[0], 20.0);
}

TEST(StarsInCone, KeepTheFurtherColumns) {
  StarCatalog s = one_star(10.0, 20.0, 0.0, 0.0, 3.0F);
  s.extra = {{"ruwe", {1.5F}}};
  const SkyPos centre{Angle::from_deg(10.0), Angle::from_deg(20.0)};
  EXPECT_EQ(sky::stars_in_cone(s, centre, Angle::from_deg(1.0), 99.0F, 9), s);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/sun_moon.hpp"
#include "sky/time.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

Site site_of(double lat_deg, double lon_deg, double height_m) {
  return {Angle::from_deg(lon_deg), Angle::from_deg(lat_deg), height_m};
}

double separation_deg(const sky::Vec3& a, const sky::Vec3& b) {
  return sky::separation(sky::direction_of(a), sky::direction_of(b)).deg();
}

}  // namespace

// The total eclipse of 2017-08-21 was greatest at 18:25:32 UTC, 36.97° N 87.67° W, with the Sun at
// 64° altitude and 198° azimuth: the shadow's axis goes through that place. Places are given to
// 0.005° (0.6 km of 370000 km: 0.3″), the second to half of its shadow's 0.8 km/s; the Sun's
// aberration of 20.5″ and 10″ of the Moon's theory come on top: 32″. The Moon's parallax, 0.4°
// here, decides.
TEST(SunAndMoon, CoverEachOtherInATotalEclipse) {
  const double utc = 2457986.5 + (18 * 3600 + 25 * 60 + 32) / 86400.0;
  const Site site = site_of(36.97, -87.67, 150.0);
  const sky::SunMoon now = sky::sun_and_moon(utc, site);
  EXPECT_LT(separation_deg(now.sun, now.moon), 32.0 / 3600.0);
  EXPECT_LT(now.moon_lit, 1e-4);
  const sky::SkyConditions c = sky::sky_conditions(utc, site, sky::direction_of(now.sun));
  EXPECT_NEAR(c.sun_altitude_deg, 63.9, 0.1);
  EXPECT_NEAR(c.azimuth_deg, 197.9, 0.5);
  EXPECT_NEAR(c.zenith_distance_deg, 90.0 - c.sun_altitude_deg, 1e-9);
  EXPECT_NEAR(c.moon_separation_deg, separation_deg(now.sun, now.moon), 1e-9);
  // From the other side of that meridian the two are apart by the parallax: some tenths of a
  // degree.
  EXPECT_GT(separation_deg(sky::sun_and_moon(utc, site_of(-36.0, -87.67, 0.0)).sun,
                           sky::sun_and_moon(utc, site_of(-36.0, -87.67, 0.0)).moon),
            0.5);
}

// Meeus 1998, examples 47.a and 48.a: 1992 April 12, 0h TD (58.2 s ahead of UTC): distance from the
// Earth's centre 368409.7 km, lit fraction 0.6786. From a place on the Earth the distance differs
// by an Earth radius at most; the phase angle by the parallax, 0.99°, so the fraction by half of
// that times sin i = 0.93.
TEST(SunAndMoon, GiveTheExampleOfTheBook) {
  const double utc = 2448724.5 - 58.2 / 86400.0;
  for (const double longitude_deg : {0.0, 90.0, 180.0, 270.0}) {
    const sky::SunMoon now = sky::sun_and_moon(utc, site_of(20.0, longitude_deg, 0.0));
    EXPECT_NEAR(now.moon_distance_km, 368409.7, 6379.0);
    EXPECT_NEAR(now.moon_lit, 0.6786, 0.5 * 0.99 * kRadPerDeg * 0.93 + 5e-5);
  }
  // The mean over the two poles is the centre but for (6357/368410)²/2 = 1.5e-4 of the distance,
  // 55 km.
  const double north = sky::sun_and_moon(utc, site_of(90.0, 0.0, 0.0)).moon_distance_km;
  const double south = sky::sun_and_moon(utc, site_of(-90.0, 0.0, 0.0)).moon_distance_km;
  EXPECT_NEAR(0.5 * (north + south), 368409.7 + 55.0, 60.0);
}

TEST(SkyConditions, AreThoseOfTheSingleFunctions) {
  const Site site = site_of(31.68, -110.88, 1268.0);
  const double utc = 2458107.565;
  const SkyPos star = at_deg(31.04, 46.69);
  const auto time = sky::frame_time(utc, site);
  const auto c = sky::sky_conditions(utc, site, star);
  EXPECT_DOUBLE_EQ(c.airmass, sky::airmass(time, star));
  EXPECT_NEAR(c.zenith_distance_deg, sky::zenith_distance(time, star).deg(), 1e-12);
  EXPECT_NEAR(c.hour_angle_deg, sky::hour_angle(utc, site, star).deg(), 1e-10);
  // East of the meridian before it culminates: hour angle and azimuth agree.
  EXPECT_EQ(c.hour_angle_deg < 0.0, c.azimuth_deg < 180.0);
}

// The pole of the Earth's axis (within 0.4° of Polaris' place, here the pole itself): azimuth 0 or
// 360 and an altitude that is the latitude, to the 9″ of nutation and 0.12° of precession since
// 2000.
TEST(SkyConditions, OfTheNorthPolePointNorthAtTheLatitude) {
  const auto c = sky::sky_conditions(2458107.565, site_of(40.0, 10.0, 0.0), at_deg(0.0, 90.0));
  EXPECT_NEAR(90.0 - c.zenith_distance_deg, 40.0, 0.125);
  EXPECT_NEAR(std::remainder(c.azimuth_deg, 360.0), 0.0, 0.125 / std::cos(40.0 * kRadPerDeg));
}

TEST(SkyConditions, RefuseWhatIsNoDateAndNoPlace) {
  const Site site = site_of(0.0, 0.0, 0.0);
  EXPECT_THROW((void)sky::sky_conditions(kNaN, site, at_deg(0.0, 0.0)), Error);
  EXPECT_THROW((void)sky::sun_and_moon(1e12, site), Error);
}

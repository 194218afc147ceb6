// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/time.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/detected_stars.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

Site site_of(double lat_deg, double lon_deg, double height_m) {
  return {Angle::from_deg(lon_deg), Angle::from_deg(lat_deg), height_m};
}

// hatp32's first frame: start 2017-12-20T01:33:43.317 UTC, 60 s.
const double kHatp32Mid = 2458107.5 + (1 * 3600 + 33 * 60 + 43.317 + 30.0) / 86400.0;

TEST(BjdTdb, OfTheFirstHatp32FrameIsThePublishedOne) {
  const auto t = sky::frame_time(kHatp32Mid, site_of(31.68, -110.88, 1268.0));
  EXPECT_NEAR(sky::bjd_tdb(t, at_deg(31.042736, 46.687853)), 2458107.569858, 2e-6);
}

TEST(FrameTime, TdbIsUtcPlusLeapSecondsAndTtOffset) {
  const auto t = sky::frame_time(kHatp32Mid, site_of(0, 0, 0));
  // 37 s of leap seconds + 32.184 s; the periodic terms stay below 2 ms; JD resolves 40 µs.
  EXPECT_NEAR((t.tdb_jd - kHatp32Mid) * 86400.0, 69.184, 0.0021);
}

TEST(FrameTime, RefusesADateThatIsNoDate) {
  EXPECT_THROW(sky::frame_time(kNaN, site_of(0, 0, 0)), Error);
}

TEST(Airmass, IsOneAtTheZenithAndTwoAtSixtyDegrees) {
  const auto t = sky::frame_time(kHatp32Mid, site_of(31.68, -110.88, 1268.0));
  const SkyPos zenith = sky::direction_of(t.zenith);
  EXPECT_NEAR(sky::airmass(t, zenith), 1.0, 1e-6);
  EXPECT_NEAR(sky::zenith_distance(t, zenith).deg(), 0.0, 1e-6);
  const SkyPos low = sky::TangentPlane{zenith}.deproject({std::tan(kPi / 3) / kRadPerDeg, 0.0});
  EXPECT_NEAR(sky::zenith_distance(t, low).deg(), 60.0, 1e-9);
  // Young & Irvine 1967: sec z (1 - 0.0012 (sec² z - 1)) = 1.9928, good to some 1e-3 here.
  EXPECT_NEAR(sky::airmass(t, low), 1.9928, 2e-3);
  const auto z = sky::unit_vector(zenith);
  EXPECT_TRUE(std::isnan(sky::airmass(t, sky::direction_of({-z[0], -z[1], -z[2]}))));
}

TEST(HourAngle, IsZeroAtTheZenithAndGrowsWithTime) {
  const Site site = site_of(31.68, -110.88, 1268.0);
  const auto t = sky::frame_time(kHatp32Mid, site);
  const SkyPos zenith = sky::direction_of(t.zenith);
  EXPECT_NEAR(sky::hour_angle(kHatp32Mid, site, zenith).deg(), 0.0, 1e-6);
  // One hour of sidereal rotation: 15.041 degrees.
  EXPECT_NEAR(sky::hour_angle(kHatp32Mid + 1.0 / 24.0, site, zenith).deg(), 15.041, 1e-3);
}

TEST(StarsFromDetections, TakeMagnitudesFromTheCatalogueOrTheZeroPoint) {
  support::SkyFieldOptions o;
  o.false_share = 0.3;
  o.noise_px = 0.0;
  const auto f = support::make_sky_field(o);
  const double exposure_s = 10.0;
  const StarCatalog s =
      sky::stars_from_detections(f.sources, f.truth, f.stars, exposure_s, 4.0, 0.0);
  EXPECT_EQ(s.size(), f.sources.size());
  std::int64_t n_known = 0;
  for (std::size_t i = 0; i < s.id.size(); ++i) {
    if (i > 0) {
      EXPECT_LT(s.id[i - 1], s.id[i]);
    }
    EXPECT_EQ(s.id[i], id_from_position(at_deg(s.ra_deg[i], s.dec_deg[i])));
    if (std::isfinite(s.colour[i])) ++n_known;
    EXPECT_GT(s.mag[i], 3.0f);  // fluxes were made with zero point 0 for 1 s
    EXPECT_LT(s.mag[i], 13.5f);
  }
  EXPECT_NEAR(static_cast<double>(n_known), 0.7 * static_cast<double>(s.size()), 4.0);
  EXPECT_THROW(sky::stars_from_detections(f.sources, f.truth, f.stars, 0.0, 4.0, 0.0), Error);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/time.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/sky_field.hpp"
#include "support/sky_python.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

// In: midnight JD, fraction of the day, longitude, latitude, height, RA, Dec. Out, twice (with the
// UT1 that astropy brings along, then with UT1 = UTC): BJD_TDB as seconds since (midnight + 1 d),
// altitude in degrees, hour angle in degrees. AltAz holds the aberration and diurnal terms; the
// hour angle is taken from the same frame, so all angles are apparent ones.
constexpr const char* kScript = R"(
import sys, warnings
warnings.simplefilter('ignore')
import numpy as np
from astropy.utils import iers
iers.conf.auto_download = False
iers.conf.auto_max_age = None
iers.conf.iers_degraded_accuracy = 'warn'
from astropy.time import Time
import astropy.units as u
from astropy.coordinates import (SkyCoord, EarthLocation, AltAz, HADec, solar_system_ephemeris)
solar_system_ephemeris.set('builtin')
for r in np.loadtxt(sys.argv[1], ndmin=2):
    out = []
    site = EarthLocation.from_geodetic(r[2] * u.deg, r[3] * u.deg, r[4] * u.m)
    star = SkyCoord(r[5] * u.deg, r[6] * u.deg, frame='icrs')
    for same in (False, True):
        t = Time(r[0], r[1], format='jd', scale='utc', location=site)
        if same:
            t.delta_ut1_utc = 0.0
        bjd = t.tdb + t.light_travel_time(star, 'barycentric')
        out.append(((bjd.jd1 - r[0] - 1.0) + bjd.jd2) * 86400.0)
        out.append(star.transform_to(AltAz(obstime=t, location=site)).alt.deg)
        out.append(star.transform_to(HADec(obstime=t, location=site)).ha.wrap_at('180d').deg)
    print('row', *('%.17g' % v for v in out))
)";

struct Case {
  double midnight;
  double fraction;
  Site site;
  SkyPos star;
};

std::vector<Case> random_cases() {
  std::mt19937_64 random{20};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::vector<Case> out;
  for (int k = 0; k < 30; ++k) {
    const double days = std::floor(2451544.5 + 25.0 * 365.25 * uniform(random)) + 0.5;
    const double fraction = uniform(random);
    const Site site{Angle::from_deg(360.0 * uniform(random) - 180.0),
                    Angle::from_deg(std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg),
                    4000.0 * uniform(random)};
    const double ra = 360.0 * uniform(random);
    out.push_back(
        {days, fraction, site, at_deg(ra, std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg)});
  }
  return out;
}

TEST(FrameTime, AgreesWithAstropyIn30RandomPlaces) {
  SKYWEFT_NEEDS_ASTROPY;
  const auto cases = random_cases();
  std::vector<std::vector<double>> input;
  for (const Case& c : cases)
    input.push_back({c.midnight, c.fraction, c.site.longitude.deg(), c.site.latitude.deg(),
                     c.site.height_m, c.star.ra.deg(), c.star.dec.deg()});
  const auto expected = support::rows_from_python(kScript, input);
  ASSERT_EQ(expected.size(), cases.size());

  // The light-travel time of both programs stands on epv00, so what remains is the resolution of a
  // JD in one double (40 µs, of the input and of the result) and UT1 − UTC (1.4 µs): far below 1
  // ms.
  constexpr double kBjd_s = 1e-3;
  // We leave out annual aberration (20.5″) and diurnal aberration (0.32″); deflection by the Sun is
  // at most 1.8″; polar motion is 0.6″ at most. UT1 = UTC costs up to 0.9 s × 15.04″/s = 13.5″.
  constexpr double kAngle_deg = (20.5 + 0.32 + 1.8 + 0.6) / 3600.0;
  constexpr double kUt1_deg = 13.5 / 3600.0;
  double worst_bjd_s = 0.0;
  double worst_deg[2] = {0.0, 0.0};
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const double utc = c.midnight + c.fraction;
    const auto t = sky::frame_time(utc, c.site);
    const double distance_deg = sky::zenith_distance(t, c.star).deg();
    const double hour_deg = sky::hour_angle(utc, c.site, c.star).deg();
    for (std::size_t same = 0; same < 2; ++same) {
      const auto* truth = &expected[i][3 * same];
      const double limit_deg = kAngle_deg + (same == 1 ? 0.0 : kUt1_deg);
      const double bjd_s = (sky::bjd_tdb(t, c.star) - c.midnight - 1.0) * 86400.0;
      EXPECT_NEAR(bjd_s, truth[0], kBjd_s) << i;
      EXPECT_NEAR(distance_deg, 90.0 - truth[1], limit_deg) << i;
      // An angle at the pole of hour angles; a shift on the sky is cos δ of it (δ of date ≈ δ).
      const double off = std::remainder(hour_deg - truth[2], 360.0) * std::cos(c.star.dec.rad());
      EXPECT_NEAR(off, 0.0, limit_deg) << i;
      worst_bjd_s = std::max(worst_bjd_s, std::abs(bjd_s - truth[0]));
      worst_deg[same] =
          std::max({worst_deg[same], std::abs(distance_deg - 90.0 + truth[1]), std::abs(off)});
      if (truth[1] < 5.0) continue;
      // The formula of Young (1994) at astropy's altitude; an error of the angle moves it by less
      // than that of a plane-parallel sky, dX/dz = sec z tan z < X² (1 % more for the formula's X).
      const double c_z = std::sin(truth[1] * kRadPerDeg);
      const double young = ((1.002432 * c_z + 0.148386) * c_z + 0.0096467) /
                           (((c_z + 0.149864) * c_z + 0.0102963) * c_z + 0.000303978);
      EXPECT_NEAR(sky::airmass(t, c.star), young, 1.3 * young * young * limit_deg * kRadPerDeg)
          << i;
    }
  }
  RecordProperty("worst_bjd_us", std::to_string(1e6 * worst_bjd_s));
  RecordProperty("worst_arcsec", std::to_string(3600.0 * worst_deg[0]));
  std::printf("worst: BJD %.1f us; angles %.2f arcsec, %.2f arcsec with UT1 = UTC\n",
              1e6 * worst_bjd_s, 3600.0 * worst_deg[0], 3600.0 * worst_deg[1]);
}

}  // namespace

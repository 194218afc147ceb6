// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/time.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <erfa.h>
#include <gtest/gtest.h>

#include "sky/sun_moon.hpp"
#include "support/sky_field.hpp"
#include "support/sky_python.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

// In: midnight JD, seconds of the day, longitude, latitude, height, RA, Dec. Out: BJD_TDB as
// seconds since (midnight + 1 d) with astropy's UT1; then, with that UT1 and with UT1 = UTC:
// altitude, hour angle and azimuth of the star, altitude of Sun and Moon, separation of Moon and
// star, degrees; last the lit fraction of the Moon. AltAz holds the aberration and diurnal terms,
// so all angles are apparent ones. The seconds are added in TAI: on days with a leap second as
// well.
constexpr const char* kScript = R"(
import sys, warnings
warnings.simplefilter('ignore')
import numpy as np
from astropy.utils import iers
iers.conf.auto_download = False
iers.conf.auto_max_age = None
iers.conf.iers_degraded_accuracy = 'warn'
from astropy.time import Time, TimeDelta
import astropy.units as u
from astropy.coordinates import (SkyCoord, EarthLocation, AltAz, HADec, get_body,
                                 solar_system_ephemeris)
solar_system_ephemeris.set('builtin')
r = np.loadtxt(sys.argv[1], ndmin=2).T
site = EarthLocation.from_geodetic(r[2] * u.deg, r[3] * u.deg, r[4] * u.m)
star = SkyCoord(r[5] * u.deg, r[6] * u.deg, frame='icrs')
out = []
for same in (False, True):
    t = Time(r[0], format='jd', scale='utc', location=site) + TimeDelta(r[1], format='sec')
    if same:
        t.delta_ut1_utc = np.zeros(len(r[0]))
    else:
        bjd = t.tdb + t.light_travel_time(star, 'barycentric')
        out.append(((bjd.jd1 - r[0] - 1.0) + bjd.jd2) * 86400.0)
    frame = AltAz(obstime=t, location=site)
    seen = star.transform_to(frame)
    bodies = [get_body(name, t, site) for name in ('sun', 'moon')]
    sun, moon = (body.transform_to(frame) for body in bodies)
    out += [seen.alt.deg, star.transform_to(HADec(obstime=t, location=site)).ha.wrap_at('180d').deg,
            seen.az.deg, sun.alt.deg, moon.alt.deg, seen.separation(moon).deg]
sun, moon = bodies
angle = sun.separation(moon)
phase = np.arctan2(sun.distance * np.sin(angle), moon.distance - sun.distance * np.cos(angle))
out.append((1.0 + np.cos(phase)) / 2.0)
for row in np.transpose(out):
    print('row', *('%.17g' % v for v in row))
)";

constexpr int kCases = 1000;

struct Case {
  double midnight;
  double seconds;
  Site site;
  SkyPos star;
  double utc() const { return midnight + seconds / 86400.0; }
};

/// Times from 2000 to 2025, every twentieth on a day with a leap second; places on the Earth and
/// stars anywhere.
std::vector<Case> random_cases() {
  std::mt19937_64 random{20};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::vector<Case> out;
  for (int k = 0; k < kCases; ++k) {
    double midnight = std::floor(2451544.5 + 25.0 * 365.25 * uniform(random)) + 0.5;
    const auto& leaps = sky::shipped_leap_seconds().entries;
    if (k % 20 == 0)
      midnight = leaps[leaps.size() - 1 - static_cast<std::size_t>(k / 20 % 5)].from_jd - 1.0;
    const double seconds = 86400.0 * uniform(random);
    const Site site{Angle::from_deg(360.0 * uniform(random) - 180.0),
                    Angle::from_deg(std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg),
                    4000.0 * uniform(random)};
    const double ra = 360.0 * uniform(random);
    out.push_back(
        {midnight, seconds, site, at_deg(ra, std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg)});
  }
  return out;
}

/// The greatest of what it is shown.
struct Worst {
  double value = 0.0;
  void see(double off) { value = std::max(value, std::abs(off)); }
};

double young(double altitude_deg) {
  const double c = std::sin(altitude_deg * kRadPerDeg);
  return ((1.002432 * c + 0.148386) * c + 0.0096467) /
         (((c + 0.149864) * c + 0.0102963) * c + 0.000303978);
}

TEST(FrameTime, AgreesWithAstropyIn1000RandomPlaces) {
  SKYWEFT_NEEDS_ASTROPY;
  const auto cases = random_cases();
  std::vector<std::vector<double>> input;
  for (const Case& c : cases)
    input.push_back({c.midnight, c.seconds, c.site.longitude.deg(), c.site.latitude.deg(),
                     c.site.height_m, c.star.ra.deg(), c.star.dec.deg()});
  const auto expected = support::rows_from_python(kScript, input);
  ASSERT_EQ(expected.size(), cases.size());

  // The light-travel time of both programs stands on epv00, so what remains is the resolution of a
  // JD in one double (40 µs, of the input and of the result) and UT1 − UTC (1.4 µs): 0.1 ms.
  constexpr double kBjd_s = 1e-4;
  // We leave out annual aberration (20.5″) and diurnal aberration (0.32″); deflection by the Sun is
  // at most 1.8″; polar motion is 0.6″ at most. UT1 = UTC costs up to 0.9 s × 15.04″/s = 13.5″.
  constexpr double kStar_deg = (20.5 + 0.32 + 1.8 + 0.6) / 3600.0;
  constexpr double kUt1_deg = 13.5 / 3600.0;
  // Of the Moon, light time of 1.3 s (0.7″ of its own way; aberration cancels that of ours), and
  // diurnal aberration, polar motion; of the Sun what stars have, without deflection.
  constexpr double kMoon_deg = (0.7 + 0.32 + 0.6) / 3600.0;
  Worst bjd, star[2], sun[2], moon[2], apart, lit;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const auto t = sky::frame_time(c.utc(), c.site);
    const auto mine = sky::sky_conditions(c.utc(), c.site, c.star);
    const double bjd_s = (sky::bjd_tdb(t, c.star) - c.midnight - 1.0) * 86400.0;
    bjd.see(bjd_s - expected[i][0]);
    EXPECT_NEAR(bjd_s, expected[i][0], kBjd_s) << i;
    for (std::size_t same = 0; same < 2; ++same) {
      const auto* truth = &expected[i][1 + 6 * same];
      const double ut1_deg = same == 1 ? 0.0 : kUt1_deg;
      const double limit_deg = kStar_deg + ut1_deg;
      EXPECT_NEAR(mine.zenith_distance_deg, 90.0 - truth[0], limit_deg) << i;
      star[same].see(mine.zenith_distance_deg - 90.0 + truth[0]);
      // Angles at a pole; a shift on the sky is smaller by its cosine (δ of date ≈ δ, to 0.15° in
      // 25 years, which counts close to the pole alone).
      if (std::abs(c.star.dec.deg()) < 85.0) {
        const double off = std::remainder(mine.hour_angle_deg - truth[1], 360.0);
        EXPECT_NEAR(off * std::cos(c.star.dec.rad()), 0.0, 1.03 * limit_deg) << i;
        star[same].see(off * std::cos(c.star.dec.rad()));
      }
      const double off = std::remainder(mine.azimuth_deg - truth[2], 360.0) *
                         std::sin(mine.zenith_distance_deg * kRadPerDeg);
      if (mine.zenith_distance_deg > 1.0 && mine.zenith_distance_deg < 179.0) {
        EXPECT_NEAR(off, 0.0, 1.01 * limit_deg) << i;
        star[same].see(off);
      }
      EXPECT_NEAR(mine.sun_altitude_deg, truth[3], kStar_deg + ut1_deg) << i;
      EXPECT_NEAR(mine.moon_altitude_deg, truth[4], kMoon_deg + ut1_deg) << i;
      EXPECT_NEAR(mine.moon_separation_deg, truth[5], kStar_deg + kMoon_deg) << i;
      sun[same].see(mine.sun_altitude_deg - truth[3]);
      moon[same].see(mine.moon_altitude_deg - truth[4]);
      apart.see(mine.moon_separation_deg - truth[5]);
      if (truth[0] < 5.0) continue;
      // The formula of Young (1994) at astropy's altitude; an error of the angle moves it by less
      // than that of a plane-parallel sky, dX/dz = sec z tan z < X² (1 % more for the formula's X).
      const double x = young(truth[0]);
      EXPECT_NEAR(mine.airmass, x, 1.3 * x * x * limit_deg * kRadPerDeg) << i;
    }
    // (1 + cos i)/2 moves by half the change of the phase angle: 20.5″ of the Sun's aberration and
    // 1″ of the Moon.
    EXPECT_NEAR(mine.moon_lit, expected[i][13], 0.5 * 22.0 / kArcsecPerRad) << i;
    lit.see(mine.moon_lit - expected[i][13]);
  }
  RecordProperty("worst_bjd_us", std::to_string(1e6 * bjd.value));
  std::printf(
      "worst: BJD %.1f us; star %.2f, Sun %.2f, Moon %.2f arcsec (%.2f, %.2f, %.2f with UT1 = "
      "UTC); "
      "Moon from star %.2f arcsec; lit fraction %.1e\n",
      1e6 * bjd.value, 3600 * star[0].value, 3600 * sun[0].value, 3600 * moon[0].value,
      3600 * star[1].value, 3600 * sun[1].value, 3600 * moon[1].value, 3600 * apart.value,
      lit.value);
}

// ERFA's own way to an observer: eraApco13 gives the place from the barycentre in au. It wants a
// quasi JD, whose days with a leap second are stretched.
TEST(FrameTime, AgreesWithErfaIn1000RandomPlaces) {
  double worst_s = 0.0;
  for (const Case& c : random_cases()) {
    const auto& table = sky::shipped_leap_seconds();
    const double day_s = 86400.0 + sky::tai_minus_utc_s(table, c.midnight + 1.0) -
                         sky::tai_minus_utc_s(table, c.midnight);
    eraASTROM a;
    double eo = 0.0;
    const double part = c.seconds / day_s;
    ASSERT_GE(eraApco13(c.midnight, part, 0.0, c.site.longitude.rad(), c.site.latitude.rad(),
                        c.site.height_m, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5, &a, &eo),
              0);
    double tai[2], tt[2], tdb[2], xyz[3];
    eraUtctai(c.midnight, part, &tai[0], &tai[1]);
    eraTaitt(tai[0], tai[1], &tt[0], &tt[1]);
    eraGd2gc(1, c.site.longitude.rad(), c.site.latitude.rad(), c.site.height_m, xyz);
    eraTttdb(tt[0], tt[1],
             eraDtdb(tt[0], tt[1], c.seconds / 86400.0, c.site.longitude.rad(),
                     1e-3 * std::hypot(xyz[0], xyz[1]), 1e-3 * xyz[2]),
             &tdb[0], &tdb[1]);
    const auto s = sky::unit_vector(c.star);
    const double light_s =
        (a.eb[0] * s[0] + a.eb[1] * s[1] + a.eb[2] * s[2]) * 149597870700.0 / 299792458.0;
    const double theirs_s = (tdb[0] - c.midnight + tdb[1] - 1.0) * 86400.0 + light_s;
    const double mine_s =
        (sky::bjd_tdb(sky::frame_time(c.utc(), c.site), c.star) - c.midnight - 1.0) * 86400.0;
    // A JD in one double twice, 40 µs each; the rest is the same series.
    EXPECT_NEAR(mine_s, theirs_s, 1e-4);
    worst_s = std::max(worst_s, std::abs(mine_s - theirs_s));
  }
  std::printf("worst: BJD %.1f us from ERFA\n", 1e6 * worst_s);
}

}  // namespace

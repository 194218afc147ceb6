// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "sky/catalog.hpp"
#include "support/sky_python.hpp"

namespace {

using namespace skyweft;

// In: ra, dec, pm_ra, pm_dec, parallax, radial velocity, years. Out: ra, dec and new motions.
constexpr const char* kScript = R"(
import sys, warnings
warnings.simplefilter('ignore')
import numpy as np
import astropy.units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time
r = np.loadtxt(sys.argv[1], ndmin=2)
c = SkyCoord(r[:, 0] * u.deg, r[:, 1] * u.deg, distance=1000 / r[:, 4] * u.pc,
             pm_ra_cosdec=r[:, 2] * u.mas / u.yr, pm_dec=r[:, 3] * u.mas / u.yr,
             radial_velocity=r[:, 5] * u.km / u.s, obstime=Time(2016.0, format='jyear'))
d = c.apply_space_motion(new_obstime=Time(2016.0 + r[:, 6], format='jyear'))
for i in range(len(r)):
    print('row', *('%.17g' % v for v in (d.ra.deg[i], d.dec.deg[i], d.pm_ra_cosdec.value[i],
                                         d.pm_dec.value[i])))
)";

struct Star {
  double ra_deg, dec_deg, pm_ra, pm_dec, parallax_mas, velocity_km_s, years;
};

TEST(Propagate, AgreesWithAstropy) {
  SKYWEFT_NEEDS_ASTROPY;
  // Barnard's star, and two of the kind at the poles, over a century.
  std::vector<Star> stars{{269.44850, 4.73942, -801.551, 10362.394, 546.976, -110.51, 100.0},
                          {123.0, 89.99995, 9000.0, -5000.0, 500.0, 80.0, 100.0},
                          {300.0, -89.99995, -9000.0, 5000.0, 500.0, -80.0, -50.0},
                          {359.99999, 0.0, 3000.0, 10.0, 100.0, 30.0, 20.0}};
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> uniform{-1.0, 1.0};
  for (int i = 0; i < 1000; ++i)
    stars.push_back({180.0 + 180.0 * uniform(random), std::asin(uniform(random)) / kRadPerDeg,
                     1000.0 * uniform(random), 1000.0 * uniform(random),
                     std::pow(10.0, 1.0 + uniform(random)), 200.0 * uniform(random),
                     50.0 * uniform(random)});
  std::vector<std::vector<double>> input;
  for (Star& s : stars) {  // as we keep them, in floats
    s.parallax_mas = static_cast<double>(static_cast<float>(s.parallax_mas));
    s.velocity_km_s = static_cast<double>(static_cast<float>(s.velocity_km_s));
    input.push_back(
        {s.ra_deg, s.dec_deg, s.pm_ra, s.pm_dec, s.parallax_mas, s.velocity_km_s, s.years});
  }
  const auto rows = support::rows_from_python(kScript, input);
  ASSERT_EQ(rows.size(), stars.size());
  for (std::size_t i = 0; i < stars.size(); ++i) {
    const Star& s = stars[i];
    StarCatalog c{.epoch_yr = 2016.0,
                  .id = {1},
                  .ra_deg = {s.ra_deg},
                  .dec_deg = {s.dec_deg},
                  .pm_ra_mas_yr = {s.pm_ra},
                  .pm_dec_mas_yr = {s.pm_dec},
                  .mag = {1.0F},
                  .colour = {0.0F},
                  .parallax_mas = {static_cast<float>(s.parallax_mas)},
                  .extra = {{"radial_velocity", {static_cast<float>(s.velocity_km_s)}}}};
    sky::propagate(c, 2016.0 + s.years);
    // Astropy's model (ERFA starpm) follows light as well. The motion that we see is 1 − v_r/c of
    // that in the star's own time at both epochs, so only the change of v_r counts: over t years
    // the line of sight turns by μt and the distance changes by μ_r t, which changes v_r by
    // v (μ + μ_r) t; doubled for the radial part. Rounding: 360° in doubles is 2e-7 mas.
    const double motion_mas = std::hypot(s.pm_ra, s.pm_dec);
    const double speed_km_s =
        std::hypot(s.velocity_km_s, 4.740470446 * motion_mas / s.parallax_mas);
    const double change = (motion_mas + std::abs(s.velocity_km_s) * s.parallax_mas / 4.740470446) *
                          1e-3 / kArcsecPerRad * std::abs(s.years);
    const double light = speed_km_s / 299792.458;
    const double tolerance_mas = 2.0 * motion_mas * std::abs(s.years) * light * change + 1e-6;
    const Angle off = sky::separation({Angle::from_deg(c.ra_deg[0]), Angle::from_deg(c.dec_deg[0])},
                                      {Angle::from_deg(rows[i][0]), Angle::from_deg(rows[i][1])});
    EXPECT_LT(off.arcsec() * 1e3, tolerance_mas) << "star " << i;
    if (std::abs(c.dec_deg[0]) > 89.0) continue;  // their east is another where they are not equal
    // The derivative of that, which grows as t²; and rounding.
    const double tolerance_mas_yr = 4.0 * motion_mas * light * change + 1e-9 * motion_mas;
    EXPECT_NEAR(c.pm_ra_mas_yr[0], rows[i][2], tolerance_mas_yr) << "star " << i;
    EXPECT_NEAR(c.pm_dec_mas_yr[0], rows[i][3], tolerance_mas_yr) << "star " << i;
  }
}

}  // namespace

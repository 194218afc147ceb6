// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/projection.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "sky/wcs.hpp"
#include "support/sky_field.hpp"
#include "support/sky_python.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

// wcslib behind astropy.wcs; one process for all points. In: centre, scale, rotation, hand, star.
// Out: ξ, η (a WCS whose pixels are degrees) and the pixel of the linear solution, zero-based.
constexpr const char* kScript = R"(
import sys
import numpy as np
from astropy.wcs import WCS
for r in np.loadtxt(sys.argv[1], ndmin=2):
    ra, dec, scale, turn, hand = r[:5]
    plane = WCS(naxis=2)
    plane.wcs.ctype = ['RA---TAN', 'DEC--TAN']
    plane.wcs.crval = [ra, dec]
    plane.wcs.crpix = [1.0, 1.0]
    plane.wcs.cdelt = [1.0, 1.0]
    frame = WCS(naxis=2)
    frame.wcs.ctype = ['RA---TAN', 'DEC--TAN']
    frame.wcs.crval = [ra, dec]
    frame.wcs.crpix = [512.5, 400.5]
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    # Columns are the directions of +x and +y as (east, north).
    frame.wcs.cd = scale / 3600.0 * np.array([[hand * c, s], [-hand * s, c]])
    a = plane.wcs_world2pix([[r[5], r[6]]], 0)[0]
    b = frame.wcs_world2pix([[r[5], r[6]]], 0)[0]
    back = frame.wcs_pix2world([[123.25, 700.5]], 0)[0]
    print('row', *('%.17g' % v for v in (*a, *b, *back)))
)";

struct Case {
  SkyPos centre;
  double scale;
  double rotation;
  bool mirrored;
  SkyPos star;
};

TEST(TangentPlane, AgreesWithWcslib) {
  SKYWEFT_NEEDS_ASTROPY;
  std::mt19937_64 random{5};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::vector<Case> cases;
  std::vector<std::vector<double>> input;
  for (int k = 0; k < 60; ++k) {
    // Every fifth centre lies within an arc minute of a pole, every seventh at RA 0.
    double dec = std::asin(2.0 * uniform(random) - 1.0) / kRadPerDeg;
    if (k % 5 == 0) dec = (k % 2 == 0 ? 1.0 : -1.0) * (90.0 - 0.02 * uniform(random));
    const double ra = k % 7 == 0 ? 359.9999 : 360.0 * uniform(random);
    const SkyPos centre = at_deg(ra, dec);
    const double reach_deg = std::pow(10.0, -3.0 + 4.4 * uniform(random));  // 4″ to 25°
    const double angle = 2.0 * kPi * uniform(random);
    const SkyPos star = sky::TangentPlane{centre}.deproject(
        {reach_deg * std::cos(angle), reach_deg * std::sin(angle)});
    cases.push_back(
        {centre, 1.0 + 20.0 * uniform(random), 360.0 * uniform(random), k % 2 == 1, star});
    const Case& c = cases.back();
    input.push_back(
        {ra, dec, c.scale, c.rotation, c.mirrored ? 1.0 : -1.0, star.ra.deg(), star.dec.deg()});
  }
  const auto expected = support::rows_from_python(kScript, input);
  ASSERT_EQ(expected.size(), cases.size());
  double worst_deg = 0.0;
  double worst_px = 0.0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const Case& c = cases[i];
    const auto& truth = expected[i];
    // wcslib takes spherical coordinates about the centre: acos of a number near 1 would be worse,
    // but its atan2 form keeps some 1e-14 rad of angles up to 360° = 6e-13 deg, stretched by
    // sec² 25° = 1.2; one part in 1e13 is allowed for larger distances.
    const auto place = sky::TangentPlane{c.centre}.project(c.star);
    ASSERT_TRUE(place.has_value());
    const double limit_deg = 2e-12 + 1e-13 * std::hypot(truth[0], truth[1]);
    EXPECT_NEAR(place->xi_deg, truth[0], limit_deg) << i;
    EXPECT_NEAR(place->eta_deg, truth[1], limit_deg) << i;
    worst_deg = std::max(
        {worst_deg, std::abs(place->xi_deg - truth[0]), std::abs(place->eta_deg - truth[1])});
    const Wcs w = sky::linear_wcs(c.centre, c.scale, c.rotation, c.mirrored, {511.5, 399.5});
    const PixelPos px = sky::to_pixel(w, c.star);
    // The same angle error in pixels, and the rounding of numbers up to 1e5 px.
    const double limit_px = limit_deg * 3600.0 / c.scale + 1e-10;
    EXPECT_NEAR(px.x_px, truth[2], limit_px) << i;
    EXPECT_NEAR(px.y_px, truth[3], limit_px) << i;
    worst_px = std::max({worst_px, std::abs(px.x_px - truth[2]), std::abs(px.y_px - truth[3])});
    const SkyPos back = sky::to_sky(w, {123.25, 700.5});
    EXPECT_LT(sky::separation(back, at_deg(truth[4], truth[5])).deg(), 2e-12) << i;
  }
  std::printf("worst: plane %.2g deg, pixel %.2g px\n", worst_deg, worst_px);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/wcs.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

#include "core/terms.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

Wcs distorted(const SkyPos& centre, bool mirrored) {
  support::SkyFieldOptions o;
  o.centre = centre;
  o.rotation_deg = 25.0;
  o.mirrored = mirrored;
  o.distortion_px = 10.0;
  o.stars_per_frame = 1;
  return support::make_sky_field(o).truth;
}

TEST(Wcs, RoundTripsToANanopixel) {
  for (const SkyPos centre :
       {at_deg(0, 0), at_deg(359.999, 50), at_deg(123, 90), at_deg(5, -89.99)})
    for (const bool mirrored : {false, true}) {
      const Wcs w = distorted(centre, mirrored);
      for (double y = 0; y < 800; y += 79)
        for (double x = 0; x < 1000; x += 99) {
          const PixelPos back = sky::to_pixel(w, sky::to_sky(w, {x, y}));
          EXPECT_NEAR(back.x_px, x, 1e-9);
          EXPECT_NEAR(back.y_px, y, 1e-9);
        }
      EXPECT_EQ(sky::is_mirrored(w), mirrored);
    }
}

TEST(Wcs, BehindTheTangentPlaneIsNoPixel) {
  const Wcs w = sky::linear_wcs(at_deg(10, 20), 5.0, 0.0, false, {100, 100});
  EXPECT_TRUE(std::isnan(sky::to_pixel(w, at_deg(190, -20)).x_px));
  EXPECT_TRUE(std::isnan(sky::to_pixel(Wcs{}, at_deg(10, 20)).y_px));
  EXPECT_TRUE(std::isnan(sky::to_sky(Wcs{}, {1, 2}).ra.rad()));
}

TEST(Wcs, LinearSolutionHasTheScaleRotationAndParityAskedFor) {
  for (const bool mirrored : {false, true})
    for (const double rotation : {0.0, 30.0, 135.0, 290.0}) {
      const Wcs w = sky::linear_wcs(at_deg(83, -5), 5.164, rotation, mirrored, {324.5, 249.5});
      EXPECT_NEAR(sky::scale_arcsec_px(w, {324.5, 249.5}), 5.164, 1e-8);
      EXPECT_NEAR(sky::rotation_deg(w, {324.5, 249.5}), rotation, 1e-4);
      EXPECT_EQ(sky::is_mirrored(w), mirrored);
    }
  // Not mirrored, north up: a star to the east is at smaller x.
  const Wcs w = sky::linear_wcs(at_deg(83, -5), 5.0, 0.0, false, {100, 100});
  EXPECT_LT(sky::to_pixel(w, at_deg(83.1, -5)).x_px, 100.0);
  EXPECT_GT(sky::to_pixel(w, at_deg(83, -4.9)).y_px, 100.0);
}

TEST(Wcs, ScaleIsTheSameAtThePoles) {
  for (const double dec : {90.0, 89.9999, -90.0})
    for (const double rotation : {0.0, 10.0, 100.0}) {
      const Wcs w = sky::linear_wcs(at_deg(10, dec), 4.0, rotation, false, {499.5, 399.5});
      EXPECT_NEAR(sky::scale_arcsec_px(w, {499.5, 399.5}), 4.0, 1e-8);
      // The gnomonic plane is stretched by sec³ of the distance, here 0.7°: 1.00011 from the
      // middle.
      EXPECT_NEAR(sky::scale_arcsec_px(w, {0.0, 0.0}), 4.0, 1e-3);
    }
}

TEST(Wcs, TermsComeInTheOrderOfTheTermLanguage) {
  const Terms language = Terms::parse("O5{u,v}");
  std::array<double, 21> expected{};
  std::array<double, 21> got{};
  const std::array<double, 2> at{0.7, -1.3};
  language.evaluate(at, expected);
  sky::wcs_terms(at[0], at[1], 5, got);
  for (std::size_t k = 0; k < got.size(); ++k) EXPECT_NEAR(got[k], expected[k], 1e-14);
}

TEST(Wcs, RecentringMovesNoPixel) {
  const Wcs w = distorted(at_deg(40, 46), true);
  const Wcs moved = sky::recentred(w, sky::to_sky(w, {100, 700}), 1000, 800);
  // Terms of fourth order that the move creates: 10 px · (0.7)³ · θ² with θ ~ 0.01.
  EXPECT_LT(support::worst_difference_px(w, moved, 1000, 800), 2e-3);
}

TEST(TangentPlane, ProjectsThereAndBackAnywhere) {
  for (const SkyPos centre : {at_deg(0, 0), at_deg(200, 90), at_deg(300, -90), at_deg(359.9, 60)}) {
    const sky::TangentPlane plane{centre};
    for (const sky::PlanePos p : {sky::PlanePos{0, 0}, {1e-7, -1e-7}, {1, 2}, {-30, 20}}) {
      const auto back = plane.project(plane.deproject(p));
      ASSERT_TRUE(back.has_value());
      EXPECT_NEAR(back->xi_deg, p.xi_deg, 1e-12);
      EXPECT_NEAR(back->eta_deg, p.eta_deg, 1e-12);
    }
    EXPECT_FALSE(plane.project(at_deg(centre.ra.deg() + 180, -centre.dec.deg())).has_value());
  }
}

TEST(Separation, IsExactForTinyAndAntipodalAngles) {
  EXPECT_NEAR(sky::separation(at_deg(10, 0), at_deg(10, 1e-9)).deg(), 1e-9, 1e-14);
  EXPECT_NEAR(sky::separation(at_deg(10, 20), at_deg(190, -20)).deg(), 180.0, 1e-12);
  EXPECT_NEAR(sky::separation(at_deg(359.5, 0), at_deg(0.5, 0)).deg(), 1.0, 1e-12);
  EXPECT_NEAR(sky::position_angle(at_deg(10, 20), at_deg(10.001, 20)).deg(), 90.0, 1e-3);
  const SkyPos p = sky::direction_of(sky::unit_vector(at_deg(271, -33)));
  EXPECT_NEAR(p.ra.deg(), 271.0, 1e-12);
  EXPECT_NEAR(p.dec.deg(), -33.0, 1e-12);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/ellipse_overlap.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "phot/overlap.hpp"
#include "support/phot_forced_ellipse_twin.hpp"

using skyweft::phot::circle_pixel_overlap;
using skyweft::phot::Ellipse;
using skyweft::phot::EllipseOverlap;

namespace {

// Both sides round at about 2e-16 of the longer semi-axis per operation, some tens of operations on
// axes of at most 200 px: 1e-12.
constexpr double kTolerance = 1e-12;

TEST(EllipseOverlap, EqualsQuadrature) {
  std::mt19937_64 random(20260102);
  std::uniform_real_distribution<double> any(0.0, 1.0);
  int cut = 0;
  for (int i = 0; i < 1500; ++i) {
    const double largest = i % 3 == 0 ? 0.6 : 12.0;
    const Ellipse e{largest * any(random) + 0.05, largest * any(random) + 0.05,
                    720.0 * any(random) - 360.0};
    const EllipseOverlap overlap(e);
    const double dx = (overlap.half_width_px() + 0.6) * (2.0 * any(random) - 1.0);
    const double dy = (overlap.half_height_px() + 0.6) * (2.0 * any(random) - 1.0);
    const double area = overlap(dx, dy);
    if (area > 0.0 && area < 1.0) ++cut;
    ASSERT_NEAR(area, skyweft::support::ellipse_overlap_by_quadrature(dx, dy, e), kTolerance)
        << dx << ' ' << dy << ' ' << e.a_px << ' ' << e.b_px << ' ' << e.theta_deg;
  }
  EXPECT_GT(cut, 300);  // the draws do reach the rim
}

TEST(EllipseOverlap, OfPixelsOnTheRimOfALargeEllipseEqualsQuadrature) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> any(0.0, 1.0);
  for (int i = 0; i < 600; ++i) {
    const Ellipse e{1.0 + 199.0 * any(random), 1.0 + 199.0 * any(random), 360.0 * any(random)};
    const EllipseOverlap overlap(e);
    const double t = 2.0 * skyweft::kPi * any(random);
    const double c = std::cos(e.theta_deg * skyweft::kRadPerDeg);
    const double s = std::sin(e.theta_deg * skyweft::kRadPerDeg);
    const double u = e.a_px * std::cos(t);
    const double v = e.b_px * std::sin(t);
    const double dx = u * c - v * s + any(random) - 0.5;
    const double dy = u * s + v * c + any(random) - 0.5;
    ASSERT_NEAR(overlap(dx, dy), skyweft::support::ellipse_overlap_by_quadrature(dx, dy, e),
                kTolerance)
        << dx << ' ' << dy << ' ' << e.a_px << ' ' << e.b_px << ' ' << e.theta_deg;
  }
}

TEST(EllipseOverlap, WithEqualAxesIsTheCircle) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  for (int i = 0; i < 5000; ++i) {
    const double r = (i % 2 == 0 ? 2.0 : 100.0) * std::abs(any(random)) + 0.01;
    const double dx = (r + 0.7) * any(random);
    const double dy = (r + 0.7) * any(random);
    ASSERT_NEAR(EllipseOverlap({r, r, 200.0 * any(random)})(dx, dy),
                circle_pixel_overlap(dx, dy, r), kTolerance)
        << dx << ' ' << dy << ' ' << r;
  }
}

TEST(EllipseOverlap, SumsToTheEllipsesArea) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> any(0.0, 1.0);
  for (int i = 0; i < 60; ++i) {
    const Ellipse e{40.0 * std::pow(any(random), 3) + 0.02, 40.0 * std::pow(any(random), 3) + 0.02,
                    360.0 * any(random)};
    const EllipseOverlap overlap(e);
    const double x = any(random);
    const double y = any(random);
    const int reach = static_cast<int>(std::max(e.a_px, e.b_px)) + 3;
    double sum = 0.0;
    int touched = 0;
    for (int iy = -reach; iy <= reach; ++iy)
      for (int ix = -reach; ix <= reach; ++ix) {
        const double w = overlap(ix - x, iy - y);
        sum += w;
        if (w > 0.0) ++touched;
      }
    EXPECT_NEAR(sum, overlap.area_px2(), kTolerance * (1 + touched));
    EXPECT_DOUBLE_EQ(overlap.area_px2(), skyweft::kPi * e.a_px * e.b_px);
  }
}

TEST(EllipseOverlap, KnowsItsLimits) {
  EXPECT_EQ(EllipseOverlap({0.0, 1.0, 0.0})(0, 0), 0.0);
  EXPECT_EQ(EllipseOverlap({1.0, -1.0, 0.0})(0, 0), 0.0);
  EXPECT_EQ(EllipseOverlap({skyweft::kNaN, 1.0, 0.0})(0, 0), 0.0);
  EXPECT_EQ(EllipseOverlap({1.0, 1.0, skyweft::kNaN})(0, 0), 0.0);
  EXPECT_EQ(EllipseOverlap({2.0, 1.0, 0.0})(skyweft::kNaN, 0), 0.0);
  EXPECT_EQ(EllipseOverlap({3.0, 2.0, 15.0})(0, 0), 1.0);
  EXPECT_EQ(EllipseOverlap({3.0, 1.0, 0.0})(0, 1.5), 0.0);  // it touches the pixel's edge
  EXPECT_EQ(EllipseOverlap({3.0, 1.0, 90.0})(0, 5.0), 0.0);
  // Wholly inside a pixel, also when its rim touches the pixel's.
  EXPECT_NEAR(EllipseOverlap({0.3, 0.1, 70.0})(0.05, 0.1), skyweft::kPi * 0.03, 1e-15);
  EXPECT_NEAR(EllipseOverlap({0.5, 0.25, 90.0})(0, 0), skyweft::kPi * 0.125, 1e-15);
  // Half planes: an ellipse cut through its centre by a pixel's edge, and by its corner.
  EXPECT_NEAR(EllipseOverlap({0.3, 0.2, 20.0})(0.5, 0), skyweft::kPi * 0.03, 1e-15);
  EXPECT_NEAR(EllipseOverlap({0.3, 0.2, 0.0})(0.5, 0.5), skyweft::kPi * 0.015, 1e-15);
  // The upright box of a 6 x 3 ellipse at 30 degrees: √(36·3/4 + 9/4), √(36/4 + 9·3/4).
  EXPECT_NEAR(EllipseOverlap({6.0, 3.0, 30.0}).half_width_px(), std::sqrt(29.25), 1e-14);
  EXPECT_NEAR(EllipseOverlap({6.0, 3.0, 30.0}).half_height_px(), std::sqrt(15.75), 1e-14);
}

}  // namespace

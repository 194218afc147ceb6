// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/overlap.hpp"

#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/phot_overlap_twin.hpp"

using skyweft::phot::circle_pixel_overlap;

namespace {

// Both sides round at about r · 2e-16 per operation; 1e-12 of a pixel leaves a margin of 50.
constexpr double kTolerance = 1e-12;

TEST(CirclePixelOverlap, EqualsQuadrature) {
  std::mt19937_64 random(20260101);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  for (int i = 0; i < 1500; ++i) {
    const double r =
        i % 3 == 0 ? 0.6 * std::abs(any(random)) + 0.01 : 12.0 * std::abs(any(random)) + 0.1;
    const double dx = (r + 1.0) * any(random);
    const double dy = (r + 1.0) * any(random);
    ASSERT_NEAR(circle_pixel_overlap(dx, dy, r), skyweft::support::overlap_by_quadrature(dx, dy, r),
                kTolerance)
        << dx << ' ' << dy << ' ' << r;
  }
}

TEST(CirclePixelOverlap, SumsToTheCirclesArea) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> shift(-0.5, 0.5);
  for (const double r : {0.05, 0.3, 0.5, 0.7071, 1.0, 1.5, 2.0, 3.3, 6.0, 17.9, 60.0}) {
    const double x = shift(random);
    const double y = shift(random);
    const int reach = static_cast<int>(r) + 2;
    double sum = 0.0;
    for (int iy = -reach; iy <= reach; ++iy)
      for (int ix = -reach; ix <= reach; ++ix) sum += circle_pixel_overlap(ix - x, iy - y, r);
    EXPECT_NEAR(sum, skyweft::kPi * r * r, 1e-13 * (1.0 + 8.0 * r) * (1.0 + r)) << r;
  }
}

TEST(CirclePixelOverlap, IsTheSameForEveryReflection) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> any(-5.0, 5.0);
  for (int i = 0; i < 1000; ++i) {
    const double dx = any(random);
    const double dy = any(random);
    const double r = std::abs(any(random));
    const double a = circle_pixel_overlap(dx, dy, r);
    EXPECT_EQ(a, circle_pixel_overlap(-dx, dy, r));
    EXPECT_EQ(a, circle_pixel_overlap(dx, -dy, r));
    EXPECT_EQ(a, circle_pixel_overlap(dy, dx, r));
    EXPECT_GE(a, 0.0);
    EXPECT_LE(a, 1.0 + kTolerance);
  }
}

TEST(CirclePixelOverlap, KnowsItsLimits) {
  EXPECT_EQ(circle_pixel_overlap(0, 0, 0), 0.0);
  EXPECT_EQ(circle_pixel_overlap(0, 0, -1), 0.0);
  EXPECT_EQ(circle_pixel_overlap(0, 0, 1), 1.0);
  EXPECT_EQ(circle_pixel_overlap(3, 0, 2.5), 0.0);
  EXPECT_NEAR(circle_pixel_overlap(0.1, -0.2, 0.25), skyweft::kPi * 0.0625, 1e-15);
  EXPECT_NEAR(circle_pixel_overlap(0, 0, 0.5), skyweft::kPi * 0.25, 1e-15);
}

}  // namespace

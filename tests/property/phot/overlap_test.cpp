// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/overlap.hpp"

#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/phot_overlap_twin.hpp"

using skyweft::phot::circle_pixel_overlap;

namespace {

// Both sides round at about r · 2e-16 per operation; 1e-12 of a pixel leaves a margin of 50.
constexpr double kTolerance = 1e-12;

TEST(CirclePixelOverlap, EqualsQuadratureForLargeRadii) {
  std::mt19937_64 random(20260103);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  for (int i = 0; i < 500; ++i) {
    const double r = 100.0 * std::abs(any(random)) + 0.1;
    const double angle = skyweft::kPi * any(random);
    const double rho = r + 1.2 * any(random);  // near the circle
    const double dx = rho * std::cos(angle);
    const double dy = rho * std::sin(angle);
    ASSERT_NEAR(circle_pixel_overlap(dx, dy, r), skyweft::support::overlap_by_quadrature(dx, dy, r),
                kTolerance)
        << dx << ' ' << dy << ' ' << r;
  }
}

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

/// The pixel (column, row) from a star that stands (fx, fy) right and above its own pixel's centre,
/// as parts for overlap_areas().
struct Parts {
  std::vector<double> sign_x;
  std::vector<double> far_x;
  std::vector<double> sign_y;
  std::vector<double> far_y;

  void add(int column, int row) {
    for (const double sx : {-1.0, 1.0})
      for (const double sy : {-1.0, 1.0}) {
        if (sx * column > 0 || sy * row > 0) continue;
        sign_x.push_back(sx);
        far_x.push_back(std::abs(column) + 0.5);
        sign_y.push_back(sy);
        far_y.push_back(std::abs(row) + 0.5);
      }
  }
  double area(double fx, double fy, double r) const {
    std::vector<double> areas(far_x.size());
    skyweft::phot::overlap_areas({sign_x, far_x, sign_y, far_y}, fx, fy, r, areas);
    double sum = 0.0;
    for (const double a : areas) sum += a;
    return sum;
  }
};

TEST(OverlapAreas, EqualTheScalarsAndQuadrature) {
  std::mt19937_64 random(20260102);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  for (int i = 0; i < 4000; ++i) {
    const double reach = i % 3 == 0 ? 8.0 : 98.58;
    const double r =
        skyweft::phot::kSmallestRing + (i % 50 == 0 ? 0.0 : reach * std::abs(any(random)));
    double fx = 0.5 * any(random);
    double fy = 0.5 * any(random);
    if (i % 20 == 1) fx = std::round(fx);  // at its pixel's centre or edge
    if (i % 20 == 2) fy = fy < 0.0 ? -0.5 : 0.5;
    // Pixels near the circle, where the area is neither 0 nor 1.
    const double angle = skyweft::kPi * any(random);
    const double rho = r + any(random);
    const int column = static_cast<int>(std::lround(rho * std::cos(angle)));
    const int row = static_cast<int>(std::lround(rho * std::sin(angle)));
    Parts parts;
    parts.add(column, row);
    const double area = parts.area(fx, fy, r);
    ASSERT_NEAR(area, circle_pixel_overlap(column - fx, row - fy, r), kTolerance)
        << column << ' ' << row << ' ' << fx << ' ' << fy << ' ' << r;
    if (i % 4 == 0) {
      ASSERT_NEAR(area, skyweft::support::overlap_by_quadrature(column - fx, row - fy, r),
                  kTolerance)
          << column << ' ' << row << ' ' << fx << ' ' << fy << ' ' << r;
    }
  }
}

TEST(OverlapAreas, DoNotDependOnWhatStandsBesideThem) {
  // Groups of four go through the registers together, the rest one by one.
  Parts all;
  for (int column = -4; column <= 4; ++column) all.add(column, 3);
  const std::size_t n = all.far_x.size();
  std::vector<double> together(n);
  skyweft::phot::overlap_areas({all.sign_x, all.far_x, all.sign_y, all.far_y}, 0.21, -0.4, 4.1,
                               together);
  for (std::size_t i = 0; i < n; ++i) {
    double alone = 0.0;
    const auto one = [i](const std::vector<double>& c) { return std::span{c}.subspan(i, 1); };
    skyweft::phot::overlap_areas({one(all.sign_x), one(all.far_x), one(all.sign_y), one(all.far_y)},
                                 0.21, -0.4, 4.1, std::span{&alone, 1});
    EXPECT_EQ(together[i], alone) << i;
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

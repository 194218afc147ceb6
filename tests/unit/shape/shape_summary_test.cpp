// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "shape/star_shape.hpp"
#include "support/shape_quadrature.hpp"

namespace skyweft::shape {
namespace {

StarShape star(PsfKind kind, double major_sigma, double minor_sigma, double theta_deg,
               double beta = 0.0) {
  // q = (along/major)² + (across/minor)².
  const double a = 1.0 / (major_sigma * major_sigma);
  const double b = 1.0 / (minor_sigma * minor_sigma);
  const double two_theta = 2.0 * theta_deg * kRadPerDeg;
  PsfMap map;
  map.kind = kind;
  map.coefficient = {0.5 * (a + b), 0.5 * (a - b) * std::cos(two_theta),
                     0.5 * (a - b) * std::sin(two_theta)};
  if (kind == PsfKind::moffat) map.coefficient.push_back(beta);
  const std::vector<double> one{1.0};
  return shape_of(map, one);
}

// The surface is within 1.3e-4 of its peak of the model, two axes of (0.3)⁴/128 each. At half
// maximum the slope is peak · ln 2 · 2/FWHM · 2 per px of radius, so a radius moves by less than
// 1e-4 of itself, and so do the width and each axis.
constexpr double kShare = 2e-4;

TEST(ShapeSummary, OfGaussiansIsTheirEllipse) {
  const double fwhm = 2.0 * std::sqrt(2.0 * std::log(2.0));
  for (const double theta : {-80.0, -45.0, 0.0, 10.0, 60.0, 90.0})
    for (const double ratio : {1.2, 1.7, 3.0}) {
      const double minor = 1.3;
      const double major = ratio * minor;
      const ShapeSummary summary = summary_of(star(PsfKind::gaussian, major, minor, theta));
      EXPECT_NEAR(summary.fwhm_px, fwhm * std::sqrt(major * minor), kShare * summary.fwhm_px);
      EXPECT_NEAR(summary.elongation, ratio, 2.0 * kShare * ratio);
      // An error δ of an axis turns the ellipse by δ/(ratio − 1/ratio).
      const double turn = std::remainder(summary.theta_deg - theta, 180.0);
      EXPECT_NEAR(turn, 0.0, 2.0 * kShare / (ratio - 1.0 / ratio) / kRadPerDeg);
      EXPECT_GT(summary.theta_deg, -90.0);
      EXPECT_LE(summary.theta_deg, 90.0);
      // King (1983): 4 π σ².
      EXPECT_NEAR(summary.noise_area_px, 4.0 * kPi * major * minor,
                  4.0 * kShare * summary.noise_area_px);
    }
}

TEST(ShapeSummary, OfAMoffatIsItsHalfMaximum) {
  const double beta = 3.0;
  const ShapeSummary summary = summary_of(star(PsfKind::moffat, 2.0, 1.0, 30.0, beta));
  const double half = std::sqrt(2.0 * beta * (std::pow(2.0, 1.0 / beta) - 1.0));
  // Its fourth derivative is (β + 1)/β times a Gaussian's.
  EXPECT_NEAR(summary.fwhm_px, 2.0 * half * std::sqrt(2.0), 2.0 * kShare * summary.fwhm_px);
  EXPECT_NEAR(summary.elongation, 2.0, 8.0 * kShare);
  EXPECT_NEAR(summary.theta_deg, 30.0, 0.05);
}

TEST(ShapeSummary, OfARoundStarIsRound) {
  const ShapeSummary summary = summary_of(star(PsfKind::gaussian, 1.0, 1.0, 0.0));
  // The grid's pattern is square: only its fourth-order error is left, and it has no second moment.
  EXPECT_NEAR(summary.elongation, 1.0, 1e-9);
}

TEST(ShapeSummary, NoiseAreaIsTheIntegralOfTheSquare) {
  std::mt19937_64 random(17);
  for (int i = 0; i < 3; ++i) {
    const StarShape shape =
        support::random_shape({-3.0, -1.2, 0.1, 0.9, 2.5}, {-2.0, -0.4, 0.3, 3.1}, random);
    const double square = support::adaptive_integral(
        [&](double x, double y) {
          const double v = support::surface_by_coefficients(shape, x, y);
          return v * v;
        },
        -3.0, 2.5, -2.0, 3.1, 1e-9);
    const double total = total_of(shape);
    const double expected = total * total / square;
    EXPECT_NEAR(summary_of(shape).noise_area_px, expected, 1e-8 * expected);
  }
}

TEST(ShapeSummary, FindsAPeakThatIsNotAtTheStar) {
  // One node beside the star: the contour is that of the product of two Hermite functions.
  StarShape shape{{-4.0, -1.0, 2.0, 4.0}, {-3.0, 1.5, 6.0}, std::vector<double>(48, 0.0)};
  shape.node[4 * 5] = 1.0;
  StarShape moved{{-3.0, 0.0, 3.0, 5.0}, {-4.5, 0.0, 4.5}, shape.node};
  const ShapeSummary here = summary_of(shape);
  const ShapeSummary there = summary_of(moved);
  EXPECT_NEAR(here.fwhm_px, there.fwhm_px, 1e-9);
  EXPECT_NEAR(here.elongation, there.elongation, 1e-9);
  // Across grid lines the third derivative jumps, so sums over 64 rays converge like (2π/64)⁴.
  EXPECT_NEAR(here.elongation, 1.5, 1e-4);
  EXPECT_NEAR(here.theta_deg, 90.0, 1e-6);
}

TEST(ShapeSummary, OfNothingIsNothing) {
  EXPECT_EQ(summary_of(StarShape{}).fwhm_px, 0.0);
  EXPECT_EQ(summary_of(StarShape{}).noise_area_px, 0.0);
  const StarShape flat{{-1.0, 0.0, 1.0}, {-1.0, 0.0, 1.0}, std::vector<double>(36, 0.0)};
  EXPECT_EQ(summary_of(flat).fwhm_px, 0.0);
}

}  // namespace
}  // namespace skyweft::shape

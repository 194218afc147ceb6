// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/crowding.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "phot/light_in_circle.hpp"
#include "phot/neighbours.hpp"
#include "support/phot_psf_circle_twin.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::CrowdedField;
using phot::Crowding;
using phot::light_in_circle;

namespace {

TEST(LightInCircle, EqualsThinStrips) {
  std::mt19937_64 random(41);
  std::uniform_real_distribution<double> any(-1.0, 1.0);
  const PsfMap map = support::bicubic_map();
  double worst = 0.0;
  for (int i = 0; i < 60; ++i) {
    const StarShape shape =
        shape::shape_of(map, std::vector<double>{1.0, any(random), any(random)});
    const double r = 0.2 + 5.8 * std::abs(any(random));
    const double dx = (r + 4.0) * any(random);
    const double dy = (r + 4.0) * any(random);
    const double strips = support::light_in_strips(shape, dx, dy, r, 20000);
    worst = std::max(worst, std::abs(light_in_circle(shape, dx, dy, r) - strips));
  }
  // The twin's error: π Δt²/24 times the second derivative of chord times light, below 2 R² f_max.
  EXPECT_LT(worst, kPi * std::pow(kPi / 20000, 2) / 24.0 * 2.0 * 36.0 * 0.15);
}

TEST(LightInCircle, OfOneThatHoldsTheGridIsAll) {
  const PsfMap map = support::bicubic_map();
  const StarShape shape = shape::shape_of(map, std::vector<double>{1.0, 0.5, -0.5});
  EXPECT_NEAR(light_in_circle(shape, 0.3, -0.2, 8.0), 1.0, 1e-9);
  EXPECT_EQ(light_in_circle(shape, 20.0, 0.0, 8.0), 0.0);
  EXPECT_EQ(light_in_circle(shape, 0.0, 0.0, 0.0), 0.0);
  EXPECT_EQ(light_in_circle({}, 0.0, 0.0, 2.0), 0.0);
  EXPECT_EQ(light_in_circle(shape, kNaN, 0.0, 2.0), 0.0);
}

TEST(LightInCircle, OfAGaussianIsClosed) {
  // 1 − exp(−R²/2σ²) about the centre. Cubics between nodes 0.3 σ apart are within 0.3⁴/384 · 3 of
  // the peak, 6.4e-5 / 2πσ², over at most the area π (3σ)² of what is not negligible.
  for (const double fwhm : {1.0, 2.5, 6.0}) {
    const double sigma = fwhm / 2.3548200450309493;
    const StarShape shape = shape::shape_of(support::gaussian_map(fwhm), std::vector<double>{1.0});
    for (const double r : {0.5, 1.5, 3.0, 6.0}) {
      const double expected = -std::expm1(-0.5 * r * r / (sigma * sigma));
      const double area = std::min(r * r, 9.0 * sigma * sigma) / (2.0 * sigma * sigma);
      EXPECT_NEAR(light_in_circle(shape, 0.0, 0.0, r), expected, 6.4e-5 * area + 2e-6);
      EXPECT_NEAR(light_in_circle(shape, 1.1, -0.7, r),
                  phot::gaussian_in_circle(std::hypot(1.1, 0.7), r, sigma), 6.4e-5 * area + 3e-6);
    }
  }
}

TEST(Crowding, EqualsTheSumOverAllPairs) {
  std::mt19937_64 random(42);
  std::uniform_real_distribution<double> place(0.0, 80.0);
  std::uniform_real_distribution<float> magnitude(10.0F, 16.0F);
  std::vector<double> x;
  std::vector<double> y;
  std::vector<float> mag;
  for (int i = 0; i < 120; ++i) {
    x.push_back(place(random));
    y.push_back(place(random));
    mag.push_back(magnitude(random));
  }
  x[3] = kNaN;
  mag[5] = kNaNf;
  const auto shapes = support::shapes_on(support::bicubic_map(), x, y, 81, 81);
  const CrowdedField field{x, y, mag, shapes};
  const std::vector<double> radii{1.5, 3.0, 6.0};
  const Crowding out = phot::crowding_of(field, radii);
  StarShape scratch;
  for (std::int64_t i = 0; i < 120; ++i) {
    const auto s = static_cast<std::size_t>(i);
    double expected = 0.0;
    for (std::size_t r = 0; r < radii.size(); ++r) {
      const double enclosed = out.at(out.enclosed, i, static_cast<std::int64_t>(r));
      const double neighbours = out.at(out.neighbours, i, static_cast<std::int64_t>(r));
      if (i == 3) {
        EXPECT_TRUE(std::isnan(enclosed));
        EXPECT_TRUE(std::isnan(neighbours));
        continue;
      }
      const double own = light_in_circle(shapes.at(i, scratch), 0.0, 0.0, radii[r]);
      EXPECT_NEAR(enclosed, own, 1e-12);
      if (i == 5) {
        EXPECT_TRUE(std::isnan(neighbours));
        continue;
      }
      double sum = 0.0;
      double added = 0.0;  // without those whose shape is below zero there
      for (std::size_t j = 0; j < 120; ++j) {
        if (j == s || j == 3 || j == 5) continue;
        const double ratio = std::pow(10.0, 0.4 * static_cast<double>(mag[s] - mag[j]));
        const double light =
            ratio * light_in_circle(shapes.at(static_cast<std::int64_t>(j), scratch), x[s] - x[j],
                                    y[s] - y[j], radii[r]);
        sum += light;
        added += std::max(light, 0.0);
      }
      if (r == 1) expected = added / own;
      // Differences of float magnitudes: 1e-6; neglected: 1e-6 of each star at most.
      EXPECT_NEAR(neighbours, sum / own, 2e-6 * (1.0 + std::abs(sum) / own)) << i;
    }
    if (i == 3 || i == 5) continue;
    double listed = 0.0;
    double last = 1e300;
    for (const auto& one : phot::crowding_stars(field, i, 3.0, 0.0)) {
      EXPECT_LE(one.contribution, last);
      last = one.contribution;
      listed += one.contribution;
      const auto j = static_cast<std::size_t>(one.star);
      EXPECT_DOUBLE_EQ(one.distance_px, std::hypot(x[j] - x[s], y[j] - y[s]));
      EXPECT_NEAR(one.delta_mag, static_cast<double>(mag[j] - mag[s]), 2e-6);
    }
    EXPECT_NEAR(listed, expected, 2e-6 * (1.0 + listed));
  }
  EXPECT_TRUE(phot::crowding_stars(field, 3, 3.0, 0.0).empty());
  for (const auto& one : phot::crowding_stars(field, 0, 6.0, 0.05))
    EXPECT_GE(one.contribution, 0.05);
}

TEST(Crowding, WithoutShapesTakesRoundGaussians) {
  const std::vector<double> x{10.0, 13.0};
  const std::vector<double> y{10.0, 14.0};
  const std::vector<float> mag{12.0F, 10.0F};  // 2 mag: 6.309573 times
  const phot::StarShapes none;
  const CrowdedField field{x, y, mag, none, 2.5};
  const std::vector<double> radii{3.0};
  const Crowding out = phot::crowding_of(field, radii);
  const double sigma = 2.5 * 0.42466090014400953;
  const double own = -std::expm1(-0.5 * 9.0 / (sigma * sigma));
  EXPECT_NEAR(out.enclosed[0], own, 1e-6);
  const double near = phot::gaussian_in_circle(5.0, 3.0, sigma);
  EXPECT_NEAR(out.neighbours[0], 6.309573444801933 * near / own, 1e-5);
  EXPECT_NEAR(out.neighbours[1], near / own / 6.309573444801933, 1e-5);
}

TEST(Crowding, RefusesWhatCannotBe) {
  const std::vector<double> x{10.0};
  const std::vector<float> mag{12.0F};
  const phot::StarShapes none;
  const std::vector<double> radii{3.0, 0.0};
  try {
    phot::crowding_of({x, x, mag, none, 2.5}, radii);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_config);
    ASSERT_TRUE(e.test().has_value());
    EXPECT_EQ(e.test()->name, "radius_px");
  }
  EXPECT_THROW(phot::crowding_of({x, x, {}, none, 2.5}, x), Error);
}

}  // namespace

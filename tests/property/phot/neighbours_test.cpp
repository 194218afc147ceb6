// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/neighbours.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"

using namespace skyweft;

namespace {

TEST(NeighbourLight, EqualsTheSumOverAllPairs) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> place(-20.0, 120.0);
  std::uniform_real_distribution<float> magnitude(8.0F, 14.0F);
  for (const double fwhm : {1.0, 2.5, 6.0})
    for (const double radius : {0.7, 3.5, 12.0}) {
      std::vector<double> x(150);
      std::vector<double> y(150);
      std::vector<float> mag(150);
      for (std::size_t i = 0; i < 150; ++i) {
        x[i] = place(random);
        y[i] = place(random);
        mag[i] = magnitude(random);
      }
      x[3] = kNaN;
      y[4] = INFINITY;
      mag[5] = kNaNf;
      x[6] = 1e300;  // far from all others
      const auto light = phot::neighbour_light(x, y, mag, fwhm, radius);
      const double sigma = fwhm / std::sqrt(8.0 * std::log(2.0));
      for (std::size_t i = 0; i < 150; ++i) {
        if (i >= 3 && i <= 5) {
          EXPECT_TRUE(std::isnan(light[i]));
          continue;
        }
        double expected = 0.0;
        double weight = 0.0;
        for (std::size_t j = 0; j < 150; ++j) {
          const double distance = std::hypot(x[j] - x[i], y[j] - y[i]);
          if (j == i || (j >= 3 && j <= 5) || distance >= radius + 5.0 * sigma) continue;
          const double ratio = std::pow(10.0, 0.4 * static_cast<double>(mag[i] - mag[j]));
          expected += ratio * phot::gaussian_in_circle(distance, radius, sigma);
          weight += ratio;
        }
        const double own = phot::gaussian_in_circle(0.0, radius, sigma);
        // A cubic through ten points a sigma is off by 3/128 h⁴ times the fourth derivative, at
        // most 3/σ⁴: 7e-6. Magnitudes are floats, 1e-6 relative.
        const double tolerance = 7e-6 * weight / own + 2e-6 * expected / own;
        EXPECT_NEAR(light[i], expected / own, tolerance) << i << ' ' << fwhm << ' ' << radius;
      }
    }
}

}  // namespace

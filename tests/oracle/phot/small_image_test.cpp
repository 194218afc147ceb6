// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>

#include <gtest/gtest.h>

#include "phot/apertures.hpp"
#include "phot/overlap.hpp"
#include "support/phot_oracle_image.hpp"

using namespace skyweft;

namespace {

// Numbers by photutils 1.6 on the same image.
constexpr double kBox64Level = 104.0451667720;
constexpr double kX = 30.21499;  // the finder's place, given to 1e-5 px
constexpr double kY = 40.78318;

TEST(OracleImage, IsTheOneTheNumbersBelongTo) {
  const auto image = support::oracle_image();
  EXPECT_NEAR(image(0, 0), 100.26606499683112, 1e-9);
  EXPECT_NEAR(image(30, 40), 1343.8239987315, 1e-8);
}

TEST(ApertureSum, EqualsPhotutils) {
  const auto image = support::oracle_image();
  Frame frame;
  frame.signal_e = Grid<float>(128, 128);
  frame.variance_e2 = Grid<float>(128, 128, 25.0F);
  frame.mask = Mask(128, 128);
  for (std::size_t i = 0; i < image.pixels().size(); ++i)
    frame.signal_e.pixels()[i] = static_cast<float>(image.pixels()[i] - kBox64Level);
  phot::ApertureConfig config;
  config.radii_px = {3.0, 8.0};
  const std::vector<double> x{kX};
  const std::vector<double> y{kY};
  const std::vector<float> mag{10.0F};
  const auto out = phot::measure_frame(frame, {}, {}, x, y, mag, 3.5, config);
  const double level = out.points.bg_e[0];
  // Place known to 5e-6 px; at r = 3 the sum changes by at most 8e3 e/px; pixels rounded to float
  // add less than 1e-3.
  EXPECT_NEAR(out.points.flux_e[0] + level * kPi * 9.0, 17022.938905, 0.06);
  EXPECT_NEAR(out.points.flux_e[1] + level * kPi * 64.0, 19583.381271, 0.06);
}

TEST(Annulus, HoldsThePixelsAndTheLevelOfPhotutils) {
  // Radii 10 and 16 at (30.3, 40.7): 489 pixel centres; clipped mean 102.248, median 102.141,
  // std 4.894.
  const auto image = support::oracle_image();
  Frame frame;
  frame.signal_e = Grid<float>(128, 128);
  frame.variance_e2 = Grid<float>(128, 128, 25.0F);
  frame.mask = Mask(128, 128);
  for (std::size_t i = 0; i < image.pixels().size(); ++i)
    frame.signal_e.pixels()[i] = static_cast<float>(image.pixels()[i]);
  phot::ApertureConfig config;
  config.annulus_inner_px = 10;
  config.annulus_outer_px = 16;
  const std::vector<double> x{30.3};
  const std::vector<double> y{40.7};
  const std::vector<float> mag{10.0F};
  config.min_background_pixels = 480;
  const auto out = phot::measure_frame(frame, {}, {}, x, y, mag, 3.5, config);
  EXPECT_EQ(out.points.quality[0], 0);
  EXPECT_NEAR(out.points.bg_e[0], 102.1414358736, 1e-5);  // float pixels of 100 round at 4e-6
  // σ/√n·√(π/2) with n between 480 and 489 survivors.
  EXPECT_NEAR(out.points.bg_err_e[0], 4.8937513440 * std::sqrt(0.5 * kPi / 489.0), 0.01 * 0.277);
  config.min_background_pixels = 490;
  EXPECT_EQ(phot::measure_frame(frame, {}, {}, x, y, mag, 3.5, config).points.quality[0],
            quality::background_unreliable);
}

}  // namespace

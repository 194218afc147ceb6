// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/units.hpp"

using namespace skyweft::phot;

namespace {

TEST(ExpectedScatter, OfABareStarIsPoisson) {
  // 10000 e-: 1.0857 / 100.
  EXPECT_NEAR(expected_sigma_mag({.flux_e = 1e4}), skyweft::kMagPerRelativeFlux / 100.0, 1e-12);
}

TEST(ExpectedScatter, AddsItsTermsInQuadrature) {
  const NoiseInputs in{.flux_e = 1e4,
                       .aperture_radius_px = 3,
                       .background_e = 50,
                       .read_noise_e = 10,
                       .gain_e_per_adu = 2,
                       .n_background_px = 400,
                       .flat_error = 5e-4};
  const double n = skyweft::kPi * 9.0;
  const double pixel = 50.0 + 100.0 + 4.0 / 12.0;
  const double expected =
      skyweft::kMagPerRelativeFlux / 1e4 *
      std::sqrt(1e4 + n * pixel + 0.5 * skyweft::kPi * n * n * pixel / 400.0 + 25.0);
  EXPECT_NEAR(expected_sigma_mag(in), expected, 1e-12);
}

TEST(Scintillation, GivesTheValuesOfTheLiterature) {
  // science.md 3.16, mmag at airmass 1 and 1.5, given to 0.1: HATNet 0.11 m 300 s, NGTS 0.20 m 10 s
  // at their heights.
  EXPECT_NEAR(1e3 * scintillation_mag(0.11, 1.5, 300, 1.0, 2345), 1.0, 0.06);
  EXPECT_NEAR(1e3 * scintillation_mag(0.11, 1.5, 300, 1.5, 2345), 1.8, 0.06);
  EXPECT_NEAR(1e3 * scintillation_mag(0.20, 1.5, 10, 1.0, 2400), 3.5, 0.06);
  EXPECT_EQ(scintillation_mag(0.0, 1.5, 10, 1.0, 0), 0.0);
}

TEST(ExpectedScatter, IsUnknownWithoutLight) {
  EXPECT_TRUE(std::isnan(expected_sigma_mag({.flux_e = -5.0})));
}

}  // namespace

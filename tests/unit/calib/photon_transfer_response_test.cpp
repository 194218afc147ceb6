// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "calib/photon_transfer_dark.hpp"
#include "calib/photon_transfer_linearity.hpp"
#include "core/error.hpp"

using namespace skyweft;
using calib::LampLevel;

namespace {

/// The a that solves a (1 + c0 a + c1 a²) = truth, by Newton's rule.
double level_read(double truth, double c0, double c1) {
  double a = truth;
  for (int i = 0; i < 50; ++i)
    a -= (a * (1.0 + a * (c0 + c1 * a)) - truth) / (1.0 + a * (2.0 * c0 + 3.0 * c1 * a));
  return a;
}

std::vector<LampLevel> lamp(double rate, double shutter_s, double c0, double c1) {
  std::vector<LampLevel> out;
  for (const double t : {1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0})
    out.push_back({.exposure_s = t, .level_adu = level_read(rate * (t + shutter_s), c0, c1)});
  return out;
}

TEST(Linearity, RecoversPolynomialAndShutter) {
  const auto levels = lamp(2000.0, 0.02, 1.5e-6, -2e-11);
  const auto fit = calib::fit_linearity(levels, {});
  // Exact data: rounding only, 1e-16 times a condition of about 1e3 per term.
  ASSERT_EQ(fit.coefficients.size(), 2U);
  EXPECT_NEAR(fit.rate_adu_s, 2000.0, 1e-7);
  EXPECT_NEAR(fit.shutter_s, 0.02, 1e-9);
  EXPECT_NEAR(fit.coefficients[0], 1.5e-6, 1e-13);
  EXPECT_NEAR(fit.coefficients[1], -2e-11, 1e-17);
  EXPECT_LT(fit.rms_corrected, 1e-10);
  EXPECT_GT(fit.rms_fraction, 1e-3);
  EXPECT_EQ(fit.n_used, 7);
  // |1.5e-6 a − 2e-11 a²| reaches 1 % at a = (1.5e-6 − √(2.25e-12 − 8e-13))/4e-11 = 7396 ADU; the
  // search steps by 1/2000 of the brightest level (under 20 ADU).
  EXPECT_NEAR(fit.linear_to_adu, (1.5e-6 - std::sqrt(2.25e-12 - 8e-13)) / 4e-11, 20.0);
}

TEST(Linearity, OfALinearDetectorNeedsNoTerm) {
  auto levels = lamp(1000.0, 0.0, 0.0, 0.0);
  for (std::size_t i = 0; i < levels.size(); ++i) levels[i].level_adu *= i % 2 == 0 ? 1.001 : 0.999;
  const auto fit = calib::fit_linearity(levels, {});
  EXPECT_TRUE(fit.coefficients.empty());
  EXPECT_EQ(fit.shutter_s, 0.0);
  EXPECT_NEAR(fit.rms_corrected, 0.001, 1e-4);                  // ±0.1 % about a mean 0.014 % off
  EXPECT_NEAR(fit.rate_adu_s, 1000.0, 1000.0 * 0.001 / 7 * 4);  // the mean's error, four times
  EXPECT_DOUBLE_EQ(fit.linear_to_adu, levels.back().level_adu);
}

TEST(Linearity, OfTwoTimesIsALine) {
  const std::vector<LampLevel> levels{{1.0, 100.0}, {2.0, 202.0}, {0.0, 5.0}, {3.0, -1.0}};
  const auto fit = calib::fit_linearity(levels, {});
  EXPECT_TRUE(fit.coefficients.empty());
  // Rows t/a: weights make it the mean of 1/100 and 2/202 against 1.
  EXPECT_NEAR(fit.rate_adu_s, (0.01 + 2.0 / 202.0) / (1e-4 + std::pow(2.0 / 202.0, 2)), 1e-9);
  EXPECT_EQ(fit.n_used, 2);
  try {
    (void)calib::fit_linearity({levels.data(), 1}, {});
    ADD_FAILURE();
  } catch (const Error& error) {
    ASSERT_TRUE(error.test());
    EXPECT_EQ(error.test()->name, "flat_exposures");
  }
}

TEST(DarkRate, IsSlopeOrRatio) {
  const std::vector<calib::DarkLevel> several{{10.0, 7.0}, {20.0, 12.0}, {30.0, 17.0}, {0.0, 99.0}};
  const auto slope = calib::fit_dark_rate(several);
  EXPECT_NEAR(slope.rate_adu_s, 0.5, 1e-14);
  EXPECT_NEAR(slope.offset_adu, 2.0, 1e-13);
  EXPECT_EQ(slope.n_used, 3);
  const std::vector<calib::DarkLevel> equal{{10.0, 4.0}, {10.0, 6.0}};
  const auto ratio = calib::fit_dark_rate(equal);
  EXPECT_NEAR(ratio.rate_adu_s, 0.5, 1e-14);
  EXPECT_NEAR(ratio.error_adu_s, 0.1, 1e-14);  // 0.4 and 0.6: σ = 0.1414, of the mean 0.1
  EXPECT_THROW(calib::fit_dark_rate({}), Error);
}

TEST(DarkWarming, IsTheSlopeOfTheLogarithm) {
  const std::vector<calib::DarkAtTemperature> rates{
      {-10.0, std::exp(-1.1)}, {0.0, 1.0}, {10.0, std::exp(1.1)}, {5.0, -1.0}};
  EXPECT_NEAR(calib::fit_dark_warming(rates).per_kelvin, 0.11, 1e-14);
  EXPECT_TRUE(std::isnan(calib::fit_dark_warming({rates.data(), 1}).per_kelvin));
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise_budget.hpp"

#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/noise.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr FrameNoise kFrame{.read_noise_e = 5.0,
                            .gain_e_per_adu = 6.0,
                            .dark_e = 4.0,
                            .dark_err_e = 1.0,
                            .bias_err_e = 0.5,
                            .flat_error = 1e-3,
                            .scintillation_rel = 2e-3};

TEST(NoiseBudget, IsTheSumByHand) {
  const NoiseBudget b = noise_budget(
      kFrame, {.flux_e = 1e4, .area_px = 20.0, .background_e = 104.0, .n_background_px = 200.0});
  // Square roots round to 1e-16 of some hundred electrons.
  EXPECT_NEAR(b.source_e, 100.0, 1e-12);
  EXPECT_NEAR(b.sky_e, std::sqrt(20.0 * 100.0), 1e-12);
  EXPECT_NEAR(b.read_e, std::sqrt(20.0 * 25.0), 1e-12);
  EXPECT_NEAR(b.quantisation_e, std::sqrt(20.0 * 3.0), 1e-12);
  EXPECT_NEAR(b.dark_e, std::sqrt(20.0 * (4.0 + 1.0)), 1e-12);
  EXPECT_NEAR(b.bias_e, std::sqrt(20.0 * 0.25), 1e-12);
  EXPECT_NEAR(b.flat_e, 10.0, 1e-12);
  EXPECT_NEAR(b.scintillation_e, 20.0, 1e-12);
  const double pixel = 100.0 + 25.0 + 3.0 + 5.0 + 0.25;
  EXPECT_NEAR(b.background_e, 20.0 * std::sqrt(0.5 * kPi * pixel / 200.0), 1e-12);
  EXPECT_NEAR(b.total_e,
              std::sqrt(1e4 + 20.0 * pixel + 400.0 * 0.5 * kPi * pixel / 200.0 + 100.0 + 400.0),
              1e-11);
}

TEST(NoiseBudget, TakesTheErrorOfTheLevelWhenItIsKnown) {
  const NoiseBudget b = noise_budget(
      kFrame,
      {.area_px = 20.0, .background_e = 104.0, .background_err_e = 0.3, .n_background_px = 9});
  EXPECT_NEAR(b.background_e, 6.0, 1e-12);
}

TEST(NoiseBudget, WeighsPixelsAndLightOfAPsfFit) {
  // 1/Σp² = 30 px, Σp³/(Σp²)² = 4/3: a Gaussian fitted with equal weights.
  const NoiseBudget b = noise_budget({.read_noise_e = 5.0}, {.flux_e = 900.0,
                                                             .area_px = 30.0,
                                                             .source_factor = 4.0 / 3.0,
                                                             .background_e = 10.0,
                                                             .background_err_e = 0.1});
  EXPECT_NEAR(b.total_e, std::sqrt(1200.0 + 30.0 * 35.0 + 9.0), 1e-12);
  const NoiseBudget cut = noise_budget(
      {.read_noise_e = 5.0}, {.area_px = 30.0, .pixel_area_px = 25.0, .background_err_e = 0.1});
  EXPECT_NEAR(cut.total_e, std::sqrt(25.0 * 25.0 + 9.0), 1e-12);
}

TEST(NoiseBudget, OfAStarNotSeenIsThatOfTheSky) {
  const StarNoise none{.flux_e = 0.0, .area_px = 20.0, .background_e = 104.0};
  StarNoise below = none;
  below.flux_e = -300.0;
  EXPECT_EQ(noise_budget(kFrame, below).total_e, noise_budget(kFrame, none).total_e);
  EXPECT_GT(noise_budget(kFrame, below).total_e, 0.0);
}

TEST(NoiseBudget, CountsNoMoreDarkThanThereIsBackground) {
  const NoiseBudget b = noise_budget({.dark_e = 4.0}, {.area_px = 10.0, .background_e = 1.0});
  EXPECT_EQ(b.sky_e, 0.0);
  EXPECT_NEAR(b.dark_e, std::sqrt(10.0), 1e-12);
}

TEST(NoiseBudget, KeepsWhatIsUnknownUnknown) {
  EXPECT_TRUE(std::isnan(noise_budget(kFrame, {.flux_e = kNaN, .area_px = 9.0}).total_e));
  EXPECT_TRUE(std::isnan(noise_budget(kFrame, {.area_px = 9.0, .background_e = kNaN}).total_e));
}

TEST(NoiseBudget, IsTheExpectedScatterInMagnitudes) {
  const NoiseModelConfig config{.telescope_diameter_m = 0.2};
  for (const double flux : {30.0, 1e3, 1e5, 1e7}) {
    const NoiseInputs in{.flux_e = flux,
                         .aperture_radius_px = 3.5,
                         .background_e = 80.0,
                         .read_noise_e = 7.0,
                         .gain_e_per_adu = 1.7,
                         .n_background_px = 300.0,
                         .flat_error = 5e-4,
                         .exposure_s = 20.0,
                         .airmass = 1.4,
                         .site_height_m = 1500.0};
    const NoiseBudget b =
        noise_budget({.read_noise_e = 7.0,
                      .gain_e_per_adu = 1.7,
                      .flat_error = 5e-4,
                      .scintillation_rel = scintillation_rel(0.2, 1.5, 20.0, 1.4, 1500.0)},
                     {.flux_e = flux,
                      .area_px = kPi * 3.5 * 3.5,
                      .background_e = 80.0,
                      .n_background_px = 300.0});
    const double mag = kMagPerRelativeFlux * b.total_e / flux;
    EXPECT_NEAR(expected_sigma_mag(in, config), mag, 1e-14 * mag);
  }
}

TEST(NoiseColumns, HoldTheBudgetOfEachStar) {
  const std::vector<float> flux{1e4F, -5.0F, 77.0F, kNaNf};
  const std::vector<float> sky{100.0F, 3.0F, 55.5F, 9.0F};
  const std::vector<float> error{0.5F, 0.25F, kNaNf, 0.1F};
  const std::array<float, 1> area{20.0F};
  const std::array<float, 1> n{400.0F};
  std::vector<float> total(4), source(4), background(4);
  noise_columns(kFrame,
                {.flux_e = flux,
                 .area_px = area,
                 .background_e = sky,
                 .background_err_e = error,
                 .n_background_px = n},
                {.source_e = source, .background_e = background, .total_e = total});
  for (std::size_t i = 0; i < 4; ++i) {
    const NoiseBudget b = noise_budget(kFrame, {.flux_e = static_cast<double>(flux[i]),
                                                .area_px = 20.0,
                                                .background_e = static_cast<double>(sky[i]),
                                                .background_err_e = static_cast<double>(error[i]),
                                                .n_background_px = 400.0});
    if (std::isnan(flux[i])) {
      EXPECT_TRUE(std::isnan(total[i]));
      continue;
    }
    EXPECT_EQ(total[i], static_cast<float>(b.total_e));
    EXPECT_EQ(source[i], static_cast<float>(b.source_e));
    EXPECT_EQ(background[i], static_cast<float>(b.background_e));
  }
}

TEST(NoiseColumns, AreTheSameInBlocksAndAlone) {
  std::vector<float> flux(1000);
  for (std::size_t i = 0; i < flux.size(); ++i) flux[i] = static_cast<float>(i * i);
  const std::array<float, 1> area{30.0F};
  std::vector<float> total(flux.size());
  noise_columns(kFrame, {.flux_e = flux, .area_px = area}, {.total_e = total});
  for (const std::size_t i : {0u, 255u, 256u, 511u, 999u})
    EXPECT_EQ(total[i],
              static_cast<float>(
                  noise_budget(kFrame, {.flux_e = static_cast<double>(flux[i]), .area_px = 30.0})
                      .total_e));
}

TEST(NoiseColumns, RefuseUnequalLengths) {
  std::vector<float> three(3), two(2);
  EXPECT_THROW(noise_columns(kFrame, {.flux_e = three, .area_px = two}, {}), Error);
  EXPECT_THROW(noise_columns(kFrame, {.flux_e = three}, {.total_e = two}), Error);
}

TEST(Scintillation, OfYoungIsTheNumberOthersGive) {
  // D 100 cm, airmass 1.5, 2000 m, 30 s: 8.5392e-4 with the exponent −2/3, given to five digits.
  EXPECT_NEAR(young_scintillation_rel(1.0, 30.0, 1.5, 2000.0), 8.5392e-4, 0.5e-8);
  // With −0.6666 as some write it the factor is 100^{1/15000}: 8.5419e-4 by D in cm.
  EXPECT_NEAR(young_scintillation_rel(1.0, 30.0, 1.5, 2000.0) * std::pow(100.0, 2.0 / 3.0 - 0.6666),
              8.5419e-4, 0.5e-8);
  EXPECT_EQ(young_scintillation_rel(0.0, 30.0, 1.5, 2000.0), 0.0);
}

TEST(Scintillation, FallsWithTimeAndApertureAsThePaperSays) {
  const double one = scintillation_rel(1.0, 1.5, 30.0, 1.0, 0.0);
  // √(1e-5 · 2.25 / 30)
  EXPECT_NEAR(one, 8.660254037844387e-4, 1e-17);
  EXPECT_NEAR(scintillation_rel(1.0, 1.5, 120.0, 1.0, 0.0), 0.5 * one, 1e-17);
  EXPECT_NEAR(scintillation_rel(8.0, 1.5, 30.0, 1.0, 0.0), 0.25 * one, 1e-17);
  EXPECT_NEAR(scintillation_rel(1.0, 1.5, 30.0, 4.0, 0.0), 8.0 * one, 1e-16);
  EXPECT_NEAR(scintillation_mag(1.0, 1.5, 30.0, 1.0, 0.0), kMagPerRelativeFlux * one, 1e-17);
}

}  // namespace

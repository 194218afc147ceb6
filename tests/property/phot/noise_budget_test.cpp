// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise_budget.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/robust.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr int kTrials = 2000;
// The scatter of a standard deviation is 1/√(2 n) of it; four of these.
const double kFour = 4.0 / std::sqrt(2.0 * kTrials);
constexpr int kHalf = 7;
constexpr double kSky_e = 40.0, kDark_e = 6.0, kRead_e = 4.0, kGain = 5.0;
constexpr double kBiasErr_e = 1.5, kDarkErr_e = 1.0, kFlat = 2e-3, kTwinkle = 4e-3;
constexpr int kAnnulus = 151;

/// One pixel's count as a detector of this gain and these masters gives it.
double pixel_e(double light_e, std::mt19937_64& random, std::normal_distribution<double>& normal) {
  const double electrons =
      static_cast<double>(std::poisson_distribution<int>{light_e + kSky_e + kDark_e}(random)) +
      kRead_e * normal(random);
  const double offset = kGain * std::uniform_real_distribution<double>{0.0, 1.0}(random);
  return kGain * std::round((electrons + offset) / kGain) - offset - kDark_e +
         std::hypot(kBiasErr_e, kDarkErr_e) * normal(random);
}

/// Σ w I of a Gaussian star, background subtracted; its scatter over the quoted error.
double scatter_over_quoted(double flux_e, bool is_fit, std::uint64_t seed) {
  constexpr int kSide = 2 * kHalf + 1;
  std::vector<double> light, weight;
  double sum = 0.0;
  for (int y = -kHalf; y <= kHalf; ++y)
    for (int x = -kHalf; x <= kHalf; ++x) {
      light.push_back(std::exp(-0.5 * (x * x + y * y) / (1.3 * 1.3)));
      sum += light.back();
      // An edge pixel of an aperture counts in part.
      weight.push_back(std::clamp(4.0 - std::hypot(x, y), 0.0, 1.0));
    }
  double p2 = 0.0;
  for (double& p : light) p /= sum;
  for (const double p : light) p2 += p * p;
  if (is_fit)
    for (int k = 0; k < kSide * kSide; ++k)
      weight[static_cast<std::size_t>(k)] = light[static_cast<std::size_t>(k)] / p2;
  double area = 0.0, area2 = 0.0, taken = 0.0, taken2 = 0.0;
  for (std::size_t k = 0; k < light.size(); ++k) {
    area += weight[k];
    area2 += weight[k] * weight[k];
    taken += weight[k] * light[k];
    taken2 += weight[k] * weight[k] * light[k];
  }
  const NoiseBudget quoted = noise_budget({.read_noise_e = kRead_e,
                                           .gain_e_per_adu = kGain,
                                           .dark_e = kDark_e,
                                           .dark_err_e = kDarkErr_e,
                                           .bias_err_e = kBiasErr_e,
                                           .flat_error = kFlat,
                                           .scintillation_rel = kTwinkle},
                                          {.flux_e = taken * flux_e,
                                           .area_px = area,
                                           .pixel_area_px = area2,
                                           .source_factor = taken2 / taken,
                                           .background_e = kSky_e + kDark_e,
                                           .n_background_px = kAnnulus});
  std::mt19937_64 random{seed};
  std::normal_distribution<double> normal;
  double mean = 0.0, square = 0.0;
  std::vector<double> sky(kAnnulus);
  for (int trial = 0; trial < kTrials; ++trial) {
    const double seen = flux_e * (1.0 + kFlat * normal(random)) * (1.0 + kTwinkle * normal(random));
    for (double& one : sky) one = pixel_e(0.0, random, normal);
    const double level = median_in_place(std::span{sky});
    double flux = 0.0;
    for (std::size_t k = 0; k < light.size(); ++k)
      if (weight[k] > 0.0)
        flux += weight[k] * (pixel_e(std::max(0.0, seen) * light[k], random, normal) - level);
    mean += flux / kTrials;
    square += flux * flux / kTrials;
  }
  return std::sqrt(square - mean * mean) / quoted.total_e;
}

}  // namespace

// Every cause is drawn for itself: Poisson light, sky and dark, Gaussian read-out, steps of five
// electrons at a random offset, errors of bias and dark masters, of the flat, scintillation, and
// the median of the annulus. π/2n is the limit of many Gaussian pixels for that median; 151 have
// π/2(n + 0.57), 0.4 % less, and Poisson's skewness at 46 e- moves it by less than 1 %: with a
// fifth of the variance, 0.1 % of the error. The error of the flat and scintillation multiply:
// 1e-5.
TEST(QuotedError, IsTheScatterFromFaintToBright) {
  std::uint64_t seed = 100;
  for (const double flux_e : {0.0, 300.0, 3e3, 3e4, 3e5}) {
    EXPECT_NEAR(scatter_over_quoted(flux_e, false, ++seed), 1.0, kFour + 2e-3) << flux_e;
    EXPECT_NEAR(scatter_over_quoted(flux_e, true, ++seed), 1.0, kFour + 2e-3) << flux_e << " fit";
  }
}

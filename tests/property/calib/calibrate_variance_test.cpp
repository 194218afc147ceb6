// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Raw pixels with every noise the formula knows; the scatter of the calibrated ones must be what is
// quoted.
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "calib/calibrate.hpp"
#include "support/calib_calibrate_twin.hpp"

using namespace skyweft;

namespace {

// Frame and masters are drawn anew for each pixel, so each pixel is a realisation of its own: 300 ×
// 300 × 2 frames. The variance of N normal values is known to √(2/N) = 0.33 %: 2 % of the error
// (4 % of the variance) are 12 sigma, 2 % of the variance, which is what is asked, 6 sigma. What
// the formula leaves out (second order in the flat's 1 %, Poisson against normal) is below 0.2 %.
constexpr std::int64_t kSide = 300;
constexpr int kFrames = 2;
constexpr double kTolerance = 0.02;
constexpr double kGain = 1.6;
constexpr double kBias_adu = 1000.0;
constexpr double kBiasError_adu = 2.0;
constexpr double kDark_adu = 20.0;
constexpr double kDarkError_adu = 1.5;
constexpr double kDarkScale = 2.5;
constexpr double kC0 = 2e-6;  // 5 % at 25 000 ADU

struct Case {
  double light_e;  ///< with a flat of 1
  double flat;
  double flat_relative_error;
};

struct Sums {
  double scatter = 0.0;     ///< variance of the calibrated pixels
  double quoted = 0.0;      ///< mean of the quoted variances
  double flat_twice = 0.0;  ///< the same with the flat's term divided by F² once more
  double bent_shot = 0.0;   ///< the same with shot noise taken before straightening
};

/// The raw level that the response makes of a true one: the inverse of a (1 + c0 a).
double bend(double level) {
  return 2.0 * level / (1.0 + std::sqrt(1.0 + 4.0 * kC0 * level));
}

Sums simulate(const Case& c, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::poisson_distribution<int> electrons(c.light_e * c.flat + kGain * kDarkScale * kDark_adu);
  FrameInfo info;
  info.exposure_s = 150.0;
  info.gain_e_per_adu = kGain;
  info.read_noise_e = 6.0;
  info.traits.linearity = {kC0};
  std::vector<double> values;
  Sums sums;
  for (int f = 0; f < kFrames; ++f) {
    const auto flat_error = static_cast<float>(c.flat * c.flat_relative_error);
    auto bias = support::master_like(kSide, kSide, kBias_adu, kBiasError_adu);
    auto dark = support::master_like(kSide, kSide, kDark_adu, kDarkError_adu);
    auto flat = support::master_like(kSide, kSide, static_cast<float>(c.flat), flat_error);
    support::add_noise(bias.value, kBiasError_adu, random);
    support::add_noise(dark.value, kDarkError_adu, random);
    support::add_noise(flat.value, c.flat * c.flat_relative_error, random);
    Grid<float> adu(kSide, kSide);
    for (float& v : adu.pixels()) {
      const double level = bend(static_cast<double>(electrons(random)) / kGain);
      v = static_cast<float>(
          std::round(kBias_adu + level + info.read_noise_e / kGain * normal(random)));
    }
    const calib::Masters masters{
        .bias = bias.view(), .dark = dark.view(info.exposure_s / kDarkScale), .flat = flat.view()};
    const Frame frame = calib::calibrate(adu, {}, info, masters, {});
    for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i) {
      const auto signal = static_cast<double>(frame.signal_e.pixels()[i]);
      const auto variance = static_cast<double>(frame.variance_e2.pixels()[i]);
      const auto response = static_cast<double>(flat.value.pixels()[i]);
      const double relative = static_cast<double>(flat_error) / response;
      const double x =
          static_cast<double>(adu.pixels()[i]) - static_cast<double>(bias.value.pixels()[i]);
      const double slope = 1.0 + 2.0 * kC0 * x;
      const double of_flat = signal * signal * relative * relative;
      values.push_back(signal);
      sums.quoted += variance;
      sums.flat_twice += variance + of_flat * (1.0 / (response * response) - 1.0);
      sums.bent_shot +=
          variance + kGain * (slope * slope * x - x * (1.0 + kC0 * x)) / (response * response);
    }
  }
  const auto n = static_cast<double>(values.size());
  double mean = 0.0;
  for (const double v : values) mean += v / n;
  for (const double v : values) sums.scatter += (v - mean) * (v - mean) / (n - 1.0);
  for (double* sum : {&sums.quoted, &sums.flat_twice, &sums.bent_shot}) *sum /= n;
  return sums;
}

TEST(QuotedVariance, IsTheScatterOfFaintAndBrightPixelsAtHighAndLowFlat) {
  std::uint64_t seed = 1;
  for (const double light_e : {200.0, 40000.0})
    for (const double flat : {1.0, 0.3})
      for (const double relative : {0.001, 0.01}) {
        const Sums sums = simulate({light_e, flat, relative}, seed);
        EXPECT_NEAR(sums.quoted / sums.scatter, 1.0, kTolerance)
            << light_e << " e-, flat " << flat << " ± " << relative << ", seed " << seed;
        ++seed;
      }
}

TEST(QuotedVariance, WouldNotPassWithTheFlatsTermDividedTwice) {
  // C² σ_F²/F⁴ in place of C² σ_F²/F²: at F = 0.3 the term is 11 times too large.
  const Sums sums = simulate({40000.0, 0.3, 0.01}, 21);
  EXPECT_GT(sums.flat_twice / sums.scatter, 1.0 + 10.0 * kTolerance);
}

TEST(QuotedVariance, WouldNotPassWithShotNoiseStretchedByTheSlope) {
  // Light is counted before the response bends: at 25 000 ADU, g a L'² is 15 % above g L(a).
  const Sums sums = simulate({40000.0, 1.0, 0.001}, 22);
  EXPECT_GT(sums.bent_shot / sums.scatter, 1.0 + 4.0 * kTolerance);
}

// A dark has the bias subtracted that the frame loses again: its error must not count twice, and
// not at all when the dark is not scaled.
TEST(BiasAndDark, ShareTheErrorOfTheirBias) {
  constexpr std::int64_t kWidth = 400;  // 160 000 pixels: the variance is known to 0.35 %
  for (const double scale : {1.0, 2.5}) {
    std::mt19937_64 random(17);
    std::normal_distribution<double> normal;
    FrameInfo info;
    info.exposure_s = 60.0 * scale;
    info.gain_e_per_adu = 1.0;
    info.read_noise_e = 3.0;
    const float bias_error = 4.0F;
    const float dark_error = 1.0F;
    auto bias = support::master_like(kWidth, kWidth, 500.0, bias_error);
    auto dark = support::master_like(kWidth, kWidth, 0.0, dark_error);
    Grid<float> adu(kWidth, kWidth);
    for (std::size_t i = 0; i < adu.pixels().size(); ++i) {
      const double of_bias = bias_error * normal(random);
      bias.value.pixels()[i] += static_cast<float>(of_bias);
      dark.value.pixels()[i] += static_cast<float>(dark_error * normal(random) - of_bias);
      adu.pixels()[i] = static_cast<float>(std::round(500.0 + 3.0 * normal(random)));
    }
    calib::Masters masters{.bias = bias.view(), .dark = dark.view(60.0), .flat = {}};
    masters.dark.shares_bias = true;
    const calib::CalibConfig config{.flat = false};
    const Frame frame = calib::calibrate(adu, {}, info, masters, config);
    double squares = 0.0;
    double quoted = 0.0;
    for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i) {
      squares += std::pow(static_cast<double>(frame.signal_e.pixels()[i]), 2);
      quoted += static_cast<double>(frame.variance_e2.pixels()[i]);
    }
    // Half of the noise of the frame is counted as shot noise where it is positive: with no light
    // that adds 0.4 times its scatter, about 2 e-; taken out here by its known mean.
    const double positive = std::sqrt((9.0 + 1.0 / 12.0 + 16.0) / (2.0 * kPi));
    quoted -= positive * static_cast<double>(frame.signal_e.pixels().size());
    EXPECT_NEAR(squares / quoted, 1.0, 0.02) << "dark scaled by " << scale;
  }
}

}  // namespace

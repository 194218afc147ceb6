// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/red_noise.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

constexpr double kMinute_d = 1.0 / 1440.0;

/// Nights of 540 frames a minute apart: three blocks of three hours each.
std::vector<double> nights(int n) {
  std::vector<double> time;
  for (int night = 0; night < n; ++night)
    for (int k = 0; k < 540; ++k) time.push_back(2458000.0 + night + k * kMinute_d);
  return time;
}

/// White noise, plus a number that changes from block to block of 180 points.
std::vector<float> noise(int n_night, double white_mag, double red_mag, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<double> gauss;
  std::vector<float> mag;
  double block = 0.0;
  for (int k = 0; k < n_night * 540; ++k) {
    if (k % 180 == 0) block = red_mag * gauss(random);
    mag.push_back(static_cast<float>(12.0 + block + white_mag * gauss(random)));
  }
  return mag;
}

RedNoise measured(const std::vector<double>& time, const std::vector<float>& mag) {
  SeriesBuffers buffers;
  const SeriesSpread spread = series_spread(mag, 5.0, buffers);
  return fit_red_noise(binned_scatter(mag, spread, make_time_bins(time, {}), buffers));
}

TEST(TimeBins, BeginWithEachNightAndDoNotReachAcross) {
  const std::vector<double> time{0.0, 0.1, 0.25, 1.0, 1.125, 1.25};
  const TimeBins bins = make_time_bins(time, std::vector<double>{0.0, 0.2}, 0.5);
  EXPECT_EQ(bins.starts[0], (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(bins.starts[1], (std::vector<std::int32_t>{0, 2, 3, 5, 6}));
  // As wide as ten nights, still one per night.
  EXPECT_EQ(make_time_bins(time, std::vector<double>{10.0}, 0.5).starts[0],
            (std::vector<std::int32_t>{0, 3, 6}));
  EXPECT_EQ(make_time_bins({}, std::vector<double>{1.0}, 0.5).starts[0],
            std::vector<std::int32_t>{0});
}

TEST(TimeBins, HalveTheTimescaleDownToTheCadence) {
  const TimeBins bins = make_time_bins(nights(2), {.timescale_h = 3.0});
  ASSERT_EQ(bins.width_d.size(), 8u);  // one point; 180 min halved six times is 2.8 of cadence 1
  EXPECT_EQ(bins.width_d.front(), 0.0);
  EXPECT_DOUBLE_EQ(bins.width_d[1], 3.0 / 24.0 / 64.0);
  EXPECT_DOUBLE_EQ(bins.width_d.back(), 3.0 / 24.0);
  // A cadence above the timescale leaves one point and the timescale.
  EXPECT_EQ(make_time_bins(std::vector<double>{0, 1, 2}, StatisticsConfig{}).width_d.size(), 2u);
  EXPECT_EQ(make_time_bins({}, StatisticsConfig{}).starts.back(), std::vector<std::int32_t>{0});
}

TEST(BinnedScatter, IsThatOfHandNumbers) {
  // Bins of two frames; the third has one point of two, which is at least half of the mean 7/4.
  const std::vector<double> time{0, 1, 2, 3, 4, 5, 6, 7};
  const std::vector<float> mag{1, 3, 5, 5, 3, NAN, 0, 2};
  SeriesBuffers buffers;
  const SeriesSpread spread = series_spread(mag, 5.0, buffers);
  const auto curve = binned_scatter(
      mag, spread, make_time_bins(time, std::vector<double>{0.0, 2.0}, 9.0), buffers);
  ASSERT_EQ(curve.size(), 2u);
  EXPECT_EQ(curve[0].n_bin, 7);
  EXPECT_DOUBLE_EQ(curve[0].rms, spread.rms);
  EXPECT_EQ(curve[1].n_bin, 4);
  EXPECT_DOUBLE_EQ(curve[1].one_over_n, (0.5 + 0.5 + 1.0 + 0.5) / 4.0);
  EXPECT_DOUBLE_EQ(curve[1].rms, std::sqrt(8.75 / 3.0));  // of 2 5 3 1, mean 2.75
  EXPECT_DOUBLE_EQ(curve[1].white, spread.rms * std::sqrt(curve[1].one_over_n));
}

TEST(BinnedScatter, LeavesOutThinBins) {
  const std::vector<double> time{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const std::vector<float> mag{1, 1, 1, 1, 5, NAN, NAN, NAN, 1, 1, 1, 1};
  SeriesBuffers buffers;
  const auto curve = binned_scatter(mag, series_spread(mag, 100.0, buffers),
                                    make_time_bins(time, std::vector<double>{4.0}, 9.0), buffers);
  EXPECT_EQ(curve[0].n_bin, 2);  // one point where three are the mean
  EXPECT_TRUE(std::isnan(curve[0].rms));
}

TEST(FitRedNoise, SolvesItsEquation) {
  // σ_w = 0.01, σ_r = 0.003, exactly.
  std::vector<BinnedScatter> curve;
  for (const double n : {1.0, 4.0, 16.0, 64.0})
    curve.push_back({.n_bin = 1000,
                     .one_over_n = 1.0 / n,
                     .rms = std::sqrt(1e-4 / n + 9e-6),
                     .white = 0.01 / std::sqrt(n)});
  const RedNoise noise = fit_red_noise(curve);
  EXPECT_NEAR(noise.white, 0.01, 1e-14);
  EXPECT_NEAR(noise.red, 0.003, 1e-14);
  EXPECT_DOUBLE_EQ(noise.beta, curve.back().rms / curve.back().white);
}

TEST(FitRedNoise, DoesNotGoBelowZero) {
  // Means that fall faster than 1/√n: no red noise. Means that grow: no white noise.
  std::vector<BinnedScatter> curve{{.n_bin = 99, .one_over_n = 1.0, .rms = 0.01},
                                   {.n_bin = 99, .one_over_n = 0.25, .rms = 0.003}};
  EXPECT_EQ(fit_red_noise(curve).red, 0.0);
  EXPECT_GT(fit_red_noise(curve).white, 0.0);
  curve[1].rms = 0.02;
  EXPECT_EQ(fit_red_noise(curve).white, 0.0);
  EXPECT_GT(fit_red_noise(curve).red, 0.0);
}

TEST(RedNoise, IsFoundUnderWhiteNoise) {
  constexpr int kNights = 134;
  constexpr double kWhite = 0.01;
  constexpr double kRed = 0.002;
  const auto mag = noise(kNights, kWhite, kRed, 4);
  const RedNoise found = measured(nights(kNights), mag);
  // 402 blocks: σ_r to 1/√804 by its own sample, and to √(0.745² + …)/2 mmag/√402 by the white
  // noise left in a block (0.745 mmag): 4.2 % together, taken four times.
  EXPECT_NEAR(found.red, kRed, 4.0 * 0.042 * kRed);
  EXPECT_NEAR(found.white, kWhite, 4.0 * kWhite / std::sqrt(2.0 * kNights * 540));
  const double expected = std::sqrt(kRed * kRed + kWhite * kWhite / 180.0) /
                          std::sqrt((kRed * kRed + kWhite * kWhite) / 180.0);
  EXPECT_NEAR(found.beta, expected, 4.0 * expected / std::sqrt(804.0));
}

TEST(RedNoise, IsNoneInWhiteNoise) {
  constexpr int kNights = 134;
  const auto mag = noise(kNights, 0.01, 0.0, 5);
  const RedNoise found = measured(nights(kNights), mag);
  EXPECT_NEAR(found.beta, 1.0, 4.0 / std::sqrt(804.0));
  // The variance of block means, 0.745² mmag², is uncertain by √(2/402): four times that is 0.28 of
  // it, which may show as red noise of √0.28 · 0.745 mmag.
  EXPECT_LT(found.red, 0.4e-3);
}

TEST(RedNoise, StandsMissingPoints) {
  constexpr int kNights = 60;
  auto gaps = noise(kNights, 0.01, 0.0, 6);
  std::mt19937_64 random{8};
  for (float& m : gaps)
    if (random() % 3 == 0) m = NAN;
  // A third of the points missing changes the noise per bin, and not σ_w.
  EXPECT_NEAR(measured(nights(kNights), gaps).white, 0.01, 4.0 * 0.01 / std::sqrt(2.0 * 360 * 60));
}

TEST(RedNoise, IsDefinedForDegenerateSeries) {
  const std::vector<double> time = nights(1);
  const RedNoise none = measured(time, std::vector<float>(540, NAN));
  EXPECT_TRUE(std::isnan(none.red) && std::isnan(none.white) && std::isnan(none.beta));
  const RedNoise constant = measured(time, std::vector<float>(540, 11.0F));
  EXPECT_EQ(constant.red, 0.0);
  EXPECT_EQ(constant.white, 0.0);
  EXPECT_TRUE(std::isnan(constant.beta));
  std::vector<float> one(540, NAN);
  one[5] = 11.0F;
  EXPECT_TRUE(std::isnan(measured(time, one).red));
  EXPECT_TRUE(std::isnan(measured({}, {}).red));
  EXPECT_TRUE(std::isnan(fit_red_noise({}).beta));
}

}  // namespace
}  // namespace skyweft::lc

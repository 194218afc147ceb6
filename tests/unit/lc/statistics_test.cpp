// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "lc/magnitudes.hpp"
#include "lc/variables.hpp"

namespace skyweft::lc {
namespace {

TEST(SeriesScatter, IsThatOfHandNumbers) {
  // Median 3; deviations 2 1 0 1 7: median 1. Steps 1 1 1 6: median 1.
  const SeriesScatter s = series_scatter(std::vector<float>{1, 2, NAN, 3, 4, 10});
  EXPECT_EQ(s.n, 5);
  EXPECT_DOUBLE_EQ(s.median, 3.0);
  EXPECT_DOUBLE_EQ(s.scatter, kMadToSigma);
  EXPECT_DOUBLE_EQ(s.point_to_point, kMadToSigma / std::sqrt(2.0));
}

TEST(SeriesScatter, IsDefinedForDegenerateSeries) {
  const SeriesScatter none = series_scatter(std::vector<float>{NAN});
  EXPECT_EQ(none.n, 0);
  EXPECT_TRUE(std::isnan(none.median) && std::isnan(none.scatter));
  const SeriesScatter one = series_scatter(std::vector<float>{5});
  EXPECT_EQ(one.median, 5.0);
  EXPECT_EQ(one.scatter, 0.0);
  EXPECT_TRUE(std::isnan(one.point_to_point));
  EXPECT_EQ(series_scatter({}).n, 0);
}

TEST(SeriesSpread, LeavesOutClippedPointsOfTheRms) {
  SeriesBuffers buffers;
  // Median 3, MAD 1: 100 is further than 5 · 1.4826 away; of 1 2 3 4 the variance is 5/3.
  const std::vector<float> mag{1, 2, NAN, 3, 4, 100};
  const SeriesSpread s = series_spread(mag, 5.0, buffers);
  EXPECT_EQ(s.of.n, 5);
  EXPECT_EQ(s.n_kept, 4);
  EXPECT_DOUBLE_EQ(s.limit, 5.0 * kMadToSigma);
  EXPECT_DOUBLE_EQ(s.rms, std::sqrt(5.0 / 3.0));
  // It is no MAD: all points without clipping.
  EXPECT_DOUBLE_EQ(series_spread(std::vector<float>{0, 0, 0, 6}, 5.0, buffers).rms, 3.0);
  EXPECT_EQ(series_spread(std::vector<float>{0, 0, 0, 6}, 5.0, buffers).of.scatter, 0.0);
}

TEST(SeriesSpread, IsDefinedForDegenerateSeries) {
  SeriesBuffers buffers;
  const SeriesSpread none = series_spread(std::vector<float>{NAN, NAN}, 5.0, buffers);
  EXPECT_EQ(none.n_kept, 0);
  EXPECT_TRUE(std::isnan(none.rms));
  const SeriesSpread one = series_spread(std::vector<float>{5, INFINITY}, 5.0, buffers);
  EXPECT_EQ(one.n_kept, 1);
  EXPECT_TRUE(std::isnan(one.rms));
  EXPECT_EQ(series_spread(std::vector<float>{5, 5, 5}, 5.0, buffers).rms, 0.0);
  EXPECT_TRUE(std::isnan(series_spread({}, 5.0, buffers).rms));
}

TEST(SeriesSpread, IsOneForUnitNoise) {
  std::mt19937_64 random{3};
  std::normal_distribution<float> gauss{10.0f, 1.0f};
  std::vector<float> mag(20000);
  for (float& m : mag) m = gauss(random);
  SeriesBuffers buffers;
  const SeriesSpread s = series_spread(mag, 5.0, buffers);
  // Relative errors: rms 1/sqrt(2n), MAD 1.17/sqrt(n), steps (neighbours share a
  // point) below 1.65/sqrt(n); four times.
  EXPECT_NEAR(s.rms, 1.0, 4.0 / std::sqrt(40000.0));
  EXPECT_NEAR(s.of.scatter, 1.0, 4.0 * 1.17 / std::sqrt(20000.0));
  EXPECT_NEAR(s.of.point_to_point, 1.0, 4.0 * 1.65 / std::sqrt(20000.0));
}

TEST(RedNoiseBeta, IsOneForWhiteNoise) {
  std::mt19937_64 random{3};
  std::normal_distribution<float> gauss{10.0f, 0.01f};
  std::vector<float> mag(20000);
  for (float& m : mag) m = gauss(random);
  // 2000 runs of ten: relative error of their scatter 1/sqrt(4000) = 1.6 %, taken three times.
  EXPECT_NEAR(red_noise_beta(mag, 10), 1.0, 0.048);
  EXPECT_DOUBLE_EQ(red_noise_beta(mag, 1), 1.0);
}

TEST(RedNoiseBeta, IsTheRootOfTheRunForPointsThatRepeat) {
  std::mt19937_64 random{3};
  std::normal_distribution<float> gauss{10.0f, 0.01f};
  std::vector<float> mag;
  for (int run = 0; run < 500; ++run) mag.insert(mag.end(), 9, gauss(random));
  // Scatter over N and over N/9 points share all but the divisors N − 1 and N/9 − 1.
  EXPECT_NEAR(red_noise_beta(mag, 9), 3.0, 3.0 * 0.002);
}

TEST(RedNoiseBeta, NeedsThreeRunsAndSomeScatter) {
  EXPECT_TRUE(std::isnan(red_noise_beta(std::vector<float>{1, 2, 3, 4, 5}, 2)));
  EXPECT_FALSE(std::isnan(red_noise_beta(std::vector<float>{1, 2, 3, 4, 5, 6}, 2)));
  EXPECT_TRUE(std::isnan(red_noise_beta(std::vector<float>{1, 1, 1, 1, 1, 1}, 2)));
  EXPECT_TRUE(std::isnan(red_noise_beta(std::vector<float>{1, 2, 3}, 0)));
}

TEST(InstrumentalMag, IsTwentyFiveForOneElectronPerSecond) {
  EXPECT_EQ(instrumental_mag(30.0, 30.0), 25.0f);
  EXPECT_EQ(instrumental_mag(3000.0, 30.0), 20.0f);
  EXPECT_TRUE(std::isnan(instrumental_mag(0.0, 30.0)));
  EXPECT_TRUE(std::isnan(instrumental_mag(-1.0, 30.0)));
  EXPECT_TRUE(std::isnan(instrumental_mag(NAN, 30.0)));
  EXPECT_TRUE(std::isnan(instrumental_mag(1.0, 0.0)));
  EXPECT_NEAR(instrumental_mag_err(100.0, 1.0), 0.010857362f, 1e-8f);
  EXPECT_TRUE(std::isnan(instrumental_mag_err(-100.0, 1.0)));
  std::vector<float> mag(2);
  std::vector<float> err(2);
  instrumental_mags(std::vector<float>{3000, -1}, std::vector<float>{30, 1}, 30.0, mag, err);
  EXPECT_EQ(mag[0], 20.0f);
  EXPECT_EQ(err[0], instrumental_mag_err(3000.0, 30.0));
  EXPECT_TRUE(std::isnan(mag[1]) && std::isnan(err[1]));
}

TEST(FilledColours, TakeTheMedianWhereMissing) {
  EXPECT_EQ(filled_colours(std::vector<double>{1, NAN, 3, 2}), (std::vector<double>{1, 2, 3, 2}));
  EXPECT_EQ(filled_colours(std::vector<double>{NAN, NAN}), (std::vector<double>{0, 0}));
}

TEST(NamedColumns, EvaluateTermsOverColumnsAndScalars) {
  const std::vector<double> x{1, 2, 3};
  NamedColumns columns;
  columns.add("x", x);
  columns.add_scalar("c", 5.0);
  const Eigen::MatrixXd design = columns.design(Terms::parse("O1{x, c}"), 3);
  ASSERT_EQ(design.cols(), 3);
  EXPECT_EQ(design(2, 0), 1.0);
  EXPECT_EQ(design(2, 1), 3.0);
  EXPECT_EQ(design(2, 2), 5.0);
  columns.add_scalar("x", 4.0);
  EXPECT_EQ(columns.design(Terms::parse("{x}"), 3)(0, 0), 4.0);
}

}  // namespace
}  // namespace skyweft::lc

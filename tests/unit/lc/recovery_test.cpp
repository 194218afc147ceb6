// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/recovery.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

constexpr float kNaNf = std::numeric_limits<float>::quiet_NaN();

TEST(Recovery, OfABoxIsTheDifferenceOfTheMeans) {
  // Residuals ±1 in both halves: σ² = 8/(8 − 2), the error of a difference of two means of four.
  const std::vector<double> shape{0, 0, 1, 1, 1, 1, 0, 0};
  const std::vector<float> mag{11, 9, 14, 12, 12, 14, 9, 11};
  const std::vector<float> err(8, 0.5F);
  const Recovered found = recover_signal(shape, mag, err);
  EXPECT_EQ(found.n_point, 8);
  EXPECT_EQ(found.n_inside, 4);
  EXPECT_NEAR(found.amplitude_mag, 3.0, 1e-12);
  // Runs of four: their means are 0, too few of them for a red noise.
  EXPECT_EQ(found.beta, 1.0);
  EXPECT_NEAR(found.error_mag, std::sqrt(8.0 / 6.0) * std::sqrt(2.0 / 4.0), 1e-12);
  EXPECT_NEAR(found.snr(), found.amplitude_mag / found.error_mag, 1e-12);
}

TEST(Recovery, LetsEveryGroupHaveItsOwnConstant) {
  std::vector<double> shape;
  std::vector<float> mag;
  std::vector<std::int32_t> group;
  for (int i = 0; i < 60; ++i) {
    shape.push_back(i % 10 < 3 ? 1.0 : 0.0);
    group.push_back(i % 2);
    mag.push_back(static_cast<float>(10.0 + 4.0 * (i % 2) + 0.5 * shape.back()));
  }
  const std::vector<float> err(60, 0.01F);
  // Magnitudes of 14 round to 5e-7.
  EXPECT_NEAR(recover_signal(shape, mag, err, group).amplitude_mag, 0.5, 1e-6);
  // One constant for both: the residuals are ±2.
  const std::vector<float> wide(60, 1.0F);
  EXPECT_GT(recover_signal(shape, mag, wide).error_mag, 2.0 / std::sqrt(18.0));
}

TEST(Recovery, LeavesOutOutliersAndWhatIsMissing) {
  std::vector<double> shape;
  std::vector<float> mag, err;
  for (int i = 0; i < 100; ++i) {
    shape.push_back(i >= 40 && i < 60 ? 1.0 : 0.0);
    mag.push_back(static_cast<float>(10.0 + 0.02 * shape.back() + (i % 2 == 0 ? 0.001 : -0.001)));
    err.push_back(0.001F);
  }
  mag[45] = 12.0F;
  mag[50] = kNaNf;
  err[51] = kNaNf;
  err[52] = 0.0F;
  const Recovered found = recover_signal(shape, mag, err);
  EXPECT_EQ(found.n_point, 97);
  EXPECT_EQ(found.n_inside, 17);
  // 16 alternating points are left of the event: their mean is off by 0.001 × 2/16 at most.
  EXPECT_NEAR(found.amplitude_mag, 0.02, 0.0002);
  EXPECT_LT(found.error_mag, 0.001);
}

TEST(Recovery, IsNothingWithoutPointsOnBothSides) {
  const std::vector<float> mag(10, 10.0F), err(10, 0.01F);
  std::vector<double> shape(10, 0.0);
  EXPECT_TRUE(std::isnan(recover_signal(shape, mag, err).amplitude_mag));
  shape[3] = shape[4] = 1.0;
  EXPECT_TRUE(std::isnan(recover_signal(shape, mag, err).amplitude_mag));
  EXPECT_EQ(recover_signal(shape, mag, err).n_inside, 2);
  EXPECT_TRUE(std::isnan(recover_signal({}, {}, {}).amplitude_mag));
}

TEST(Recovery, KnowsThatRedNoiseIsWorseThanWhite) {
  // Plateaus of 10 points: runs of 10 scatter by sqrt(10) more than white noise would.
  std::vector<double> shape;
  std::vector<float> mag;
  for (int i = 0; i < 200; ++i) {
    const int block = i / 10;
    shape.push_back(block == 7 ? 1.0 : 0.0);
    mag.push_back(static_cast<float>(block % 2 == 0 ? 0.01 : -0.01));
  }
  const std::vector<float> err(200, 0.01F);
  const Recovered found = recover_signal(shape, mag, err);
  EXPECT_EQ(found.n_inside, 10);
  // The event's own run is fitted away, one of 20: √10 within a few per cent.
  EXPECT_NEAR(found.beta, std::sqrt(10.0), 0.15);
}

RecoveredStar star(double mag, double ratio, double snr) {
  return {.mag = mag,
          .injected_mag = 0.01,
          .found = {.amplitude_mag = 0.01 * ratio, .error_mag = 0.01 * ratio / snr}};
}

TEST(Bins, HaveMedianAttenuationAndTheShareThatIsFound) {
  RecoveredStar unseen = star(11.2, 1.0, 1.0);
  unseen.found = {};
  const std::vector<RecoveredStar> stars{star(11.3, 0.9, 20.0),
                                         star(11.0, 0.8, 10.0),
                                         star(10.9, 1.0, 30.0),
                                         star(11.499, 0.7, 6.9),
                                         unseen,
                                         star(kNaN, 0.1, 9.0)};
  const auto bins = recovery_by_magnitude(stars);
  ASSERT_EQ(bins.size(), 2U);
  EXPECT_EQ(bins[0].mag_low, 10.5);
  EXPECT_EQ(bins[0].n_star, 1);
  EXPECT_NEAR(bins[0].attenuation, 1.0, 1e-12);
  EXPECT_NEAR(bins[0].attenuation_err, 1.0 / 30.0, 1e-12);
  EXPECT_EQ(bins[1].mag_low, 11.0);
  EXPECT_EQ(bins[1].mag_high, 11.5);
  EXPECT_EQ(bins[1].n_star, 4);
  EXPECT_EQ(bins[1].n_seen, 3);
  EXPECT_NEAR(bins[1].attenuation, 0.8, 1e-12);
  EXPECT_NEAR(bins[1].completeness, 2.0 / 3.0, 1e-12);
  const RecoveryBin all = summarise_recovery(stars);
  EXPECT_EQ(all.n_star, 6);
  EXPECT_EQ(all.n_seen, 5);
  EXPECT_NEAR(all.attenuation, 0.8, 1e-12);
  // Ratios 0.1 0.7 0.8 0.9 1.0: the median deviation is 0.1. Factors have eight digits here.
  EXPECT_NEAR(all.attenuation_err, 1.2533 * 0.14826022 / std::sqrt(5.0), 1e-8);
  EXPECT_TRUE(std::isnan(summarise_recovery({}).attenuation));
}

}  // namespace
}  // namespace skyweft::lc

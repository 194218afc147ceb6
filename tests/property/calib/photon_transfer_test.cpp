// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/photon_transfer_linearity.hpp"
#include "support/calib_photon_frames.hpp"

using namespace skyweft;
using calib::PairNoise;

namespace {

constexpr double kLevels[]{300, 1500, 4000, 9000, 16000, 25000};

/// Mean and rms of (measured − truth)/quoted.
struct Pulls {
  double sum = 0.0;
  double squares = 0.0;
  int n = 0;
  void add(double measured, double truth, double error) {
    const double pull = (measured - truth) / error;
    sum += pull;
    squares += pull * pull;
    ++n;
  }
  double mean() const { return sum / n; }
  double rms() const { return std::sqrt(squares / n); }
};

calib::PhotonTransfer measure(const support::PhotonSensor& sensor, double ratio,
                              const calib::PhotonTransferConfig& config, std::mt19937_64& random) {
  const auto response = support::sensor_response(sensor, random);
  std::vector<PairNoise> bias;
  std::vector<PairNoise> flats;
  for (int pair = 0; pair < 2; ++pair)
    support::add_sensor_pair(sensor, response, 0.0, 1.0, config, random, bias);
  for (const double level : kLevels)
    support::add_sensor_pair(sensor, response, level, ratio, config, random, flats);
  return calib::fit_photon_transfer(bias, flats, kNaN, config);
}

// 250 detectors: the rms of Gaussian pulls is known to 1/√500 = 4.5 %, their mean to 1/√250 = 6.3
// %; four of these. A gain's own error (2 % here) skews its pulls by as much, which is well inside.
constexpr int kDetectors = 250;
constexpr double kRmsTolerance = 0.18;
constexpr double kMeanTolerance = 0.26;

TEST(PhotonTransfer, QuotesTheErrorsItMakes) {
  std::mt19937_64 random(11);
  Pulls gain;
  Pulls read;
  Pulls bend;
  const support::PhotonSensor sensor{.curvature = 3e-6};
  for (int i = 0; i < kDetectors; ++i) {
    const auto fit = measure(sensor, 1.0, {.box_px = 32}, random);
    gain.add(fit.gain_e_per_adu, 1.7, fit.gain_error_e_per_adu);
    read.add(fit.read_noise_e, 6.2, fit.read_noise_error_e);
    bend.add(fit.curvature, 3e-6, fit.curvature_error);
  }
  for (const Pulls* p : {&gain, &read, &bend}) {
    EXPECT_NEAR(p->rms(), 1.0, kRmsTolerance);
    EXPECT_NEAR(p->mean(), 0.0, kMeanTolerance);
  }
}

TEST(PhotonTransfer, QuotesTheErrorsItMakesWithoutCurvatureAndWithAChangingLamp) {
  std::mt19937_64 random(12);
  Pulls gain;
  Pulls read;
  for (int i = 0; i < kDetectors; ++i) {
    const auto fit = measure({}, 0.8, {.box_px = 32, .curvature = false}, random);
    gain.add(fit.gain_e_per_adu, 1.7, fit.gain_error_e_per_adu);
    read.add(fit.read_noise_e, 6.2, fit.read_noise_error_e);
  }
  for (const Pulls* p : {&gain, &read}) {
    EXPECT_NEAR(p->rms(), 1.0, kRmsTolerance);
    EXPECT_NEAR(p->mean(), 0.0, kMeanTolerance);
  }
}

TEST(PhotonTransfer, OfAUsualSetKnowsGainToOneAndReadNoiseToTwoPerCent) {
  std::mt19937_64 random(13);
  for (const support::PhotonSensor sensor :
       {support::PhotonSensor{.gain_e_per_adu = 1.7, .read_noise_e = 6.2, .side_px = 256},
        support::PhotonSensor{.gain_e_per_adu = 0.4, .read_noise_e = 1.5, .side_px = 256}}) {
    const auto fit = measure(sensor, 0.95, {.curvature = false}, random);
    // 6 × 65536 pixels know a variance to 0.23 %, the brightest levels weigh most: a third of 1 %.
    EXPECT_LT(fit.gain_error_e_per_adu, 0.0035 * sensor.gain_e_per_adu);
    EXPECT_NEAR(fit.gain_e_per_adu, sensor.gain_e_per_adu, 0.01 * sensor.gain_e_per_adu);
    EXPECT_LT(fit.read_noise_error_e, 0.005 * sensor.read_noise_e);
    EXPECT_NEAR(fit.read_noise_e, sensor.read_noise_e, 0.02 * sensor.read_noise_e);
  }
}

TEST(PairNoise, IsNotBiasedByClippingAndCosmicRays) {
  // 400 boxes of 32 × 32 at 4000 ADU, half of them with 4 hits of 200 to 5000 ADU. The mean of 400
  // variances is known to √(2/1023/400) = 0.22 %; four of these. Hits that hide inside 4 sigma are
  // at most 4 of 1024 pixels times (200/198 sigma)² = 0.2 %.
  std::mt19937_64 random(14);
  const support::PhotonSensor sensor{.side_px = 32};
  const calib::PhotonTransferConfig config{.box_px = 32};
  const auto response = support::sensor_response(sensor, random);
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = 32, .y1 = 32};
  std::uniform_real_distribution<float> hit(200.0F, 5000.0F);
  double sum = 0.0;
  for (int i = 0; i < 400; ++i) {
    Grid<float> first = support::sensor_frame(sensor, response, 4000.0, random);
    const Grid<float> second = support::sensor_frame(sensor, response, 4000.0, random);
    if (i % 2 == 0)
      for (int k = 0; k < 4; ++k) first.pixels()[random() % 1024] += hit(random);
    sum += calib::pair_noise(first, second, {}, {}, all, true, config).variance_adu2;
  }
  const double truth = std::pow(6.2 / 1.7, 2) + 4000.0 / 1.7;
  EXPECT_NEAR(sum / 400.0 / truth, 1.0, 4 * 0.0022 + 0.002);
}

TEST(Linearity, RecoversANonLinearDetectorWithinItsErrors) {
  // true = a (1 + 2e-6 a − 1.5e-11 a²) under a lamp of 0.02 %; 200 sets of 12 flats. The errors
  // come from 12 − 4 residuals, so that pulls follow Student's t with 8 degrees: rms √(8/6) = 1.15,
  // itself known to about 6 %: from 0.9 to 1.45. Terms are dropped when they are below 3 of their
  // errors; here they are 10 or more.
  std::mt19937_64 random(15);
  std::normal_distribution<double> lamp(1.0, 0.0002);
  Pulls c0;
  Pulls c1;
  for (int set = 0; set < 200; ++set) {
    std::vector<calib::LampLevel> levels;
    for (int i = 0; i < 12; ++i) {
      const double t = 0.5 * std::pow(1.4, i);
      const double truth = 1700.0 * (t + 0.05) * lamp(random);
      double a = truth;
      for (int k = 0; k < 60; ++k) a = truth / (1.0 + a * (2e-6 - 1.5e-11 * a));
      levels.push_back({.exposure_s = t, .level_adu = a});
    }
    const auto fit = calib::fit_linearity(levels, {});
    ASSERT_EQ(fit.coefficients.size(), 2U);
    c0.add(fit.coefficients[0], 2e-6, fit.errors[0]);
    c1.add(fit.coefficients[1], -1.5e-11, fit.errors[1]);
    EXPECT_LT(fit.rms_corrected, 0.0004);  // twice the lamp's: χ²₈ > 48, 1e-7
  }
  for (const Pulls* p : {&c0, &c1}) {
    EXPECT_GT(p->rms(), 0.9);
    EXPECT_LT(p->rms(), 1.45);
    EXPECT_NEAR(p->mean(), 0.0, 4 * 1.15 / std::sqrt(200.0));
  }
}

}  // namespace

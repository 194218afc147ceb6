// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::CalibConfig;
using calib::calibrate;
using calib::Masters;
using calib::MasterView;

namespace {

FrameInfo info_of(std::int64_t nx, std::int64_t ny) {
  FrameInfo info;
  info.nx = nx;
  info.ny = ny;
  info.exposure_s = 60;
  info.gain_e_per_adu = 2;
  info.read_noise_e = 6;
  info.saturation_adu = 60000;
  return info;
}

CalibConfig bare() {
  return {.missing_master = "uncorrected"};
}

std::string failed_test(const Grid<float>& adu, const FrameInfo& info, const Masters& masters = {},
                        const CalibConfig& config = bare()) {
  try {
    calibrate(adu, {}, info, masters, config);
  } catch (const Error& e) {
    return e.test() ? e.test()->name : "no test";
  }
  return "no error";
}

TEST(Calibration, GivesTheNumbersDoneByHand) {
  Grid<float> adu(2, 1, 1300.0F);
  adu(1, 0) = 1100.0F;
  const std::vector<float> bias{1000, 1000}, bias_error{1, 1}, dark{10, 10}, dark_error{0.5, 0.5},
      flat{0.8F, 1.0F}, flat_error{0.004F, 0.0F};
  const Masters masters{
      .bias = {.nx = 2, .ny = 1, .value = bias, .error = bias_error, .mask = {}},
      .dark = {.nx = 2, .ny = 1, .value = dark, .error = dark_error, .mask = {}, .exposure_s = 120},
      .flat = {.nx = 2, .ny = 1, .value = flat, .error = flat_error, .mask = {}}};
  const Frame frame = calibrate(adu, {}, info_of(2, 1), masters, {});
  // 2 (300 − 10 · 60/120) / 0.8 = 737.5; [600 + 36 + 4/12 + 4 (1 + 0.25²)] / 0.64 + (737.5 ·
  // 0.004)²/0.64
  EXPECT_NEAR(frame.signal_e(0, 0), 737.5, 1e-3);
  EXPECT_NEAR(frame.variance_e2(0, 0), (600 + 36 + 1.0 / 3 + 4.25 + 2.95 * 2.95) / 0.64, 1e-3);
  EXPECT_NEAR(frame.signal_e(1, 0), 190.0, 1e-4);
  EXPECT_NEAR(frame.variance_e2(1, 0), 200 + 36 + 1.0 / 3 + 4.25, 1e-4);
}

TEST(Calibration, QuotesTheVarianceItScattersWith) {
  // 90 000 pixels of 400 e- with R = 6 e-, g = 2, rounded to ADU; the variance of so many is known
  // to √(2/90000) = 0.5 %, so 2 % is four of these. Seed 99.
  std::mt19937_64 random(99);
  std::poisson_distribution<int> photons(400);
  std::normal_distribution<double> read(0.0, 6.0);
  Grid<float> adu(300, 300);
  for (float& v : adu.pixels())
    v = static_cast<float>(std::round(500.0 + (photons(random) + read(random)) / 2.0));
  const std::vector<float> bias(90000, 500.0F);
  const Masters masters{.bias = {.nx = 300, .ny = 300, .value = bias, .error = {}, .mask = {}},
                        .dark = {},
                        .flat = {}};
  const Frame frame = calibrate(adu, {}, info_of(300, 300), masters, bare());
  double mean = 0.0;
  double quoted = 0.0;
  double scatter = 0.0;
  for (const float v : frame.signal_e.pixels()) mean += v / 9e4;
  for (const float v : frame.signal_e.pixels()) scatter += (v - mean) * (v - mean) / 9e4;
  for (const float v : frame.variance_e2.pixels()) quoted += v / 9e4;
  EXPECT_NEAR(mean, 400.0, 0.3);
  EXPECT_NEAR(quoted / scatter, 1.0, 0.02) << "seed 99";
}

TEST(Calibration, MarksSaturationOnTheRawValue) {
  Grid<float> adu(10, 10, 100.0F);
  adu(1, 1) = 60000.0F;
  adu(2, 1) = 50000.0F;
  adu(3, 1) = std::nanf("");
  std::vector<MaskBits> bad(100, 0);
  bad[0] = mask::oversaturated;
  std::vector<float> flat(100, 1.0F);
  flat[5] = 0.1F;
  flat[6] = 0.0F;
  const Masters masters{.bias = {},
                        .dark = {},
                        .flat = {.nx = 10, .ny = 10, .value = flat, .error = {}, .mask = bad}};
  const Frame frame = calibrate(adu, {}, info_of(10, 10), masters, bare());
  EXPECT_EQ(frame.mask(1, 1), mask::oversaturated | mask::suspect);
  EXPECT_EQ(frame.mask(2, 1), mask::suspect);
  EXPECT_EQ(frame.mask(3, 1), mask::no_data);
  EXPECT_EQ(frame.mask(0, 0), mask::fault);
  EXPECT_EQ(frame.mask(5, 0), mask::low_flat);
  EXPECT_EQ(frame.mask(6, 0), mask::low_flat);
  for (std::size_t i = 0; i < 100; ++i) {
    EXPECT_TRUE(std::isfinite(frame.signal_e.pixels()[i]));
    EXPECT_GT(frame.variance_e2.pixels()[i], 0.0F);
  }
}

TEST(Calibration, SetsBadFramesAsideWithTheirTest) {
  Grid<float> good(10, 10, 100.0F);
  good(0, 0) = 101.0F;
  EXPECT_EQ(failed_test(good, info_of(10, 10)), "no error");
  EXPECT_EQ(failed_test(good, info_of(12, 10)), "frame_nx");
  EXPECT_EQ(failed_test(good, info_of(10, 9)), "frame_ny");
  const std::vector<float> small(81, 1.0F);
  EXPECT_EQ(failed_test(good, info_of(10, 10),
                        {.bias = {.nx = 9, .ny = 9, .value = small, .error = {}, .mask = {}},
                         .dark = {},
                         .flat = {}}),
            "frame_nx");
  EXPECT_EQ(failed_test(Grid<float>(10, 10, 7.0F), info_of(10, 10)), "pixel_sigma_adu");
  EXPECT_EQ(failed_test(Grid<float>(10, 10, std::nanf("")), info_of(10, 10)), "no_data_fraction");
  EXPECT_EQ(failed_test(Grid<float>(10, 10, 65535.0F), info_of(10, 10)), "saturated_fraction");
  EXPECT_EQ(failed_test(good, info_of(10, 10), {}, {}),
            "no test");  // a wanted master is missing: configuration
}

}  // namespace

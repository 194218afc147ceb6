// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate.hpp"

#include <cmath>
#include <limits>
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
  info.time_utc_mid_jd = 2460000.5;
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

/// 4 × 2 pixels of 1000 + 10 (column + 4 row) ADU.
Grid<float> ramp() {
  Grid<float> adu(4, 2);
  for (std::int64_t iy = 0; iy < 2; ++iy)
    for (std::int64_t ix = 0; ix < 4; ++ix)
      adu(ix, iy) = 1000.0F + 10.0F * static_cast<float>(ix + 4 * iy);
  return adu;
}

MasterView view_of(std::int64_t nx, std::int64_t ny, std::span<const float> value,
                   std::span<const float> error = {}) {
  return {.nx = nx, .ny = ny, .value = value, .error = error, .mask = {}};
}

TEST(Calibration, TreatsEachAmplifierWithItsOwnNumbers) {
  CalibConfig config = bare();
  config.pedestal_adu = 1000.0;
  const std::vector<float> level{0.0F, 0.25F};
  const std::vector<calib::ReadOut> parts{
      {.frame = {2, 0, 3, 2}, .gain_e_per_adu = 3, .read_noise_e = 1, .row_variance_adu2 = level},
      {.frame = {0, 0, 2, 2}, .gain_e_per_adu = 2, .read_noise_e = 6}};
  Frame frame;
  calib::calibrate_into(frame, ramp(), {}, info_of(4, 2), parts, {}, config);
  EXPECT_FLOAT_EQ(frame.signal_e(1, 0), 20.0F);
  EXPECT_FLOAT_EQ(frame.variance_e2(1, 0), 20.0F + 36.0F + 4.0F / 12.0F);
  EXPECT_FLOAT_EQ(frame.signal_e(2, 0), 60.0F);
  EXPECT_FLOAT_EQ(frame.variance_e2(2, 0), 60.0F + 1.0F + 0.75F);
  EXPECT_FLOAT_EQ(frame.signal_e(2, 1), 180.0F);
  EXPECT_FLOAT_EQ(frame.variance_e2(2, 1), 180.0F + 1.0F + 0.75F + 9.0F * 0.25F);
  for (const std::int64_t iy : {0, 1}) {  // belongs to no amplifier
    EXPECT_EQ(frame.mask(3, iy), mask::no_data);
    EXPECT_EQ(frame.signal_e(3, iy), 0.0F);
    EXPECT_GT(frame.variance_e2(3, iy), 0.0F);
  }
  EXPECT_EQ(frame.mask(2, 1), 0);
}

TEST(Calibration, StraightensTheResponse) {
  CalibConfig config = bare();
  config.pedestal_adu = 1000.0;
  FrameInfo info = info_of(4, 2);
  info.traits.linearity = {1e-3, 1e-5};
  const Frame frame = calibrate(ramp(), {}, info, {}, config);
  // a = 70: L = 70 (1 + 0.07 + 0.049) = 78.33, L' = 1 + 0.14 + 0.147 = 1.287, g = 2, R = 6.
  EXPECT_NEAR(frame.signal_e(3, 1), 156.66, 1e-4);
  EXPECT_NEAR(frame.variance_e2(3, 1), 156.66 + 1.287 * 1.287 * (36.0 + 1.0 / 3.0), 1e-4);
}

TEST(Calibration, LengthensTheExposureByTheShuttersDelay) {
  CalibConfig config = bare();
  config.pedestal_adu = 1000.0;
  const std::vector<float> delay(8, 15.0F), error(8, 3.0F);
  Masters masters;
  masters.shutter = view_of(4, 2, delay, error);
  const Frame frame = calibrate(ramp(), {}, info_of(4, 2), masters, config);
  // 140 e- in 75 s instead of 60: r = 1.25, σ_r = 0.05.
  EXPECT_NEAR(frame.signal_e(3, 1), 112.0, 1e-4);
  EXPECT_NEAR(frame.variance_e2(3, 1), (140.0 + 36.0 + 1.0 / 3.0 + 5.6 * 5.6) / 1.5625, 1e-3);
}

TEST(Calibration, ScalesTheDarkByExposureAndTemperature) {
  CalibConfig config = bare();
  config.pedestal_adu = 1000.0;
  config.dark_temperature_kappa = 0.1;
  const std::vector<float> dark(8, 10.0F);
  Masters masters;
  masters.dark = view_of(4, 2, dark);
  masters.dark.exposure_s = 120.0;
  FrameInfo info = info_of(4, 2);
  EXPECT_NEAR(calibrate(ramp(), {}, info, masters, config).signal_e(3, 1), 2.0 * (70.0 - 5.0),
              1e-4);
  masters.dark.temperature_c = -10.0;
  info.temperature_c = -5.0;
  EXPECT_NEAR(calibrate(ramp(), {}, info, masters, config).signal_e(3, 1),
              2.0 * (70.0 - 5.0 * std::exp(0.5)), 1e-4);
  config.dark_scale_exposure = false;
  config.dark_temperature_kappa = 0.0;
  EXPECT_NEAR(calibrate(ramp(), {}, info, masters, config).signal_e(3, 1), 2.0 * (70.0 - 10.0),
              1e-4);
}

TEST(Calibration, CutsTheFramesWindowOutOfLargerMasters) {
  std::vector<float> bias(48);  // 8 × 6
  for (std::size_t i = 0; i < 48; ++i) bias[i] = static_cast<float>(i);
  std::vector<MaskBits> bad(48, 0);
  bad[4 * 8 + 5] = mask::hot;
  Masters masters;
  masters.bias = view_of(8, 6, bias);
  masters.bad_pixels.nx = 8;
  masters.bad_pixels.ny = 6;
  masters.bad_pixels.mask = bad;
  FrameInfo info = info_of(4, 2);
  info.window_x0 = 3;
  info.window_y0 = 3;
  const Frame frame = calibrate(ramp(), {}, info, masters, bare());
  EXPECT_FLOAT_EQ(frame.signal_e(0, 0), 2.0F * (1000.0F - 27.0F));
  EXPECT_FLOAT_EQ(frame.signal_e(3, 1), 2.0F * (1070.0F - 38.0F));
  EXPECT_EQ(frame.mask(2, 1), mask::hot);
  EXPECT_EQ(frame.mask(2, 0), 0);
  info.window_x0 = 5;
  EXPECT_EQ(failed_test(ramp(), info, masters), "window");
  info.window_x0 = -1;
  EXPECT_EQ(failed_test(ramp(), info, masters), "window");
}

TEST(Calibration, ReportsWhatIsMissingAsItIsTold) {
  CalibConfig config = bare();
  const std::vector<float> dark(8, 10.0F);
  Masters masters;
  masters.dark = view_of(4, 2, dark);
  FrameInfo info = info_of(4, 2);
  info.traits.shutter_map = "shutter.fits";
  Mask storage;
  Frame frame;
  const auto prepared = calib::prepare_masters(masters, config, storage);
  const calib::Corrections got =
      calib::calibrate_into(frame, ramp(), {}, info, {}, prepared, config);
  EXPECT_EQ(calib::correction_names(got.done), "dark");
  EXPECT_EQ(calib::correction_names(got.missing), "bias|flat|shutter");
  config.missing_master = "skip";
  EXPECT_EQ(failed_test(ramp(), info, masters, config), "has_master_bias");
  config.bias = config.flat = false;
  EXPECT_EQ(failed_test(ramp(), info, masters, config), "has_master_shutter");
}

TEST(Calibration, WritesTheSameIntoMemoryUsedBefore) {
  CalibConfig config = bare();
  Grid<float> adu = ramp();
  adu(2, 0) = 60001.0F;
  config.saturated_fraction_max = 1.0;
  Frame frame;
  calib::calibrate_into(frame, adu, {}, info_of(4, 2), {}, {}, config);
  const float* memory = frame.signal_e.pixels().data();
  calib::calibrate_into(frame, ramp(), {}, info_of(4, 2), {}, {}, config);
  EXPECT_EQ(frame.signal_e.pixels().data(), memory);
  EXPECT_TRUE(frame == calibrate(ramp(), {}, info_of(4, 2), {}, config));
}

TEST(Calibration, FindsConstantFramesBehindPixelsWithoutValue) {
  Grid<float> adu(10, 10, 7.0F);
  for (std::int64_t ix = 0; ix < 10; ++ix) adu(ix, 0) = std::nanf("");
  adu(0, 1) = std::numeric_limits<float>::infinity();
  FrameInfo info = info_of(10, 10);
  info.saturation_adu = kNaN;
  EXPECT_EQ(failed_test(adu, info), "pixel_sigma_adu");
  adu(9, 9) = 8.0F;
  EXPECT_EQ(failed_test(adu, info), "no error");
}

}  // namespace

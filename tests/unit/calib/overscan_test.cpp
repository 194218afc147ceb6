// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/overscan.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "support/calib_overscan.hpp"

using namespace skyweft;
using calib::fit_overscan;
using support::overscan_image;
using support::overscan_model;
using support::overscan_right;

namespace {

constexpr auto kFlat = [](double) { return 1000.0; };

std::string failed_test(const std::function<void()>& what) {
  try {
    what();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    return e.test() ? e.test()->name : "";
  }
  return "none";
}

/// Ten rows of 12 overscan columns: 60 pixels of 100, 40 of 101, 20 of 102.
Grid<float> steps() {
  Grid<float> raw(16, 10, 7.0F);
  for (std::int64_t iy = 0; iy < 10; ++iy)
    for (std::int64_t ix = 4; ix < 16; ++ix)
      raw(ix, iy) = ix < 10 ? 100.0F : ix < 14 ? 101.0F : 102.0F;
  return raw;
}

TEST(ConstantOverscan, IsTheMedianOfTheConvertersSteps) {
  // Half of the 120 values are 100 or less: the median lies on the border of 100 and 101.
  // Mean 100 2/3, variance 0·½ + 1·⅓ + 4·⅙ − (2/3)² = 5/9.
  const auto level =
      fit_overscan(steps(), {}, overscan_right(10, 12), kNaN, overscan_model("constant"));
  EXPECT_EQ(level.model, "constant");
  ASSERT_EQ(level.level_adu.size(), 10U);
  for (const float v : level.level_adu) EXPECT_EQ(v, 100.5F);
  EXPECT_EQ(level.median_adu, 100.5);
  EXPECT_NEAR(level.sigma_adu, std::sqrt(5.0 / 9.0), 1e-12);
  EXPECT_NEAR(level.variance_adu2[3], kPi / 2.0 * (5.0 / 9.0) / 120.0, 1e-9);  // one float
}

TEST(ConstantOverscan, SkipsMaskedDeferredAndOutlyingPixels) {
  Grid<float> raw(18, 10, 7.0F);
  Mask bits(18, 10);
  const Grid<float> inner = steps();
  for (std::int64_t iy = 0; iy < 10; ++iy)
    for (std::int64_t ix = 4; ix < 16; ++ix) raw(ix + 2, iy) = inner(ix, iy);
  for (std::int64_t iy = 0; iy < 10; ++iy) raw(4, iy) = raw(5, iy) = 500.0F;  // deferred charge
  Amplifier amp = overscan_right(10, 14);
  auto config = overscan_model("constant");
  config.overscan_skip_px = 2;
  EXPECT_EQ(fit_overscan(raw, bits, amp, kNaN, config).median_adu, 100.5);
  // Three pixels each of 100, 100, …: taking out 6 of 100, 4 of 101 and 2 of 102 keeps the halves.
  for (const std::int64_t ix : {6, 7, 8, 9, 10, 11}) raw(ix, 0) = kNaNf;
  for (const std::int64_t ix : {12, 13, 14, 15}) raw(ix, 0) = 60000.0F;  // 4 of 120: clipped
  for (const std::int64_t ix : {16, 17}) bits(ix, 0) = mask::hot;
  EXPECT_EQ(fit_overscan(raw, bits, amp, kNaN, config).median_adu, 100.5);
  // Overscan to the left of the data: the deferred columns are now the last ones.
  for (std::int64_t iy = 0; iy < 10; ++iy) {
    std::ranges::reverse(raw.row(iy));
    std::ranges::reverse(bits.row(iy));
  }
  amp.data = {14, 0, 18, 10};
  amp.overscan = {0, 0, 14, 10};
  EXPECT_EQ(fit_overscan(raw, bits, amp, kNaN, config).median_adu, 100.5);
}

TEST(ConstantOverscan, ScattersAsItsVarianceSays) {
  // 2000 images of 400 pixels, real and whole numbers. A variance from 2000 values is known to
  // √(2/2000) = 3.2 %; tolerance 4 of these. The steps of whole numbers (half a sigma) are part of
  // the measured scatter. Interpolating the distribution inside a step moves the median by up to
  // (step²/8) |d|/σ² = 0.016 for an offset d of half a step; the mean of all is known to 0.0028.
  std::mt19937_64 random(11);
  const Amplifier amp = overscan_right(20, 20);
  for (const bool whole : {false, true}) {
    double sum = 0.0;
    double squares = 0.0;
    double quoted = 0.0;
    for (int k = 0; k < 2000; ++k) {
      const auto raw = overscan_image(
          20, 20, 2.0, [](double) { return 100.37; }, random, whole);
      const auto level = fit_overscan(raw, {}, amp, kNaN, overscan_model("constant"));
      const double d = level.median_adu - 100.37;
      sum += d / 2000.0;
      squares += d * d / 2000.0;
      quoted += static_cast<double>(level.variance_adu2[0]) / 2000.0;
    }
    EXPECT_NEAR(quoted / (squares - sum * sum), 1.0, 0.13) << "whole numbers: " << whole;
    EXPECT_NEAR(sum, 0.0, (whole ? 0.016 : 0.0) + 4.0 * 0.0028) << "whole numbers: " << whole;
  }
}

/// Mean of (fit − truth)²/variance over rows and 200 images of 600 rows and 20 columns.
double reduced_scatter(const char* model, const std::function<double(double)>& truth) {
  std::mt19937_64 random(12);
  const Amplifier amp = overscan_right(600, 20);
  double sum = 0.0;
  for (int k = 0; k < 200; ++k) {
    const auto raw = overscan_image(600, 20, 4.0, truth, random);
    const auto level = fit_overscan(raw, {}, amp, kNaN, overscan_model(model));
    EXPECT_EQ(level.model, model);
    for (std::size_t i = 0; i < 600; ++i) {
      const double d = static_cast<double>(level.level_adu[i]) - truth(static_cast<double>(i));
      sum += d * d / static_cast<double>(level.variance_adu2[i]) / 600.0 / 200.0;
    }
  }
  return sum;
}

TEST(RowOverscan, ScattersAsItsVarianceSays) {
  // Fits have m free numbers an image: 200 m of them know a variance to √(2/(200 m)); tolerance 4
  // of these. The spline (12 terms) misses a sine of period 600 by 1e-3 of its own error.
  const auto sine = [](double y) { return 1000.0 + 3.0 * std::sin(2.0 * kPi * y / 600.0); };
  EXPECT_NEAR(reduced_scatter("spline", sine), 1.0, 4.0 * std::sqrt(2.0 / 2400.0));
  const auto cubic = [](double y) { return 1000.0 + 1e-7 * (y - 100.0) * (y - 300.0) * y; };
  EXPECT_NEAR(reduced_scatter("polynomial", cubic), 1.0, 4.0 * std::sqrt(2.0 / 800.0));
  // Medians of 20 and of 15 Gaussians have variances of 1.50 and 1.47 … 1.51 σ²/n, not π/2 each:
  // the ratio is between 0.86 and 0.94; 600/15 free numbers an image add 4 × 1.6 %.
  const double row = reduced_scatter("row", kFlat);
  EXPECT_GT(row, 0.86 - 0.063);
  EXPECT_LT(row, 0.94 + 0.063);
}

TEST(AutoOverscan, FollowsRowsOnlyWhereTheyDifferByMoreThanNoise) {
  // R = 4, 20 columns: the rows must vary by more than 4·16/20 = 3.2 ADU², a sine of
  // amplitude 2.53. The noise of the rows' own variance is 1.26 √(2/600) = 0.07 ADU² and the spline
  // takes 12 of 600.
  std::mt19937_64 random(13);
  const Amplifier amp = overscan_right(600, 20);
  const auto chosen = [&](double amplitude, double read_noise) {
    const auto raw = overscan_image(
        600, 20, 4.0, [&](double y) { return 1000.0 + amplitude * std::sin(y / 50.0); }, random);
    return fit_overscan(raw, {}, amp, read_noise, overscan_model("auto")).model;
  };
  EXPECT_EQ(chosen(0.0, kNaN), "constant");
  EXPECT_EQ(chosen(2.0, kNaN), "constant");
  EXPECT_EQ(chosen(3.0, kNaN), "spline");
  EXPECT_EQ(chosen(3.0, 4.0), "spline");
  EXPECT_EQ(chosen(3.0, 8.0), "constant");  // what the header says outranks the scatter
  EXPECT_EQ(chosen(2.0, 2.0), "spline");
}

TEST(SplineOverscan, BridgesGapsAndIgnoresBrightRows) {
  // A slope, so that the bridge over the gap is the truth; its error is that of 64 rows of 20
  // pixels on either side, 1.25·4/√1280 = 0.14 ADU, and no more than twice as much half a gap away.
  std::mt19937_64 random(14);
  const auto slope = [](double y) { return 1000.0 + 0.05 * y; };
  auto raw = overscan_image(600, 20, 4.0, slope, random);
  Mask bits(24, 600);
  for (std::int64_t iy = 200; iy < 300; ++iy)
    for (auto& b : bits.row(iy)) b = mask::fault;
  for (std::int64_t iy = 400; iy < 405; ++iy)
    for (float& v : raw.row(iy)) v += 900.0F;  // a bright star's charge behind the data
  for (const char* model : {"spline", "polynomial"}) {
    const auto level =
        fit_overscan(raw, bits, overscan_right(600, 20), kNaN, overscan_model(model));
    EXPECT_EQ(level.model, model);
    for (std::size_t i = 0; i < 600; ++i) {
      EXPECT_NEAR(level.level_adu[i], slope(static_cast<double>(i)), 4.0 * 2.0 * 0.14) << i;
      EXPECT_GT(level.variance_adu2[i], 0.0F);
    }
  }
}

TEST(Overscan, TakesTheNearestRowWhereItHasNone) {
  std::mt19937_64 random(15);
  const auto raw = overscan_image(
      100, 20, 1.0, [](double y) { return y; }, random);
  Amplifier amp = overscan_right(100, 20);
  amp.overscan.y0 = 10;
  amp.overscan.y1 = 90;
  auto config = overscan_model("row");
  config.overscan_smooth_rows = 1;
  const auto level = fit_overscan(raw, {}, amp, kNaN, config);
  for (std::size_t i = 0; i < 10; ++i) {
    EXPECT_EQ(level.level_adu[i], level.level_adu[10]);
    EXPECT_EQ(level.level_adu[90 + i], level.level_adu[89]);
  }
  // 1.25·1/√20 = 0.28 ADU each.
  for (std::size_t i = 10; i < 90; ++i)
    EXPECT_NEAR(level.level_adu[i], static_cast<double>(i), 1.4);
}

TEST(Overscan, AboveTheDataIsAConstant) {
  Grid<float> raw(50, 20, 300.0F);
  raw(7, 12) = 310.0F;
  const Amplifier amp{
      .name = "", .data = {0, 0, 50, 10}, .overscan = {0, 10, 50, 20}, .frame = {0, 0, 50, 10}};
  const auto level = fit_overscan(raw, {}, amp, kNaN, overscan_model("spline"));
  EXPECT_EQ(level.model, "constant");
  EXPECT_EQ(level.level_adu, std::vector<float>(10, 300.0F));
}

TEST(Overscan, OfNoneIsZero) {
  Amplifier amp = overscan_right(10, 12);
  EXPECT_EQ(fit_overscan(steps(), {}, amp, kNaN, overscan_model("none")).model, "none");
  amp.overscan = {};
  const auto level = fit_overscan(steps(), {}, amp, kNaN, {});
  EXPECT_EQ(level.model, "none");
  EXPECT_EQ(level.level_adu, std::vector<float>(10, 0.0F));
  EXPECT_EQ(level.variance_adu2, std::vector<float>(10, 0.0F));
}

TEST(Overscan, RefusesTooFewPixelsAndBadSections) {
  auto config = overscan_model("auto");
  config.overscan_min_pixels = 121;
  EXPECT_EQ(failed_test([&] { fit_overscan(steps(), {}, overscan_right(10, 12), kNaN, config); }),
            "overscan_pixels");
  config.overscan_min_pixels = 1;
  config.overscan_skip_px = 12;  // nothing left
  EXPECT_EQ(failed_test([&] { fit_overscan(steps(), {}, overscan_right(10, 12), kNaN, config); }),
            "overscan_pixels");
  Amplifier amp = overscan_right(10, 13);
  EXPECT_EQ(failed_test([&] { fit_overscan(steps(), {}, amp, kNaN, {}); }), "section");
  amp.overscan = {3, 0, 16, 10};
  EXPECT_EQ(failed_test([&] { fit_overscan(steps(), {}, amp, kNaN, {}); }), "section");
}

TEST(OverscanDrift, CountsSigmasOfTheSession) {
  // Median 102, deviations 2 1 0 1 2: MAD 1.
  const std::vector<double> session{100, 101, 102, 103, 104};
  EXPECT_NEAR(calib::overscan_drift(session, 111.0, 0.0), 9.0 / 1.482602218505602, 1e-12);
  EXPECT_NEAR(calib::overscan_drift(session, 99.0, 3.0), -1.0, 1e-12);
  EXPECT_EQ(calib::overscan_drift(std::vector<double>(5, 7.0), 7.0, 0.0), 0.0);
  EXPECT_TRUE(std::isnan(calib::overscan_drift({session.data(), 4}, 111.0, 0.0)));
}

}  // namespace

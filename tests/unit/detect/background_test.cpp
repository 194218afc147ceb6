// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;
using support::add_star;
using support::sky_frame;

// A box of 64² pixels knows its level to 2.5·1.25·σ/64 = 0.05 σ at worst (mode rule); 5 of these.
TEST(BackgroundMap, RecoversGradientUnderStars) {
  Frame f = sky_frame(512, 384, 0.0, 10.0, 3);
  for (std::int64_t y = 0; y < 384; ++y)
    for (std::int64_t x = 0; x < 512; ++x)
      f.signal_e(x, y) += 500.0f + 0.05f * static_cast<float>(x) - 0.03f * static_cast<float>(y);
  for (int i = 0; i < 40; ++i) add_star(f, 20 + 12 * i, 15 + (i * 53) % 350, 20000, 3.0);
  const auto b = detect::estimate_background(f);
  double sum2 = 0.0;
  for (std::int64_t y = 0; y < 384; ++y)
    for (std::int64_t x = 0; x < 512; ++x)
      sum2 += std::pow(static_cast<double>(b.level_e(x, y)) - 500.0 -
                           0.05 * static_cast<double>(x) + 0.03 * static_cast<double>(y),
                       2);
  EXPECT_LT(std::sqrt(sum2 / (512 * 384)), 1.0);  // 0.1 σ
  EXPECT_NEAR(b.median_rms_e, 10.0, 0.5);         // gradient adds 1.1 in quadrature: 10.06
}

TEST(BackgroundMap, IgnoresMaskedPixelsAndFillsEmptyBoxes) {
  Frame f = sky_frame(320, 320, 100.0, 2.0, 4);
  for (std::int64_t y = 128; y < 192; ++y)
    for (std::int64_t x = 128; x < 192; ++x)
      f.signal_e(x, y) = 60000.0f, f.mask(x, y) = mask::oversaturated;
  const auto b = detect::estimate_background(f);
  EXPECT_NEAR(b.level_e(160, 160), 100.0, 0.3);
}

TEST(BackgroundMap, OfConstantFrameIsTheConstant) {
  Frame f = sky_frame(100, 70, 7.0, 0.0, 1);
  const auto b = detect::estimate_background(f);
  EXPECT_FLOAT_EQ(b.level_e(99, 69), 7.0f);
  EXPECT_FLOAT_EQ(b.rms_e(0, 0), 0.0f);
}

TEST(BackgroundMap, RefusesFullyMaskedFrame) {
  Frame f = sky_frame(64, 64, 7.0, 1.0, 1);
  for (auto& m : f.mask.pixels()) m = mask::no_data;
  EXPECT_THROW(detect::estimate_background(f), Error);
}

// One box: constant maps. Its level is the mean of 30 x 20 values, known to 3/√600 = 0.12, or their
// mode, known to 2.14 times that; four of these.
TEST(BackgroundMap, OfFrameSmallerThanABoxIsOneBox) {
  const Frame f = sky_frame(30, 20, 40.0, 3.0, 6);
  const auto b = detect::estimate_background(f);
  EXPECT_NEAR(b.level_e(0, 0), 40.0, 1.05);
  EXPECT_NEAR(b.rms_e(0, 0), 3.0, 4.0 * 3.0 / std::sqrt(2.0 * 600.0));
  EXPECT_FLOAT_EQ(b.level_e(29, 19), b.level_e(0, 0));
}

// Masked, infinite and absent values are as if they were not there: the same to the last bit,
// whatever is in them.
TEST(BackgroundMap, DoesNotSeeUnusablePixels) {
  Frame f = sky_frame(200, 130, 40.0, 3.0, 6);
  for (std::int64_t y = 0; y < 130; ++y) f.mask(70, y) = mask::fault;
  f.mask(10, 10) = mask::hot, f.mask(11, 10) = mask::user;
  const auto clean = detect::estimate_background(f);
  for (std::int64_t y = 0; y < 130; ++y) f.signal_e(70, y) = 1e7f;
  f.signal_e(10, 10) = std::numeric_limits<float>::quiet_NaN();
  f.signal_e(11, 10) = -std::numeric_limits<float>::infinity();
  const auto dirty = detect::estimate_background(f);
  EXPECT_EQ(clean.level_e, dirty.level_e);
  EXPECT_EQ(clean.rms_e, dirty.rms_e);
  f.mask(10, 10) = f.mask(11, 10) = 0;  // not finite is enough
  EXPECT_EQ(detect::estimate_background(f).level_e, clean.level_e);
}

// Every 65th pixel is what the first guess of a 64 x 64 box looks at: here it lies about the sky. A
// level of 4096 pixels is known to 2/64 = 0.03, a mode to 2.14 times that; 63 wrong pixels are
// clipped.
TEST(BackgroundMap, SurvivesAWrongFirstGuess) {
  Frame f = sky_frame(64, 64, 50.0, 2.0, 9);
  for (std::size_t i = 0; i < 4096; i += 65) f.signal_e.pixels()[i] = 50.2f;
  f.signal_e.pixels()[0] = 50.3f;
  const auto equal = detect::estimate_background(f);  // no width at all
  EXPECT_NEAR(equal.level_e(0, 0), 50.0, 0.27);
  EXPECT_NEAR(equal.rms_e(0, 0), 2.0, 4.0 * 2.0 / std::sqrt(2.0 * 4096.0));
  for (std::size_t i = 0, n = 0; i < 4096; i += 65, ++n)
    f.signal_e.pixels()[i] = 50.0f + 0.3f * static_cast<float>(n % 3);  // a fifth of the width
  const auto narrow = detect::estimate_background(f);
  EXPECT_NEAR(narrow.level_e(0, 0), 50.0, 0.27);
  EXPECT_NEAR(narrow.rms_e(0, 0), 2.0, 4.0 * 2.0 / std::sqrt(2.0 * 4096.0));
  for (std::size_t i = 0, n = 0; i < 4096; i += 65, ++n)
    f.signal_e.pixels()[i] = 50.0f + 40.0f * static_cast<float>(n % 5);  // twenty times the width
  const auto wide = detect::estimate_background(f);
  EXPECT_NEAR(wide.level_e(0, 0), 50.0, 0.27);
  EXPECT_NEAR(wide.rms_e(0, 0), 2.0, 4.0 * 2.0 / std::sqrt(2.0 * 4096.0));
}

TEST(BackgroundMap, RefusesAFrameWithoutPixelsOrMask) {
  EXPECT_THROW(detect::estimate_background(Frame{}), Error);
  Frame f = sky_frame(64, 64, 7.0, 1.0, 1);
  f.mask = Mask(63, 64);
  EXPECT_THROW(detect::estimate_background(f), Error);
}

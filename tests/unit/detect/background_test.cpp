// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/background.hpp"

#include <cmath>

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

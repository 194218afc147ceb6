// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/overscan.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/calib_overscan.hpp"

using namespace skyweft;
using calib::fit_overscan;
using support::overscan_image;
using support::overscan_model;
using support::overscan_right;

namespace {

TEST(RowOverscan, EqualsItsSlowTwin) {
  // Gaussian floats near 1000 have a step of 6e-5, so ties are rare and move a median by less than
  // one step; pixels beyond 5 sigma are one in 1.7 million, of 144 000 drawn.
  std::mt19937_64 random(31);
  std::uniform_int_distribution<int> lot(0, 9);
  for (const std::int64_t window : {1, 5, 15}) {
    const auto raw = overscan_image(
        300, 16, 3.0, [](double y) { return 1000.0 + 0.1 * y; }, random);
    Mask bits(20, 300);
    for (auto& b : bits.pixels()) b = lot(random) == 0 ? mask::user : MaskBits{0};
    for (std::int64_t iy = 100; iy < 105; ++iy)
      for (auto& b : bits.row(iy)) b = mask::fault;
    const Amplifier amp = overscan_right(300, 16);
    auto config = overscan_model("row");
    config.overscan_smooth_rows = static_cast<int>(window);
    const auto level = fit_overscan(raw, bits, amp, kNaN, config);
    const auto twin = support::overscan_row_twin(raw, bits, amp.overscan, window);
    for (std::size_t i = 0; i < 300; ++i)
      if (!std::isnan(twin[i])) {
        EXPECT_NEAR(level.level_adu[i], twin[i], 1.3e-4) << i;
      }
  }
}

TEST(Overscan, MovesAndScalesWithItsImage) {
  // Multiplying by 2 and adding a whole number are exact up to one float's rounding (1.2e-4 at
  // 2000); fits repeat it in double.
  std::mt19937_64 random(32);
  const auto raw = overscan_image(
      500, 12, 3.0, [](double y) { return 900.0 + 8.0 * std::sin(y / 40.0); }, random, true);
  auto other = raw;
  for (float& v : other.pixels()) v = 2.0F * v + 64.0F;
  const Amplifier amp = overscan_right(500, 12);
  for (const char* model : {"auto", "constant", "row", "polynomial", "spline"}) {
    const auto a = fit_overscan(raw, {}, amp, kNaN, overscan_model(model));
    const auto b = fit_overscan(other, {}, amp, kNaN, overscan_model(model));
    EXPECT_EQ(a.model, b.model);
    EXPECT_NEAR(b.sigma_adu, 2.0 * a.sigma_adu, 1e-9);
    for (std::size_t i = 0; i < 500; ++i) {
      EXPECT_NEAR(b.level_adu[i], 2.0F * a.level_adu[i] + 64.0F, 2.5e-4) << model;
      EXPECT_NEAR(b.variance_adu2[i] / (4.0F * a.variance_adu2[i]), 1.0, 1e-5) << model;
    }
  }
}

}  // namespace

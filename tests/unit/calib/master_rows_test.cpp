// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/master_rows.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "calib/dark_scale.hpp"
#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

TEST(MasterRows, SubtractBiasAndDarkAndDivideByLevel) {
  const std::vector<float> adu{1210, 1410, 9};
  const std::vector<MaskBits> bits{0, mask::suspect, mask::oversaturated};
  const std::vector<float> bias{1000, 1000, 1000};
  const std::vector<float> dark{20, 20, 20};
  std::vector<float> out(3);
  calib::prepare_flat_row(adu, bits, bias, dark, 0.5, 200.0, out);
  EXPECT_FLOAT_EQ(out[0], 1.0F);
  EXPECT_FLOAT_EQ(out[1], 2.0F);
  EXPECT_TRUE(std::isnan(out[2]));
  calib::prepare_dark_row(adu, bits, bias, out);
  EXPECT_FLOAT_EQ(out[0], 210.0F);
  calib::prepare_bias_row(adu, {}, out);
  EXPECT_FLOAT_EQ(out[2], 9.0F);
}

TEST(MasterRows, BringDarksToOneExposure) {
  const std::vector<float> bias{100, 100};
  std::vector<float> out(2);
  calib::prepare_dark_row(std::vector<float>{130, 100}, {}, bias, out, 10.0 / 30.0);
  EXPECT_FLOAT_EQ(out[0], 10.0F);
  EXPECT_FLOAT_EQ(out[1], 0.0F);
}

TEST(DarkScale, FollowsTimeAndTemperature) {
  EXPECT_DOUBLE_EQ(calib::dark_scale(30.0, 60.0, -20.0, -25.0, 0.0), 0.5);
  EXPECT_DOUBLE_EQ(calib::dark_scale(30.0, 60.0, kNaN, -25.0, 0.1), 0.5);
  EXPECT_NEAR(calib::dark_scale(30.0, 60.0, -20.0, -25.0, 0.1), 0.5 * 1.6487212707, 1e-10);  // √e
  EXPECT_EQ(calib::dark_scale(30.0, 0.0, 0.0, 0.0, 0.1), 0.0);
  EXPECT_EQ(calib::dark_scale(kNaN, 60.0, 0.0, 0.0, 0.1), 0.0);
  EXPECT_EQ(calib::dark_scale(30.0, kNaN, 0.0, 0.0, 0.1), 0.0);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/master_rows.hpp"
#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::stack_strip;
using calib::StackConfig;

namespace {

TEST(Stack, DropsOutliersAndAveragesTheRest) {
  const std::vector<float> samples{10, 11, 9, 10, 500, 10, 12, 8};  // one pixel, 8 frames
  const auto out = stack_strip(samples, 8, 1, 1.0, 1.0, {});
  EXPECT_FLOAT_EQ(out.value[0], 10.0F);
  EXPECT_EQ(out.count[0], 7);
  EXPECT_EQ(out.mask[0], 0);
  EXPECT_NEAR(out.error[0], std::sqrt(11.0 / 7.0), 1e-6);  // floor √(1 + 10) over √7
}

TEST(Stack, NoiseFloorKeepsValuesWhenTheMadCollapses) {
  const std::vector<float> samples{100, 100, 100, 100, 100, 103, 97, 101};
  EXPECT_EQ(stack_strip(samples, 8, 1, 1.0, 3.0, {}).count[0], 8);
  EXPECT_EQ(stack_strip(samples, 8, 1, 0.0, 0.0, {}).count[0], 5);
}

TEST(Stack, MarksPixelsWithTooFewValues) {
  const std::vector<float> samples{1, kNaNf, 2, kNaNf, 3, kNaNf};
  const auto out = stack_strip(samples, 3, 2, 1.0, 1.0, {.min_frames = 3});
  EXPECT_EQ(out.mask[0], 0);
  EXPECT_EQ(out.mask[1], mask::fault);
  EXPECT_EQ(out.value[1], 0.0F);
  EXPECT_EQ(out.count[1], 0);
}

TEST(Stack, QuotesTheErrorItScattersWith) {
  // 4000 pixels of 15 frames, σ = 5; the scatter of 4000 means is known to 1.1 %, the mean MAD of
  // 15 values runs some per cent low but the floor holds it. Seed 4; tolerance 8 %.
  std::mt19937_64 random(4);
  std::normal_distribution<float> noise(100.0F, 5.0F);
  std::vector<float> samples(15 * 4000);
  for (float& v : samples) v = noise(random);
  const auto out = stack_strip(samples, 15, 4000, 1.0, 5.0, {}, 1e9);
  double scatter = 0.0;
  double quoted = 0.0;
  for (std::size_t i = 0; i < 4000; ++i) {
    scatter += std::pow(out.value[i] - 100.0, 2) / 4000.0;
    quoted += std::pow(out.error[i], 2) / 4000.0;
  }
  EXPECT_GT(std::sqrt(quoted / scatter), 0.92);
  EXPECT_LT(std::sqrt(quoted / scatter), 1.20);  // the floor makes the error an upper bound
}

TEST(Stack, DoesNotDependOnHowStripsAreCut) {
  std::mt19937_64 random(8);
  std::normal_distribution<float> noise(100.0F, 5.0F);
  std::vector<float> samples(9 * 20);
  for (float& v : samples) v = noise(random);
  const auto whole = stack_strip(samples, 9, 20, 1.5, 4.0, {});
  for (std::size_t first = 0; first < 20; first += 5) {
    std::vector<float> part;
    for (std::size_t f = 0; f < 9; ++f)
      for (std::size_t i = 0; i < 5; ++i) part.push_back(samples[f * 20 + first + i]);
    const auto cut = stack_strip(part, 9, 5, 1.5, 4.0, {});
    for (std::size_t i = 0; i < 5; ++i) {
      EXPECT_EQ(cut.value[i], whole.value[first + i]);
      EXPECT_EQ(cut.error[i], whole.error[first + i]);
    }
  }
}

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
  const Grid<float> frame(8, 8, 1200.0F);
  EXPECT_DOUBLE_EQ(calib::flat_level(frame, {}, {}, {}, 0.0), 1200.0);
  EXPECT_THROW(calib::flat_level(Grid<float>(8, 8, -3.0F), {}, {}, {}, 0.0), Error);
}

TEST(Masters, GetTheirBadPixelsMarked) {
  std::vector<float> flat(60 * 60, 2.0F);
  std::vector<float> error(60 * 60, 0.002F);
  std::vector<MaskBits> bits(60 * 60, 0);
  flat[100] = 0.2F;  // 0.1 of the centre
  flat[200] = 0.9F;  // 0.45: alive, but not half of its surroundings
  error[300] = 0.1F;
  calib::normalise_flat(60, 60, flat, error, bits);
  EXPECT_FLOAT_EQ(flat[0], 1.0F);
  calib::mark_flat_pixels(60, 60, flat, error, bits);
  EXPECT_EQ(bits[100], mask::low_flat | mask::fault);
  EXPECT_EQ(bits[200], mask::fault);
  EXPECT_EQ(bits[300], mask::low_flat);
  EXPECT_EQ(bits[0], 0);

  std::vector<float> dark(1000);
  for (std::size_t i = 0; i < dark.size(); ++i) dark[i] = static_cast<float>(i % 11);
  dark[7] = 500.0F;
  std::vector<MaskBits> hot(1000, 0);
  calib::mark_hot_pixels(dark, hot);
  EXPECT_EQ(hot[7], mask::hot);
  EXPECT_EQ(hot[10], 0);
}

}  // namespace

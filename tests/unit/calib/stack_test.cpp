// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

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
  // Σ(x − 10)² = 10 with 6 degrees of freedom, widened by 1.0036036 for the tails beyond −4 and 3.5
  // sigma; the model's 1 + 10 with 4; the clipped mean's variance is 1.0036019 of a mean's.
  EXPECT_NEAR(out.error[0], std::sqrt((10.036036 + 44.0) / 10.0 * 1.0036019 / 7.0), 1e-6);
  EXPECT_FLOAT_EQ(out.scale[0], 1.4826022F);  // distances 0 0 0 1 1 2 2 490
}

TEST(Stack, TakesTheMedianTheMeanOrTheMeanWithoutExtremes) {
  const std::vector<float> samples{5, 1, 90, 3, 2, 4};
  const auto by = [&](const char* combine) {
    return stack_strip(samples, 6, 1, 0.0, 0.0, {.combine = combine});
  };
  EXPECT_FLOAT_EQ(by("median").value[0], 3.5F);
  EXPECT_EQ(by("median").count[0], 6);
  // distances .5 .5 1.5 1.5 2.5 86.5: MAD 1.5; E s² = 1 − 0.16/6 − 3.9/36; n Var = 6 π / (12
  // + 2.648333)
  EXPECT_NEAR(by("median").error[0],
              1.5 * 1.4826022 / std::sqrt(0.865) * std::sqrt(6 * 3.14159265 / 14.648333 / 6.0),
              1e-5);
  EXPECT_FLOAT_EQ(by("mean").value[0], 17.5F);
  // Σ(x − 17.5)² = 8155 − 6 × 17.5² = 6317.5
  EXPECT_NEAR(by("mean").error[0], std::sqrt(6317.5 / 5.0 / 6.0), 1e-4);
  EXPECT_FLOAT_EQ(by("minmax").value[0], 3.5F);  // 2 3 4 5
  EXPECT_EQ(by("minmax").count[0], 4);
  EXPECT_EQ(by("minmax").mask[0], mask::fault);  // fewer than 5
  // winsorised 2 2 3 4 5 5: Σ(x − 3.5)² = 9.5, over h (h − 1) = 12
  EXPECT_NEAR(by("minmax").error[0], std::sqrt(9.5 / 12.0), 1e-6);
  const auto none = stack_strip(samples, 6, 1, 1.0, 1.0, {.combine = "minmax", .minmax_low = 6});
  EXPECT_EQ(none.count[0], 0);
  EXPECT_EQ(none.value[0], 0.0F);
  EXPECT_THROW(by("best"), Error);
}

TEST(Stack, OfEqualValuesQuotesTheNoiseModelsShare) {
  // 8 equal values: V = (7 × 0 + 4 × 9) / 11 with R = 3, no photons above the pedestal.
  const std::vector<float> samples(8, 100.0F);
  const auto out = stack_strip(samples, 8, 1, 1.0, 3.0, {.combine = "mean"}, 100.0);
  EXPECT_NEAR(out.error[0], std::sqrt(36.0 / 11.0 / 8.0), 1e-6);
  EXPECT_EQ(out.scale[0], 0.0F);
}

TEST(Stack, RefusesSamplesOfTheWrongLength) {
  EXPECT_THROW(stack_strip(std::vector<float>(7), 2, 4, 1.0, 1.0, {}), Error);
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

}  // namespace

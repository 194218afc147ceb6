// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "calib/stack.hpp"

using namespace skyweft;

namespace {

struct ErrorCheck {
  double quoted_over_scatter;  ///< root mean square of the errors over the scatter of the values
  double error_spread;         ///< relative scatter of the errors
};

constexpr std::size_t kTrials = 40000;

/// kTrials pixels of n_frame normal values of variance 25 about 100; a part of them hit.
ErrorCheck check(std::int64_t n_frame, const std::string& combine, double gain, double read_e,
                 double hit_part = 0.0) {
  std::mt19937_64 random(static_cast<std::uint64_t>(n_frame));
  std::normal_distribution<float> noise(100.0F, 5.0F);
  std::uniform_real_distribution<double> uniform;
  std::vector<float> samples(static_cast<std::size_t>(n_frame) * kTrials);
  for (float& v : samples) v = noise(random) + (uniform(random) < hit_part ? 400.0F : 0.0F);
  const auto out =
      calib::stack_strip(samples, n_frame, kTrials, gain, read_e, {.combine = combine}, 1e9);
  double mean = 0.0;
  for (const float v : out.value) mean += static_cast<double>(v) / kTrials;
  double scatter = 0.0;
  double quoted = 0.0;
  double error = 0.0;
  for (std::size_t i = 0; i < kTrials; ++i) {
    scatter += std::pow(static_cast<double>(out.value[i]) - mean, 2) / kTrials;
    quoted += std::pow(static_cast<double>(out.error[i]), 2) / kTrials;
    error += static_cast<double>(out.error[i]) / kTrials;
  }
  return {std::sqrt(quoted / scatter), std::sqrt(quoted - error * error) / error};
}

// The scatter of N values is known to 1/√(2N) = 0.35 % for N = 40000; the root mean square of N
// errors from ν >= 3.6 degrees of freedom (the MAD of 10) to 1/√(2νN) = 0.19 %: together 0.40 %.
// The factors in stack_column.cpp claim 0.5 %. 2 % is 4 sigma over that.
constexpr double kTolerance = 0.02;

class StackErrors : public testing::TestWithParam<const char*> {};

TEST_P(StackErrors, EqualTheScatterWithTheNoiseModel) {
  for (const std::int64_t n : {10, 30})
    EXPECT_NEAR(check(n, GetParam(), 1.0, 5.0).quoted_over_scatter, 1.0, kTolerance) << n;
}

TEST_P(StackErrors, EqualTheScatterWithoutTheNoiseModel) {
  for (const std::int64_t n : {10, 30}) {
    const double ratio = check(n, GetParam(), 0.0, 0.0).quoted_over_scatter;
    // Where only the MAD of few values says what to clip, it takes good values too when it is small
    // by chance (1 in 40 is below 0.4 sigma for 10), and the rest looks quieter than it is.
    if (std::string{GetParam()} == "clip") {
      EXPECT_LT(ratio, 1.0 + kTolerance) << n;
      EXPECT_GT(ratio, n == 10 ? 0.9 : 0.96) << n;
    } else {
      EXPECT_NEAR(ratio, 1.0, kTolerance) << n;
    }
  }
}

TEST_P(StackErrors, ScatterLittleThemselves) {
  // Pooled with 4 degrees of freedom of the model, ν + 4 = 13 for the variance of 10 values: the
  // error scatters by √(2 × 9) / 13 / 2 = 0.163; minmax keeps 8 and the MAD stands on 3.6:
  // √(2 × 7) / 11 / 2 = 0.170, √(2 × 3.6) / 7.6 / 2 = 0.177. Known to 1 %; the winsorised variance
  // and the MAD are not quite χ², hence 0.19. Alone, 10 values would give 0.236.
  EXPECT_LT(check(10, GetParam(), 1.0, 5.0).error_spread, 0.19);
}

TEST(ClippedStack, QuotesAnHonestErrorWhereCosmicRaysHit) {
  // 1 % of the values is 80 sigma high: the survivors are normal values again. 1.5 % of the pixels
  // of 10 frames and more have two hits or more of 10, which the median and MAD stand.
  for (const std::int64_t n : {10, 30})
    EXPECT_NEAR(check(n, "clip", 1.0, 5.0, 0.01).quoted_over_scatter, 1.0, kTolerance) << n;
}

INSTANTIATE_TEST_SUITE_P(Combine, StackErrors, testing::Values("clip", "median", "minmax", "mean"),
                         [](const auto& each) { return std::string{each.param}; });

}  // namespace

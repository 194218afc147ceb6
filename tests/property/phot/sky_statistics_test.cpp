// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/sky_statistics.hpp"

#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "core/robust.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

void expect_equal_to_core(const std::vector<float>& values, double clip, int rounds,
                          double quantum) {
  phot::SkySample sample;
  sample.reset(values.size());
  std::ranges::copy(values, sample.value.begin());
  sample.n = values.size();
  const ClippedSummary fast = phot::clipped_sky(sample, clip, rounds, quantum);
  auto slow_values = values;
  const ClippedSummary slow = sigma_clipped_in_place(std::span{slow_values}, clip, rounds);
  const double median = grouped_median_in_place(
      std::span{slow_values}.first(static_cast<std::size_t>(slow.n)), quantum);
  ASSERT_EQ(fast.n, slow.n);
  if (slow.n == 0) {
    EXPECT_TRUE(std::isnan(fast.median) && std::isnan(fast.mean) && std::isnan(fast.sigma));
    return;
  }
  // Sums of at most 1e3 doubles round at 1e-13 of the largest; the median is one of the floats.
  const double scale = std::abs(slow.mean) + slow.sigma;
  EXPECT_NEAR(fast.mean, slow.mean, 1e-13 * scale);
  EXPECT_NEAR(fast.sigma, slow.sigma, 1e-12 * scale);
  EXPECT_EQ(fast.median, median);
}

TEST(ClippedSky, EqualsTheMeanMedianAndSigmaOfCore) {
  std::mt19937_64 random(77);
  std::normal_distribution<double> normal(0.0, 1.0);
  std::uniform_real_distribution<double> uniform(0.0, 1.0);
  const std::vector<std::function<double()>> kinds{
      [&] { return 200.0 + 15.0 * normal(random); },
      [&] { return -3.0 + 0.01 * normal(random); },
      [&] { return 1e6 * uniform(random); },
      // With a bright star in every fiftieth pixel, a galaxy's skew, and half a second level.
      [&] { return 200.0 + 15.0 * normal(random) + (uniform(random) < 0.02 ? 5e4 : 0.0); },
      [&] { return 100.0 + 20.0 * std::exp(1.5 * normal(random)); },
      [&] { return (uniform(random) < 0.5 ? 0.0 : 50.0) + normal(random); },
      // Whole steps: few and many ties; all equal.
      [&] { return std::round(100.0 + 3.0 * normal(random)); },
      [&] { return std::round(100.0 + 0.3 * normal(random)); },
      [&] { return 42.5; },
  };
  for (const auto& draw : kinds)
    for (const std::size_t n : {1U, 2U, 3U, 4U, 5U, 8U, 50U, 51U, 333U, 650U, 1000U})
      for (int trial = 0; trial < 10; ++trial) {
        std::vector<float> values(n);
        for (float& v : values) v = static_cast<float>(draw());
        expect_equal_to_core(values, trial % 2 == 0 ? 3.0 : 1.5, trial % 3 == 0 ? 0 : 5, 1.7);
      }
}

TEST(ClippedSky, OfNothingIsNaN) {
  expect_equal_to_core({}, 3.0, 5, 1.0);
}

TEST(ClippedSky, ForgetsTheSampleBefore) {
  phot::SkySample sample;
  for (const std::size_t n : {100U, 7U}) {
    sample.reset(n);
    for (std::size_t i = 0; i < n; ++i) sample.value[i] = static_cast<float>(i);
    sample.n = n;
    EXPECT_EQ(phot::clipped_sky(sample, 3.0, 5, 1.0).median, 0.5 * static_cast<double>(n - 1));
  }
}

}  // namespace

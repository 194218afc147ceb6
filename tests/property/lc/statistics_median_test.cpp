// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics_median.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>

#include <gtest/gtest.h>

namespace skyweft::lc {
namespace {

/// The median as it is defined.
double sorted_median(std::vector<float> values) {
  if (values.empty()) return NAN;
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return 0.5 * (static_cast<double>(values[(n - 1) / 2]) + static_cast<double>(values[n / 2]));
}

TEST(QuickMedian, IsExactlyTheMedian) {
  std::mt19937_64 random{17};
  std::normal_distribution<float> gauss{12.0F, 0.01F};
  std::cauchy_distribution<float> wild{0.0F, 1.0F};
  const std::vector<std::function<float(std::size_t)>> kinds{
      [&](std::size_t) { return gauss(random); }, [&](std::size_t) { return wild(random); },
      [&](std::size_t) { return 3.5F; },
      [&](std::size_t) { return static_cast<float>(random() % 2); },
      [&](std::size_t) { return static_cast<float>(random() % 7) - 3.0F; },
      [&](std::size_t i) { return static_cast<float>(i); },
      [&](std::size_t i) { return -static_cast<float>(i * i); },
      // What a regular sample misses: every place that the sample looks at is extreme.
      [&](std::size_t i) { return i % 16 == 0 ? 1e6F + static_cast<float>(i) : gauss(random); },
      [&](std::size_t i) { return i % 2 == 0 ? 1e30F : -1e30F * gauss(random); },
      [&](std::size_t) { return gauss(random) * 1e-38F; },
      [&](std::size_t i) { return i % 3 == 0 ? 3e38F : -3e38F; }};
  MedianScratch scratch;
  for (std::size_t k = 0; k < kinds.size(); ++k)
    for (const std::size_t n : {0u, 1u, 2u, 3u, 10u, 255u, 256u, 257u, 1000u, 1024u, 5001u}) {
      std::vector<float> values(n);
      for (std::size_t i = 0; i < n; ++i) values[i] = kinds[k](i);
      const auto kept = values;
      const double median = quick_median(values, scratch);
      EXPECT_EQ(values, kept);
      if (n == 0)
        EXPECT_TRUE(std::isnan(median));
      else
        EXPECT_EQ(median, sorted_median(values)) << "kind " << k << " n " << n;
    }
}

}  // namespace
}  // namespace skyweft::lc

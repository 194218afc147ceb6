// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <random>

#include <gtest/gtest.h>

#include "support/sky_python.hpp"

using namespace skyweft;

namespace {

// The plain mad_std gives NaN from the second round on, and the compiled 'mad_std' of astropy 5.2
// keeps other values than either in 4 of 1000 columns of 9: hence the function of Python.
constexpr const char* kScript = R"(
import sys
import numpy as np
from astropy.stats import sigma_clip, mad_std
x = np.loadtxt(sys.argv[1])
clipped = sigma_clip(x, sigma_lower=4.0, sigma_upper=3.5, maxiters=3, cenfunc='median',
                     axis=0, masked=True,
                     stdfunc=lambda v, axis: mad_std(v, axis=axis, ignore_nan=True))
median = np.median(x, axis=0)
middle = np.sort(x, axis=0)[1:-1].mean(axis=0)
for v in zip(clipped.mean(axis=0), clipped.count(axis=0), median, middle):
    print("row", *("%.17g" % f for f in v))
)";

TEST(Stack, EqualsAstropy) {
  if (!support::has_astropy()) GTEST_SKIP() << "the system's Python has no astropy";
  constexpr std::int64_t kPixels = 300;
  for (const std::int64_t n_frame : {9, 30}) {
    std::mt19937_64 random(40);
    std::normal_distribution<float> gauss(1000.0F, 5.0F);
    std::uniform_int_distribution<int> dice(0, 99);
    std::vector<float> samples;
    std::vector<std::vector<double>> rows(static_cast<std::size_t>(n_frame));
    for (auto& row : rows)
      for (std::int64_t i = 0; i < kPixels; ++i) {
        samples.push_back(gauss(random) + (dice(random) < 3 ? 300.0F : 0.0F));
        row.push_back(static_cast<double>(samples.back()));
      }
    const auto theirs = support::rows_from_python(kScript, rows);
    ASSERT_EQ(theirs.size(), static_cast<std::size_t>(kPixels));
    const auto by = [&](const char* combine) {
      return calib::stack_strip(samples, n_frame, kPixels, 0.0, 0.0, {.combine = combine});
    };
    const auto clip = by("clip");
    const auto median = by("median");
    const auto minmax = by("minmax");
    constexpr double kRounding = 1.3e-4;  // two roundings to float near 1000, 6.1e-5 each at most
    for (std::size_t i = 0; i < theirs.size(); ++i) {
      EXPECT_NEAR(clip.value[i], theirs[i][0], kRounding) << i;
      EXPECT_EQ(clip.count[i], theirs[i][1]) << i;
      EXPECT_NEAR(median.value[i], theirs[i][2], kRounding) << i;
      EXPECT_NEAR(minmax.value[i], theirs[i][3], kRounding) << i;
    }
  }
}

}  // namespace

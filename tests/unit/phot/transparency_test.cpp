// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/transparency.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

TEST(Transparency, IsOneWhenClearAndHalfThroughACloud) {
  std::vector<double> zero(20, 22.0);
  zero[4] -= 2.5 * std::log10(2.0);
  zero[7] = kNaN;
  const TransparencySeries t = transparency_series(zero, {}, {}, {});
  EXPECT_NEAR(t.transparency[0], 1.0, 1e-15);
  EXPECT_NEAR(t.transparency[4], 0.5, 1e-14);
  EXPECT_TRUE(std::isnan(t.transparency[7]));
  EXPECT_EQ(t.cloudy[4], 1);
  EXPECT_EQ(t.cloudy[0] + t.cloudy[7], 0);
  EXPECT_EQ(t.clear_zero_point, 22.0);
  EXPECT_FALSE(t.is_extinction_fitted);
}

TEST(Transparency, FlagsWhatLosesMoreThanTheLimit) {
  std::vector<double> zero(20, 22.0);
  zero[0] = 21.71;
  zero[1] = 21.69;
  const TransparencySeries t = transparency_series(zero, {}, {}, {.cloud_limit_mag = 0.3});
  EXPECT_EQ(t.cloudy[0], 0);
  EXPECT_EQ(t.cloudy[1], 1);
}

TEST(Transparency, TakesTheExposureOut) {
  std::vector<double> zero, exposure;
  for (int i = 0; i < 12; ++i) {
    exposure.push_back(i % 2 == 0 ? 10.0 : 100.0);
    zero.push_back(20.0 + 2.5 * std::log10(exposure.back()));
  }
  exposure[3] = 0.0;
  const TransparencySeries t = transparency_series(zero, {}, exposure, {});
  EXPECT_NEAR(t.transparency[0], 1.0, 1e-14);
  EXPECT_NEAR(t.transparency[1], 1.0, 1e-14);
  EXPECT_TRUE(std::isnan(t.transparency[3]));
}

TEST(Transparency, FindsTheExtinctionOfAnExactNight) {
  std::vector<double> zero, airmass;
  for (int i = 0; i < 30; ++i) {
    airmass.push_back(1.0 + 0.03 * i);
    zero.push_back(23.0 - 0.2 * airmass.back());
  }
  const TransparencySeries t = transparency_series(zero, airmass, {}, {});
  EXPECT_TRUE(t.is_extinction_fitted);
  EXPECT_EQ(t.n_clear, 30);
  // Magnitudes of 23 round to 4e-15, the slope over half a unit of airmass to 1e-13.
  EXPECT_NEAR(t.extinction_mag, 0.2, 1e-12);
  EXPECT_NEAR(t.clear_zero_point, 23.0, 1e-12);
  for (const double one : t.transparency) EXPECT_NEAR(one, 1.0, 1e-12);
}

TEST(Transparency, FitsNoExtinctionWithoutSpan) {
  std::vector<double> zero, airmass;
  for (int i = 0; i < 30; ++i) {
    airmass.push_back(1.0 + 0.005 * i);
    zero.push_back(23.0 - 0.2 * airmass.back());
  }
  const TransparencySeries none = transparency_series(zero, airmass, {}, {});
  EXPECT_FALSE(none.is_extinction_fitted);
  EXPECT_EQ(none.extinction_mag, 0.0);
  EXPECT_EQ(none.n_clear, 0);
  EXPECT_TRUE(std::isnan(none.extinction_err_mag));
  // A given one is used as it is; a frame of unknown airmass then has no transparency.
  airmass[3] = kNaN;
  const TransparencySeries given = transparency_series(zero, airmass, {}, {.extinction_mag = 0.2});
  EXPECT_FALSE(given.is_extinction_fitted);
  EXPECT_NEAR(given.transparency[29], 1.0, 1e-12);
  EXPECT_TRUE(std::isnan(given.transparency[3]));
}

TEST(Transparency, OfNothingIsNothing) {
  EXPECT_TRUE(transparency_series({}, {}, {}, {}).transparency.empty());
  const std::vector<double> unknown(3, kNaN);
  const TransparencySeries t = transparency_series(unknown, unknown, unknown, {});
  EXPECT_TRUE(std::isnan(t.transparency[2]));
  EXPECT_TRUE(std::isnan(t.clear_zero_point));
  const std::vector<double> two(2);
  EXPECT_THROW(transparency_series(unknown, two, {}, {}), Error);
}

}  // namespace

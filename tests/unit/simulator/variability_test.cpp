// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/variability.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace skyweft::simulator {
namespace {

TEST(Transit, IsAsDeepAndLongAsAsked) {
  const Variable v{0, VariableKind::transit, 2460000.5, 3.0, 0.015, 0.1};
  EXPECT_DOUBLE_EQ(relative_brightness(v, 2460000.5), 1.0 - 0.015);
  EXPECT_DOUBLE_EQ(relative_brightness(v, 2460000.5 + 9.0), 1.0 - 0.015);
  EXPECT_EQ(relative_brightness(v, 2460000.5 + 0.0501), 1.0);
  EXPECT_LT(relative_brightness(v, 2460000.5 + 0.0499), 1.0);
}

TEST(EclipsingBinary, HasAPrimaryAndAShallowerSecondary) {
  const Variable v{0, VariableKind::eclipsing, 2460000.0, 0.5, 0.3, 0.08};
  EXPECT_DOUBLE_EQ(relative_brightness(v, 2460000.0), 0.7);
  EXPECT_DOUBLE_EQ(relative_brightness(v, 2460000.25), 1.0 - 0.12);
  EXPECT_EQ(relative_brightness(v, 2460000.125), 1.0);
}

TEST(Pulsator, SpansItsAmplitudeAndRisesFasterThanItFalls) {
  const Variable v{0, VariableKind::pulsating, 2460000.0, 0.5, 0.6, 0.0};
  const auto mag = [&v](double phase) {
    return -2.5 * std::log10(relative_brightness(v, 2460000.0 + 0.5 * phase));
  };
  // Times of 2.46e6 d resolve 5e-10 d, 1e-9 of a period, hence 1e-8 mag.
  EXPECT_NEAR(mag(0.0), -0.3, 1e-8);
  EXPECT_NEAR(mag(0.85), 0.3, 1e-7);
  EXPECT_NEAR(mag(0.425), 0.0, 1e-7);
  EXPECT_NEAR(mag(0.925), 0.0, 1e-7);
}

}  // namespace
}  // namespace skyweft::simulator

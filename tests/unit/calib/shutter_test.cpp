// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/shutter.hpp"

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::average_shutter_maps;
using calib::fit_shutter_map;
using calib::ShutterMap;

namespace {

Frame exposure(std::int64_t nx, std::int64_t ny, double exposure_s, float signal_e) {
  Frame f;
  f.signal_e = Grid<float>(nx, ny, signal_e);
  f.variance_e2 = Grid<float>(nx, ny, signal_e);
  f.mask = Mask(nx, ny);
  f.exposure_s = exposure_s;
  return f;
}

TEST(ShutterMap, SolvesTheRatioForTheDelay) {
  // 1000 e-/s and δ = 0.5 s: 1500 e- in 1 s, 10500 e- in 10 s, r = 1/7.
  // dδ/dr = 9/(6/7)² = 12.25; variance (1/49)(1/1500 + 1/10500)·12.25² = 0.0023333.
  const auto map = fit_shutter_map(exposure(2, 1, 1.0, 1500), exposure(2, 1, 10.0, 10500));
  EXPECT_NEAR(map.delay_s(0, 0), 0.5, 1e-6);
  EXPECT_NEAR(map.variance_s2(0, 0), 3.0625 * (1.0 / 1500 + 1.0 / 10500), 1e-9);
  EXPECT_EQ(map.mask(1, 0), 0);
}

TEST(ShutterMap, MasksWhatCannotBeMeasured) {
  auto s = exposure(4, 1, 1.0, 1500);
  auto l = exposure(4, 1, 10.0, 10500);
  s.signal_e(0, 0) = -3.0F;
  l.signal_e(1, 0) = 1500.0F;  // r = 1
  l.mask(2, 0) = mask::oversaturated;
  const auto map = fit_shutter_map(s, l);
  for (const std::int64_t ix : {0, 1, 2}) {
    EXPECT_EQ(map.mask(ix, 0), mask::no_data);
    EXPECT_EQ(map.delay_s(ix, 0), 0.0F);
  }
  EXPECT_EQ(map.mask(3, 0), 0);
}

TEST(ShutterMap, ScattersAsItsVarianceSays) {
  // 40 000 pixels: a variance is known to √(2/40000) = 0.7 %; δ is linear in r to σ_r/(1 − r) =
  // 0.7 %, whose square adds nothing. Tolerance 4 × 0.7 %. The mean: 4 σ/√40000.
  std::mt19937_64 random(61);
  const auto draw = [&](double t, double level) {
    Frame f = exposure(200, 200, t, static_cast<float>(level));
    std::normal_distribution<double> photons(level, std::sqrt(level));
    for (float& v : f.signal_e.pixels()) v = static_cast<float>(photons(random));
    return f;
  };
  std::vector<ShutterMap> maps;
  for (const double scale : {10.0, 4.0, 1.0})
    maps.push_back(fit_shutter_map(draw(1.0, 1020.0 * scale), draw(10.0, 10020.0 * scale)));
  maps[0].mask(0, 0) = mask::no_data;
  const auto check = [](const ShutterMap& map) {
    double sum = 0.0;
    double squares = 0.0;
    double quoted = 0.0;
    const double n = 40000.0;
    for (std::size_t i = 0; i < 40000; ++i) {
      const double d = static_cast<double>(map.delay_s.pixels()[i]) - 0.02;
      sum += d / n;
      squares += d * d / n;
      quoted += static_cast<double>(map.variance_s2.pixels()[i]) / n;
    }
    EXPECT_NEAR(quoted / squares, 1.0, 0.028);
    EXPECT_NEAR(sum, 0.0, 4.0 * std::sqrt(quoted / n));
    return quoted;
  };
  const double best = check(maps[0]);
  const auto mean = average_shutter_maps(maps);
  // Inverse variances add: 10 + 4 + 1 against 10. Medians of noisy variances: 2.8 % as above.
  EXPECT_NEAR(best / check(mean), 1.5, 1.5 * 0.028);
  EXPECT_EQ(mean.mask(0, 0), 0);  // the other two maps have it
  EXPECT_GT(mean.variance_s2(0, 0), 1.5F * mean.variance_s2(1, 0));
}

TEST(ShutterFactor, TurnsTheSignalIntoThatOfAPerfectShutter) {
  const std::vector<float> delay{0.5F, -0.5F, 0.0F, -1.0F, -2.0F};
  std::vector<float> factor(5);
  calib::shutter_factor_row(delay, 1.0, factor);
  EXPECT_FLOAT_EQ(factor[0], 1.0F / 1.5F);
  EXPECT_EQ(factor[1], 2.0F);
  EXPECT_EQ(factor[2], 1.0F);
  EXPECT_TRUE(std::isnan(factor[3]));
  EXPECT_TRUE(std::isnan(factor[4]));
}

TEST(ShutterMap, RefusesWhatIsNoPair) {
  const auto failed_test = [](const auto& what) {
    try {
      what();
    } catch (const Error& e) {
      EXPECT_EQ(e.code(), Errc::bad_input);
      return e.test()->name;
    }
    return std::string{"none"};
  };
  const auto s = exposure(2, 2, 1.0, 1500);
  EXPECT_EQ(failed_test([&] { fit_shutter_map(s, s); }), "shutter_exposure_s");
  EXPECT_EQ(failed_test([&] { fit_shutter_map(s, exposure(3, 2, 10.0, 9e3F)); }), "frame_nx");
  EXPECT_EQ(failed_test([&] { fit_shutter_map(s, exposure(2, 3, 10.0, 9e3F)); }), "frame_ny");
  EXPECT_EQ(failed_test([&] { average_shutter_maps({}); }), "shutter_maps");
}

}  // namespace

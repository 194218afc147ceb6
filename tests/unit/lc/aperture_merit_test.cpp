// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/aperture_merit.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr double kRounding = 1e-14;

std::vector<double> white_noise(std::size_t n, double sigma, unsigned seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<double> gauss{1.0, sigma};
  std::vector<double> out;
  for (std::size_t i = 0; i < n; ++i) out.push_back(gauss(random));
  return out;
}

TEST(ApertureMerit, HasNames) {
  for (const auto merit : {ApertureMerit::stddiff, ApertureMerit::binned, ApertureMerit::stability,
                           ApertureMerit::pont})
    EXPECT_EQ(merit_of_name(name_of(merit)), merit);
  EXPECT_THROW(merit_of_name("best"), Error);
}

TEST(ApertureMerit, OfDifferencesIsTheirDeviation) {
  // Differences 2, -1, 2: mean 1, squares 1 + 4 + 1. A missing point is stepped over.
  const std::vector<double> v{0.0, 2.0, kNaN, 1.0, 3.0};
  EXPECT_NEAR(difference_noise(v), std::sqrt(2.0), kRounding);
  EXPECT_TRUE(std::isnan(difference_noise(std::span{v}.first(3))));
}

TEST(ApertureMerit, WithinBinsSeesNoSteps) {
  // Runs of 2: variances 0.5 and 2 with one degree of freedom each.
  const std::vector<double> v{1.0, 2.0, 101.0, 103.0};
  EXPECT_NEAR(within_bins_noise(v, 2), std::sqrt(1.25), kRounding);
  EXPECT_TRUE(std::isnan(within_bins_noise(std::span{v}.first(1), 2)));
  EXPECT_EQ(within_bins_noise(std::vector<double>(30, 7.0)), 0.0);
}

TEST(ApertureMerit, PontTellsWhiteFromRed) {
  // White: σ is known to 1/√(2N) times about 2 for the fit of two parameters, times 4.
  const PontNoise white = pont_noise(white_noise(4000, 0.01, 3));
  EXPECT_NEAR(white.white, 0.01, 0.09 * 0.01);
  EXPECT_LT(white.red, 0.0015);  // variances of 29-point means: √(2/137) of σ²/29, times 4: 1.3e-3
  // Red noise that is constant over 100 points: 40 values know its σ to 1/√80 = 11 %, times 4.
  std::vector<double> v = white_noise(4000, 0.01, 4);
  const std::vector<double> steps = white_noise(40, 0.005, 5);
  for (std::size_t i = 0; i < v.size(); ++i) v[i] += steps[i / 100];
  const PontNoise both = pont_noise(v);
  EXPECT_NEAR(both.white, 0.01, 0.1 * 0.01);
  EXPECT_NEAR(both.red, 0.005, 0.45 * 0.005);
  EXPECT_NEAR(both.of_mean(4.0), std::hypot(both.white / 2.0, both.red), kRounding);
  EXPECT_TRUE(std::isnan(pont_noise(std::span{v}.first(11)).white));
  EXPECT_EQ(pont_noise(std::vector<double>(50, 1.0)).white, 0.0);
}

TEST(ApertureMerit, ChoosesTheQuietAperture) {
  std::vector<std::vector<double>> curves{white_noise(200, 0.02, 1), white_noise(200, 0.01, 2),
                                          white_noise(200, 0.015, 3)};
  for (const auto merit : {ApertureMerit::stddiff, ApertureMerit::binned, ApertureMerit::pont})
    EXPECT_EQ(best_aperture(aperture_merits(curves, {}, merit)), 1);
  // Outer curves differ from the middle by √(1² + 1.5²) % and √(2² + 1²) %; the third has least.
  EXPECT_EQ(best_aperture(aperture_merits(curves, {}, ApertureMerit::stability)), 2);
}

TEST(ApertureMerit, DoesNotSeeTheEvent) {
  // A deep transit between points 80 and 120 that only the quietest aperture shows in full.
  std::vector<std::vector<double>> curves{white_noise(200, 0.02, 1), white_noise(200, 0.01, 2)};
  std::vector<std::uint8_t> outside(200, 1);
  for (std::size_t t = 80; t < 120; t += 2) curves[1][t] -= 0.1;
  for (std::size_t t = 80; t < 120; ++t) outside[t] = 0;
  EXPECT_EQ(best_aperture(aperture_merits(curves, {}, ApertureMerit::stddiff)), 0);
  EXPECT_EQ(best_aperture(aperture_merits(curves, outside, ApertureMerit::stddiff)), 1);
}

TEST(ApertureMerit, LeavesHighPointsOutForAllApertures) {
  std::vector<std::vector<double>> curves{white_noise(200, 0.02, 1), white_noise(200, 0.01, 2)};
  const double before = aperture_merits(curves, {}, ApertureMerit::stddiff)[0];
  curves[1][50] += 1.0;  // a cosmic ray in one aperture
  curves[0][50] = 1.0 + 3.0 * 0.02;
  const auto merits = aperture_merits(curves, {}, ApertureMerit::stddiff);
  // One point of 200 is gone: two differences of 199, each at most some σ: 2 %, and times 4.
  EXPECT_NEAR(merits[0] / before, 1.0, 0.08);
  EXPECT_EQ(best_aperture(merits), 1);
}

TEST(ApertureMerit, OfNothingIsNone) {
  const std::vector<std::vector<double>> missing(3, std::vector<double>(20, kNaN));
  EXPECT_EQ(best_aperture(aperture_merits(missing, {}, ApertureMerit::pont)), -1);
  EXPECT_TRUE(aperture_merits({}, {}, ApertureMerit::pont).empty());
  EXPECT_EQ(best_aperture({}), -1);
}

}  // namespace
}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/weighted_sums.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/overlap.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Frame frame_of(std::int64_t nx, std::int64_t ny, float signal, float variance) {
  return {.signal_e = Grid<float>(nx, ny, signal),
          .variance_e2 = Grid<float>(nx, ny, variance),
          .mask = Mask(nx, ny, 0)};
}

/// A single node of height 1 in the middle of a grid of ±reach: the product of two cubics with the
/// integral reach².
StarShape bump(double reach) {
  StarShape shape{{-reach, 0.0, reach}, {-reach, 0.0, reach}, std::vector<double>(36, 0.0)};
  shape.node[4 * 4] = 1.0 / (reach * reach);
  return shape;
}

/// Σ k I and Σ k² V, without the correction for a wrong guess of the flux.
ApertureSum measured(const Frame& frame, const SubPixelMap& map, double radius, double x, double y,
                     const StarShape& shape, double flux, double level, bool parity = true) {
  ApertureSum sum;
  WeightedSums(frame, map, {radius}, parity).measure(x, y, shape, flux, level, {&sum, 1});
  return sum;
}

TEST(WeightedSums, TakeWholePixelsAsTheyAreUnderAnEvenMap) {
  // A circle of 3.5 about a corner between pixels, and a frame lit in pixels within it only.
  Frame frame = frame_of(12, 12, 0.0F, 0.0F);
  for (const auto& [ix, iy] : {std::pair{5, 5}, {6, 5}, {5, 6}, {4, 4}, {7, 6}}) {
    frame.signal_e(ix, iy) = 1.5F;
    frame.variance_e2(ix, iy) = 2.0F;
  }
  const ApertureSum sum = measured(frame, {}, 3.5, 5.5, 5.5, bump(2.3), 100.0, 1.0);
  EXPECT_EQ(sum.signal, 5 * 1.5);
  EXPECT_EQ(sum.variance, 5 * 2.0);
  EXPECT_EQ(sum.area, kPi * 3.5 * 3.5);
}

TEST(WeightedSums, OfTheSkyAloneAreTheArea) {
  const Frame frame = frame_of(15, 15, 10.0F, 4.0F);
  for (const StarShape& shape : {StarShape{}, bump(2.0)}) {
    // 10 Σ k − 10 Σ k + 10 · area.
    const ApertureSum sum = measured(frame, {}, 3.2, 7.3, 6.8, shape, 50.0, 10.0, false);
    EXPECT_NEAR(sum.signal, 10.0 * sum.area, 1e-10);
  }
  const ApertureSum shifted = measured(frame, {}, 3.2, 7.3, 6.8, {}, 100.0, 10.0);
  double expected = 0.0;
  for (int iy = 0; iy < 15; ++iy)
    for (int ix = 0; ix < 15; ++ix) {
      const double w = circle_pixel_overlap(ix - 7.3, iy - 6.8, 3.2);
      expected += 4.0 * w * w;
    }
  EXPECT_NEAR(shifted.variance, expected, 1e-11);
}

TEST(WeightedSums, DivideTheLightOfOnePixel) {
  // The grid is one pixel, ±0.5; f = 4 h(2x) h(2y) with h(t) = 1 − 3t² + 2|t|³. The circle of 0.25:
  // in polar coordinates ∬ f = 4 ∫∫ h(2r cos) h(2r sin) r dr dθ, here by the midpoint rule.
  const StarShape shape = bump(0.5);
  const auto h = [](double t) { return 1.0 - 3.0 * t * t + 2.0 * std::abs(t * t * t); };
  constexpr int kSteps = 1000;
  double inside = 0.0;
  for (int i = 0; i < kSteps; ++i)
    for (int j = 0; j < kSteps; ++j) {
      const double r = 0.25 * (i + 0.5) / kSteps;
      const double angle = 2.0 * kPi * (j + 0.5) / kSteps;
      inside += 4.0 * h(2.0 * r * std::cos(angle)) * h(2.0 * r * std::sin(angle)) * r *
                (0.25 / kSteps) * (2.0 * kPi / kSteps);
    }
  // All of the light, 1, is in the pixel: F = 80 and B = 20 give k = (80 inside + 20 π/16)/100. The
  // midpoint rule is good to a few 1e-7.
  Frame frame = frame_of(3, 3, 0.0F, 1.0F);
  frame.signal_e(1, 1) = 100.0F;
  const ApertureSum sum = measured(frame, {}, 0.25, 1.0, 1.0, shape, 80.0, 20.0);
  EXPECT_NEAR(sum.signal, 80.0 * inside + 20.0 * kPi / 16.0, 1e-4);
  EXPECT_NEAR(sum.variance, sum.signal * sum.signal / 1e4, 1e-12);
}

TEST(WeightedSums, ReadTheMapFromItsLowerEdgeUpwards) {
  // Light from the left lower quarter of pixel (1, 1) alone: a map that sees only this quarter
  // quadruples it, so k = 1/4; maps that see only other quarters see no light but the sky's.
  StarShape shape = bump(0.25);
  Frame frame = frame_of(3, 3, 0.0F, 1.0F);
  frame.signal_e(1, 1) = 1.0F;
  for (const auto& [sx, sy] : {std::pair{0, 0}, {1, 0}, {0, 1}, {1, 1}}) {
    SubPixelMap map{Grid<double>(2, 2, 0.0)};
    map.sensitivity(sx, sy) = 4.0;
    const double x = 1.0 + (sx == 0 ? -0.25 : 0.25);
    const double y = 1.0 + (sy == 0 ? -0.25 : 0.25);
    EXPECT_NEAR(measured(frame, map, 2.0, x, y, shape, 1e4, 1.0).signal, 10001.0 / 40001.0, 1e-12);
  }
  // Two halves side by side, and one above the other.
  SubPixelMap sides{Grid<double>(2, 1, 0.5)};
  sides.sensitivity(1, 0) = 1.5;
  SubPixelMap storeys{Grid<double>(1, 2, 0.5)};
  storeys.sensitivity(0, 1) = 1.5;
  EXPECT_NEAR(measured(frame, sides, 2.0, 0.75, 1.2, shape, 1e4, 1.0).signal, 10001.0 / 5001.0,
              1e-12);
  EXPECT_NEAR(measured(frame, storeys, 2.0, 0.75, 1.25, shape, 1e4, 1.0).signal, 10001.0 / 15001.0,
              1e-12);
}

TEST(WeightedSums, GoOverIntoTheAreaAsTheFluxVanishes) {
  Frame frame = frame_of(15, 15, 0.0F, 1.0F);
  for (std::size_t i = 0; i < 225; ++i) frame.signal_e.pixels()[i] = static_cast<float>(i % 7);
  for (const bool parity : {false, true}) {
    // The faintest star that is told from none: 1e-3 px² of the sky.
    const double faintest =
        measured(frame, {}, 2.6, 7.2, 7.4, bump(3.0), 0.01, 10.0, parity).signal;
    for (const double flux : {-100.0, -1e-9, 0.0, 1e-9, kNaN, kInfinity})
      EXPECT_EQ(measured(frame, {}, 2.6, 7.2, 7.4, bump(3.0), flux, 10.0, parity).signal, faintest)
          << flux;
  }
  // φ = 10 + 0.01 f with f at most 1/9: weights, at most one, change by 2e-4 of themselves at most,
  // in 36 pixels of up to 6 e-.
  EXPECT_NEAR(measured(frame, {}, 2.6, 7.2, 7.4, bump(3.0), 0.0, 10.0).signal,
              measured(frame, {}, 2.6, 7.2, 7.4, {}, 0.0, 10.0).signal, 2e-4 * 36 * 6);
}

TEST(WeightedSums, AreOfOnePieceWhenTheGuessIsRight) {
  // One pixel holds all light: 80 + 20 expected and shown. A guess of half of it divides the pixel
  // as k = (40 n + 20 a)/60, of which the star is known to show 80 k and the sky 20 k.
  const StarShape shape = bump(0.5);
  Frame frame = frame_of(3, 3, 20.0F, 1.0F);
  frame.signal_e(1, 1) = 100.0F;
  const auto flux = [&](double guess, bool parity) {
    const ApertureSum sum = measured(frame, {}, 0.25, 1.0, 1.0, shape, guess, 20.0, parity);
    return sum.signal - 20.0 * sum.area;
  };
  const double area = kPi / 16.0;
  const double truth = flux(80.0, true);
  const double n = truth / 80.0;
  EXPECT_NEAR(flux(40.0, true), 100.0 * (40.0 * n + 20.0 * area) / 60.0 - 20.0 * area, 1e-12);
  for (const double guess : {80.0, 40.0, 1e4, 1.0, -5.0})
    EXPECT_NEAR(flux(guess, false), truth, 1e-7 * truth) << guess;
}

TEST(WeightedSums, AreFiniteWhateverTheSky) {
  // Wings that are negative, a map that is blind in most of the pixel, a level that just cancels.
  const Frame frame = frame_of(15, 15, 10.0F, 4.0F);
  StarShape shape = bump(2.0);
  shape.node[4 * 4 + 1] = 3.0;  // a slope: f < 0 on one side
  SubPixelMap bayer{Grid<double>(2, 2, 0.0)};
  bayer.sensitivity(1, 0) = 4.0;
  for (const SubPixelMap& map : {SubPixelMap{}, bayer})
    for (const double level : {100.0, 1.0, 1e-3, 0.0, -50.0, kNaN, -kInfinity, kInfinity})
      for (const double flux : {1.0, 1e4, 1e-3})
        for (const double radius : {0.7, 2.5, 5.0}) {
          const ApertureSum sum = measured(frame, map, radius, 7.1, 6.9, shape, flux, level);
          // No pixel counts more than 100 times.
          EXPECT_TRUE(std::abs(sum.signal) <= 100.0 * 10.0 * 121.0) << level << ' ' << flux;
          EXPECT_TRUE(sum.variance >= 0.0 && sum.variance <= 1e4 * 4.0 * 121.0);
          EXPECT_EQ(sum.area, kPi * radius * radius);
          const ApertureSum own = measured(frame, map, radius, 7.1, 6.9, shape, flux, level, false);
          EXPECT_TRUE(std::isfinite(own.signal) && own.variance <= 100.0 * sum.variance);
        }
}

TEST(WeightedSums, LeaveOutWhatIsNotThere) {
  Frame frame = frame_of(9, 9, 10.0F, 4.0F);
  frame.signal_e(4, 4) = static_cast<float>(kNaN);
  frame.variance_e2(5, 4) = std::numeric_limits<float>::infinity();
  for (const double flux : {0.0, 100.0}) {
    ApertureSum sum = measured(frame, {}, 3.0, 4.0, 4.0, bump(2.0), flux, 10.0);
    EXPECT_NEAR(sum.area, 9.0 * kPi, 1e-12);
    EXPECT_TRUE(std::isfinite(sum.signal) && std::isfinite(sum.variance));
    if (flux == 0.0) {
      sum = measured(frame, {}, 3.0, 4.0, 4.0, {}, flux, 10.0);
      EXPECT_NEAR(sum.signal, 10.0 * (sum.area - 2.0), 1e-10);
    }
  }
  // Half of a circle about the middle of the left edge, in a frame that it covers or not.
  EXPECT_NEAR(measured(frame, {}, 3.0, -0.5, 4.0, {}, 0.0, 0.0).area, 4.5 * kPi, 1e-12);
  EXPECT_NEAR(measured(frame, {}, 1e5, 4.0, 4.0, bump(2.0), 5.0, 1.0).area, 81.0, 1e-12);
  for (const double x : {kNaN, kInfinity, -1e300, -50.0, 1e9}) {
    const ApertureSum sum = measured(frame, {}, 3.0, x, 4.0, bump(2.0), 100.0, 10.0);
    EXPECT_EQ(sum.area, 0.0) << x;
    EXPECT_EQ(sum.signal, 0.0) << x;
  }
}

TEST(WeightedSums, DoNotDependOnOtherRadiiOrStars) {
  Frame frame = frame_of(30, 30, 0.0F, 1.0F);
  for (std::size_t i = 0; i < 900; ++i) frame.signal_e.pixels()[i] = static_cast<float>(i % 11);
  WeightedSums many(frame, {}, {6.0, 1.5, 3.0}, true);
  std::vector<ApertureSum> out(3);
  many.measure(3.2, 20.9, bump(5.0), 50.0, 2.0, out);
  many.measure(14.2, 15.9, bump(2.0), 100.0, 10.0, out);
  const ApertureSum alone = measured(frame, {}, 1.5, 14.2, 15.9, bump(2.0), 100.0, 10.0);
  // Sums of rows begin elsewhere: rounding of 1e-15 of them.
  EXPECT_NEAR(out[1].signal, alone.signal, 1e-11);
}

TEST(WeightedSums, RefuseRadiiThatAreNone) {
  const Frame frame = frame_of(5, 5, 0.0F, 1.0F);
  const SubPixelMap map;
  for (const std::vector<double>& radii :
       {std::vector<double>{}, {1.0, 0.0}, {-1.0}, {kNaN}, {kInfinity}})
    EXPECT_THROW(WeightedSums(frame, map, radii), Error);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/weighted_sums.hpp"

#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/phot_weighted_twin.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

constexpr std::int64_t kSide = 19;
const std::vector<double> kRadii{0.5, 1.0, 1.5, 2.2, 3.0, 4.5, 6.0};

Frame noisy_frame(std::mt19937_64& random) {
  std::uniform_real_distribution<float> value(50.0F, 150.0F);
  Frame frame{.signal_e = Grid<float>(kSide, kSide),
              .variance_e2 = Grid<float>(kSide, kSide),
              .mask = Mask(kSide, kSide, 0)};
  for (float& v : frame.signal_e.pixels()) v = value(random);
  for (float& v : frame.variance_e2.pixels()) v = value(random);
  return frame;
}

SubPixelMap map_of(std::int64_t nx, std::int64_t ny, const std::vector<double>& values) {
  SubPixelMap map{Grid<double>(nx, ny)};
  std::ranges::copy(values, map.sensitivity.pixels().begin());
  return map;
}

SubPixelMap random_map(std::mt19937_64& random, std::int64_t nx, std::int64_t ny) {
  std::uniform_real_distribution<double> value(0.2, 2.0);
  SubPixelMap map{Grid<double>(nx, ny)};
  double sum = 0.0;
  for (double& s : map.sensitivity.pixels()) sum += s = value(random);
  for (double& s : map.sensitivity.pixels()) s *= static_cast<double>(nx * ny) / sum;
  return map;
}

const SubPixelMap kBayer = map_of(2, 2, {0, 0, 4, 0});

/// Gaussian of this σ on lines `step` apart, the derivatives exact.
StarShape round_star(double sigma, double step, double reach) {
  std::vector<double> lines;
  for (double v = -reach; v < reach + 0.5 * step; v += step) lines.push_back(v);
  std::mt19937_64 unused(1);
  return support::random_shape(unused, lines, lines, sigma, 0.0);
}

/// The weight of every pixel in every circle, from frames with a single lit pixel.
std::vector<Grid<double>> weights_of(const SubPixelMap& map, double x, double y,
                                     const StarShape& shape, double flux, double level) {
  Frame frame{.signal_e = Grid<float>(kSide, kSide),
              .variance_e2 = Grid<float>(kSide, kSide, 1.0F),
              .mask = Mask(kSide, kSide, 0)};
  WeightedSums sums(frame, map, kRadii, true);
  std::vector<ApertureSum> out(kRadii.size());
  std::vector<Grid<double>> weight(kRadii.size(), Grid<double>(kSide, kSide));
  for (std::int64_t iy = 0; iy < kSide; ++iy)
    for (std::int64_t ix = 0; ix < kSide; ++ix) {
      frame.signal_e(ix, iy) = 1.0F;
      sums.measure(x, y, shape, flux, level, out);
      for (std::size_t a = 0; a < kRadii.size(); ++a) weight[a](ix, iy) = out[a].signal;
      frame.signal_e(ix, iy) = 0.0F;
    }
  return weight;
}

/// What a noiseless detector shows, and the flux that the weights make of it.
double recovered(const Grid<double>& weight, const SubPixelMap& map, double x, double y,
                 const StarShape& shape, double flux, double level, double radius) {
  std::vector<double> seen(static_cast<std::size_t>(kSide * kSide));
  shape::pixel_values(shape, PsfView::psf, map, x, y, {0, 0, kSide, kSide}, seen);
  double sum = 0.0;
  for (std::size_t i = 0; i < seen.size(); ++i)
    sum += weight.pixels()[i] * (flux * seen[i] + level);
  return sum - kPi * radius * radius * level;
}

/// F ∬ f over the circle, pixel by pixel.
double enclosed(const StarShape& shape, double x, double y, double flux, double radius) {
  double sum = 0.0;
  for (std::int64_t iy = 0; iy < kSide; ++iy)
    for (std::int64_t ix = 0; ix < kSide; ++ix) {
      const double x0 = static_cast<double>(ix) - 0.5 - x;
      const double y0 = static_cast<double>(iy) - 0.5 - y;
      sum += support::light_by_quadrature(shape, flux, 0.0, x0, x0 + 1.0, y0, y0 + 1.0, radius);
    }
  return sum;
}

TEST(WeightedSums, EqualTheSlowTwinForAnyGridAndMap) {
  std::mt19937_64 random(20260502);
  std::uniform_real_distribution<double> place(4.0, 14.0);
  const Frame frame = noisy_frame(random);
  for (int i = 0; i < 12; ++i) {
    const double least = i % 3 == 0 ? 0.4 : 1.0;
    const double sigma = i % 3 == 0 ? 0.8 : 1.5;
    const StarShape shape = support::random_shape(
        random, support::random_lines(random, least, 2.5 * least, 3.0 * sigma),
        support::random_lines(random, 1.2 * least, 2.0 * least, 3.0 * sigma), sigma, 0.1);
    const SubPixelMap map = i % 4 == 0   ? SubPixelMap{}
                            : i % 4 == 1 ? kBayer
                                         : random_map(random, 1 + i % 3, 1 + i % 4);
    const double x = place(random);
    const double y = place(random);
    const double flux = 3000.0;
    const double level = 40.0;
    WeightedSums sums(frame, map, kRadii, true);
    std::vector<ApertureSum> got(kRadii.size());
    sums.measure(x, y, shape, flux, level, got);
    for (std::size_t a = 1; a < kRadii.size(); a += 2) {
      const ApertureSum expected =
          support::weighted_sum_by_quadrature(frame, map, kRadii[a], x, y, shape, flux, level);
      // 1e-7 per pixel on the circle; a single weight is at most a few.
      EXPECT_NEAR(got[a].signal, expected.signal, 1e-7 * expected.signal) << i << ' ' << a;
      EXPECT_NEAR(got[a].variance, expected.variance, 2e-7 * expected.variance) << i << ' ' << a;
      EXPECT_NEAR(got[a].area, expected.area, 1e-10 * expected.area) << i << ' ' << a;
    }
  }
}

TEST(WeightedSums, EqualTheSlowTwinAtTheEdgesOfTheFrame) {
  std::mt19937_64 random(3);
  const Frame frame = noisy_frame(random);
  const StarShape shape = round_star(1.1, 1.0, 5.0);
  WeightedSums sums(frame, kBayer, kRadii, true);
  std::vector<ApertureSum> got(kRadii.size());
  const double right = static_cast<double>(kSide);
  for (const auto& [x, y] : {std::pair{-0.3, 4.0}, {right - 0.8, right + 1.2}, {9.0, -3.1}}) {
    sums.measure(x, y, shape, 500.0, 20.0, got);
    for (const std::size_t a : {2UL, 5UL}) {
      const ApertureSum expected =
          support::weighted_sum_by_quadrature(frame, kBayer, kRadii[a], x, y, shape, 500.0, 20.0);
      EXPECT_NEAR(got[a].signal, expected.signal, 1e-7 * std::abs(expected.signal))
          << x << ' ' << a;
      EXPECT_NEAR(got[a].area, expected.area, 1e-10) << x << ' ' << a;
    }
  }
}

TEST(WeightedSums, RecoverTheEnclosedFluxThroughAnyMap) {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> place(8.5, 9.5);
  constexpr double kFlux = 1e4;
  constexpr double kLevel = 30.0;
  // σ and step of the grid: FWHM of 1, 2 and 3.5 px.
  const std::pair<double, double> stars[] = {{0.425, 0.3}, {0.85, 0.7}, {1.49, 1.4}};
  for (const auto& [sigma, step] : stars) {
    const StarShape shape = round_star(sigma, step, 4.2);
    for (const SubPixelMap& map :
         {SubPixelMap{}, kBayer, map_of(1, 2, {1.5, 0.5}), random_map(random, 3, 5)}) {
      const double x = place(random);
      const double y = place(random);
      const auto weight = weights_of(map, x, y, shape, kFlux, kLevel);
      for (std::size_t a = 0; a < kRadii.size(); ++a) {
        const double truth = enclosed(shape, x, y, kFlux, kRadii[a]);
        // Weights of many arcs of both signs: 1e-8 of all the light.
        EXPECT_NEAR(recovered(weight[a], map, x, y, shape, kFlux, kLevel, kRadii[a]), truth,
                    1e-8 * kFlux)
            << sigma << ' ' << kRadii[a];
      }
      // The grid's corners are 5.94 px from the star: the last circle holds all of its light.
      EXPECT_NEAR(recovered(weight.back(), map, x, y, shape, kFlux, kLevel, 6.0), kFlux,
                  1e-8 * kFlux);
    }
  }
}

TEST(WeightedSums, WithoutAShapeAreWrongByPerCentThroughABayerMask) {
  // The reason for all this: FWHM 2 px, one quarter of each pixel open, the star at five places.
  const StarShape shape = round_star(0.85, 0.5, 4.5);
  double worst_plain = 0.0;
  double worst_split = 0.0;
  for (const double x : {8.6, 8.8, 9.0, 9.2, 9.4}) {
    const auto plain = weights_of(kBayer, x, 9.1, {}, 1e4, 30.0);
    const auto split = weights_of(kBayer, x, 9.1, shape, 1e4, 30.0);
    const double truth = enclosed(shape, x, 9.1, 1e4, kRadii[3]);
    const auto error = [&](const Grid<double>& weight) {
      return std::abs(recovered(weight, kBayer, x, 9.1, shape, 1e4, 30.0, kRadii[3]) / truth - 1.0);
    };
    worst_plain = std::max(worst_plain, error(plain[3]));
    worst_split = std::max(worst_split, error(split[3]));
  }
  RecordProperty("bias_plain", std::to_string(worst_plain));
  EXPECT_GT(worst_plain, 0.01);
  EXPECT_LT(worst_split, 1e-8);
}

/// A noiseless frame of one star.
Frame frame_with(const SubPixelMap& map, double x, double y, const StarShape& shape, double flux,
                 double level) {
  Frame frame{.signal_e = Grid<float>(kSide, kSide),
              .variance_e2 = Grid<float>(kSide, kSide, 1.0F),
              .mask = Mask(kSide, kSide, 0)};
  std::vector<double> seen(static_cast<std::size_t>(kSide * kSide));
  shape::pixel_values(shape, PsfView::psf, map, x, y, {0, 0, kSide, kSide}, seen);
  for (std::size_t i = 0; i < seen.size(); ++i)
    frame.signal_e.pixels()[i] = static_cast<float>(flux * seen[i] + level);
  return frame;
}

TEST(WeightedSums, HaveNoBiasWhateverFluxDividesTheLight) {
  constexpr double kFlux = 1e3;
  constexpr double kLevel = 30.0;
  const StarShape shape = round_star(0.6, 0.3, 4.2);
  std::vector<double> truth;
  for (const double radius : kRadii) truth.push_back(enclosed(shape, 9.2, 8.9, kFlux, radius));
  double worst_parity = 0.0;
  for (const SubPixelMap& map : {SubPixelMap{}, kBayer}) {
    const Frame frame = frame_with(map, 9.2, 8.9, shape, kFlux, kLevel);
    WeightedSums sums(frame, map, kRadii);
    WeightedSums parity(frame, map, kRadii, true);
    std::vector<ApertureSum> out(kRadii.size());
    for (const double guess : {1.0, 0.8, 1.3, 10.0, 0.01, -1.0, kNaN})
      for (const double level : {kLevel, kLevel - 31.0}) {
        // The same star in a frame whose level is negative: the weights change, the flux does not.
        Frame below = frame;
        for (float& v : below.signal_e.pixels()) v += static_cast<float>(level - kLevel);
        WeightedSums of(below, map, kRadii);
        of.measure(9.2, 8.9, shape, guess * kFlux, level, out);
        for (std::size_t a = 0; a < kRadii.size(); ++a) {
          // Pixels are floats: 2^-24 of each, of up to 4 F in all, counted up to a few times.
          EXPECT_NEAR(out[a].signal - out[a].area * level, truth[a], 1e-6 * kFlux)
              << guess << ' ' << level << ' ' << kRadii[a];
          EXPECT_NEAR(of.enclosed()[a], truth[a] / kFlux, 1e-6) << guess << ' ' << kRadii[a];
        }
      }
    parity.measure(9.2, 8.9, shape, 0.8 * kFlux, kLevel, out);
    worst_parity =
        std::max(worst_parity, std::abs((out[2].signal - out[2].area * kLevel) / truth[2] - 1.0));
  }
  // What the reference makes of a flux that is 20 % too low.
  RecordProperty("bias_parity", std::to_string(worst_parity));
  EXPECT_GT(worst_parity, 1e-3);
}

TEST(WeightedSums, KnowWhatTheSkyCosts) {
  // A frame that is brighter by 1 e- with the level known as before: the sum grows by the weight.
  const StarShape shape = round_star(0.6, 0.3, 4.2);
  for (const bool parity : {false, true}) {
    const Frame frame = frame_with(kBayer, 9.2, 8.9, shape, 1e3, 30.0);
    Frame brighter = frame;
    for (float& v : brighter.signal_e.pixels()) v += 1.0F;
    WeightedSums sums(frame, kBayer, kRadii, parity);
    WeightedSums brighter_sums(brighter, kBayer, kRadii, parity);
    std::vector<ApertureSum> dark(kRadii.size());
    std::vector<ApertureSum> bright(kRadii.size());
    for (const StarShape& used : {shape, StarShape{}}) {
      sums.measure(9.2, 8.9, used, 900.0, 30.0, dark);
      brighter_sums.measure(9.2, 8.9, used, 900.0, 30.0, bright);
      for (std::size_t a = 0; a < kRadii.size(); ++a)
        EXPECT_NEAR(bright[a].signal - dark[a].signal, sums.sky_weights()[a], 1e-6 * dark[a].signal)
            << a;
    }
  }
}

TEST(WeightedSums, AreTheSameInAMirror) {
  std::mt19937_64 random(6);
  const Frame frame = noisy_frame(random);
  const SubPixelMap map = random_map(random, 3, 2);
  const StarShape shape =
      support::random_shape(random, support::random_lines(random, 0.8, 1.5, 4.0),
                            support::random_lines(random, 0.8, 1.5, 4.0), 1.2, 0.1);
  Frame mirrored = frame;
  SubPixelMap mirrored_map = map;
  StarShape mirrored_shape = shape;
  for (std::int64_t iy = 0; iy < kSide; ++iy) {
    std::ranges::reverse(mirrored.signal_e.row(iy));
    std::ranges::reverse(mirrored.variance_e2.row(iy));
  }
  for (std::int64_t iy = 0; iy < map.sensitivity.ny(); ++iy)
    std::ranges::reverse(mirrored_map.sensitivity.row(iy));
  const std::size_t nx = shape.x_node_px.size();
  std::ranges::reverse(mirrored_shape.x_node_px);
  for (double& v : mirrored_shape.x_node_px) v = -v;
  for (std::size_t i = 0; i < shape.node.size() / 4; ++i)
    for (std::size_t k = 0; k < 4; ++k)
      mirrored_shape.node[4 * (i - i % nx + nx - 1 - i % nx) + k] =
          (k == 1 || k == 3 ? -1.0 : 1.0) * shape.node[4 * i + k];
  std::vector<ApertureSum> here(kRadii.size());
  std::vector<ApertureSum> there(kRadii.size());
  WeightedSums(frame, map, kRadii).measure(8.7, 9.4, shape, 500.0, 20.0, here);
  WeightedSums(mirrored, mirrored_map, kRadii)
      .measure(static_cast<double>(kSide - 1) - 8.7, 9.4, mirrored_shape, 500.0, 20.0, there);
  for (std::size_t a = 0; a < kRadii.size(); ++a) {
    // Rounding alone, but of a grid whose offsets round in other places.
    EXPECT_NEAR(here[a].signal, there[a].signal, 1e-11 * here[a].signal) << a;
    EXPECT_NEAR(here[a].variance, there[a].variance, 1e-11 * here[a].variance) << a;
  }
}

TEST(WeightedSums, ChangeWithoutJumpsAsTheStarMoves) {
  // Through pixel edges, corners and grid lines on pixel edges. A step of 1e-6 px moves at most
  // 1e-6 · 2πR of area across the circle (a pixel holds at most 150 and its weight at most a few
  // times its share: the light is at most 6 times as dense somewhere as on average in a pixel and
  // the map hides at most 3/4 of a pixel) and changes the division within 8R + 4 pixels as much.
  std::mt19937_64 random(8);
  const Frame frame = noisy_frame(random);
  const StarShape shape = round_star(1.2, 0.5, 5.0);
  for (const SubPixelMap& map : {SubPixelMap{}, kBayer}) {
    WeightedSums sums(frame, map, kRadii, true);
    std::vector<ApertureSum> here(kRadii.size());
    std::vector<ApertureSum> there(kRadii.size());
    for (const double at : {9.0, 9.25, 9.5, 9.75})
      for (const double level : {20.0, 0.0, -5.0}) {
        sums.measure(at - 5e-7, at - 5e-7, shape, 500.0, level, here);
        sums.measure(at + 5e-7, at + 5e-7, shape, 500.0, level, there);
        for (std::size_t a = 0; a < kRadii.size(); ++a)
          EXPECT_NEAR(here[a].signal, there[a].signal,
                      1e-6 * 150.0 * 24.0 * (2.0 * kPi * kRadii[a] + 8.0 * kRadii[a] + 4.0))
              << at << ' ' << level << ' ' << a;
      }
  }
}

}  // namespace

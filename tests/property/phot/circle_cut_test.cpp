// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/circle_cut.hpp"

#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "phot/overlap.hpp"
#include "support/phot_weighted_twin.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

/// A star somewhere in the middle of a window of 17 × 17 pixels, and the window's place.
struct Scene {
  static constexpr std::int64_t kSide = 17;
  double x = 0.0;
  double y = 0.0;
  shape::PixelWindow window{2, 5, kSide, kSide};
  LightTiles tiles;
  CircleCut cut;

  double left(std::int64_t column) const {
    return static_cast<double>(window.first_x + column) - 0.5 - x;
  }
  double low(std::int64_t row) const { return static_cast<double>(window.first_y + row) - 0.5 - y; }
  /// ∬φ over the circle's part of a pixel, as the sums use it.
  double integral(std::int64_t column, std::int64_t row) const {
    const CutRow& r = cut.rows()[static_cast<std::size_t>(row)];
    const auto i = static_cast<std::size_t>(row * kSide + column);
    if (column < r.touched_first || column >= r.touched_end) return 0.0;
    return column >= r.inside_first && column < r.inside_end ? tiles.pixels()[i]
                                                             : cut.integrals()[i];
  }
};

Scene scene_at(std::mt19937_64& random) {
  std::uniform_real_distribution<double> any(-0.5, 0.5);
  Scene scene;
  scene.x = 10.0 + any(random);
  scene.y = 13.0 + any(random);
  return scene;
}

// What the rule of 6 points leaves for arcs of at most 0.6 rad, measured with steep and rough
// shapes (σ of 0.6 px and more, slopes changed by 20 %), is 3e-9 of the pixel's integral; 1e-7 is
// the promise.
constexpr double kPromise = 1e-7;
constexpr double kOfArcs = 1e-11;

TEST(CircleCut, EqualsQuadratureInEveryPixelForAnyGrid) {
  std::mt19937_64 random(20260501);
  const std::pair<double, double> steps[] = {{0.3, 0.5}, {0.5, 1.0}, {1.0, 3.0}, {4.0, 5.0}};
  for (const auto& [least, most] : steps)
    for (const double radius : {0.5, 0.7, 1.0, 1.6, 2.5, 4.1, 6.0}) {
      Scene scene = scene_at(random);
      const double sigma = std::max(least, 0.6);
      const StarShape shape = support::random_shape(
          random, support::random_lines(random, least, most, 3.0 * sigma),
          support::random_lines(random, least, most, 4.0 * sigma), sigma, 0.2);
      constexpr double kFlux = 300.0;
      constexpr double kLevel = 5.0;
      scene.tiles.set(shape, kFlux, kLevel, scene.x, scene.y, scene.window);
      scene.cut.set(scene.tiles, radius);
      for (std::int64_t row = 0; row < Scene::kSide; ++row)
        for (std::int64_t column = 0; column < Scene::kSide; ++column) {
          const double x0 = scene.left(column);
          const double y0 = scene.low(row);
          const double whole =
              kFlux * shape::integral_over(shape, x0, x0 + 1.0, y0, y0 + 1.0) + kLevel;
          // Closed forms of 1e-13 of the flux, where wings may all but cancel the level.
          const double rounding = 1e-13 * kFlux;
          EXPECT_NEAR(scene.tiles.pixels()[static_cast<std::size_t>(row * Scene::kSide + column)],
                      whole, rounding);
          const double share = circle_pixel_overlap(x0 + 0.5, y0 + 0.5, radius);
          const double expected =
              share == 0.0 || share == 1.0
                  ? share * whole
                  : support::light_by_quadrature(shape, kFlux, kLevel, x0, x0 + 1.0, y0, y0 + 1.0,
                                                 radius);
          ASSERT_NEAR(scene.integral(column, row), expected, kPromise * std::abs(whole) + rounding)
              << least << ' ' << radius << ' ' << column << ' ' << row;
        }
    }
}

TEST(CircleCut, OfAnEvenLightIsTheOverlap) {
  // No curve but the circle's. In t = tan(angle/2) its poles are ±i, of the third order, seen from
  // arcs of |t| < 0.15: the rule of 6 points errs by about 12²/2 · (1/0.15 + √(1 + 1/0.15²))^−12 =
  // 2e-12 of a pixel an arc, and few of the arcs in a pixel are that long.
  std::mt19937_64 random(5);
  const StarShape far{{20.0, 21.0, 22.0}, {20.0, 21.0, 22.0}, std::vector<double>(36, 0.0)};
  for (const double radius : {0.2, 0.5, 0.71, 1.0, 1.5, 2.9, 6.0, 7.5}) {
    Scene scene = scene_at(random);
    scene.tiles.set(far, 1.0, 1.0, scene.x, scene.y, scene.window);
    scene.cut.set(scene.tiles, radius);
    for (std::int64_t row = 0; row < Scene::kSide; ++row)
      for (std::int64_t column = 0; column < Scene::kSide; ++column)
        EXPECT_NEAR(scene.integral(column, row),
                    circle_pixel_overlap(scene.left(column) + 0.5, scene.low(row) + 0.5, radius),
                    kOfArcs)
            << radius << ' ' << column << ' ' << row;
  }
}

TEST(CircleCut, IsExactWhereTheCircleMeetsTheCornersOfPixels) {
  // A star on a pixel's centre, edge or corner and radii that go through corners: 3-4-5.
  const StarShape far{{20.0, 21.0, 22.0}, {20.0, 21.0, 22.0}, std::vector<double>(36, 0.0)};
  for (const double x : {10.0, 10.5})
    for (const double y : {13.0, 12.5})
      for (const double radius : {0.5, 1.0, std::sqrt(0.5), std::sqrt(2.5), 2.5, 5.0, 7.0}) {
        Scene scene;
        scene.x = x;
        scene.y = y;
        scene.tiles.set(far, 1.0, 1.0, x, y, scene.window);
        scene.cut.set(scene.tiles, radius);
        double area = 0.0;
        for (std::int64_t row = 0; row < Scene::kSide; ++row)
          for (std::int64_t column = 0; column < Scene::kSide; ++column) {
            const double share =
                circle_pixel_overlap(scene.left(column) + 0.5, scene.low(row) + 0.5, radius);
            EXPECT_NEAR(scene.integral(column, row), share, kOfArcs)
                << x << ' ' << y << ' ' << radius;
            area += scene.integral(column, row);
          }
        EXPECT_NEAR(area, kPi * radius * radius, 4 * kOfArcs);
      }
}

TEST(CircleCut, KeepsToAWindowThatDoesNotHoldTheStar) {
  // Windows cut by the frame's edge, the star outside of them: all pixels as in a large window.
  std::mt19937_64 random(11);
  Scene whole = scene_at(random);
  const StarShape shape =
      support::random_shape(random, support::random_lines(random, 0.8, 1.5, 4.0),
                            support::random_lines(random, 0.8, 1.5, 4.0), 1.2, 0.1);
  whole.tiles.set(shape, 10.0, 0.3, whole.x, whole.y, whole.window);
  whole.cut.set(whole.tiles, 5.3);
  const shape::PixelWindow parts[] = {{12, 5, 7, 17}, {2, 5, 7, 17},  {2, 15, 17, 7},
                                      {2, 5, 17, 7},  {13, 16, 4, 3}, {10, 13, 1, 1}};
  for (const shape::PixelWindow& part : parts) {
    Scene some;
    some.x = whole.x;
    some.y = whole.y;
    some.tiles.set(shape, 10.0, 0.3, whole.x, whole.y, part);
    some.cut.set(some.tiles, 5.3);
    for (std::int64_t row = 0; row < part.ny; ++row)
      for (std::int64_t column = 0; column < part.nx; ++column) {
        const CutRow& r = some.cut.rows()[static_cast<std::size_t>(row)];
        const auto i = static_cast<std::size_t>(row * part.nx + column);
        double got = 0.0;
        if (column >= r.touched_first && column < r.touched_end)
          got = column >= r.inside_first && column < r.inside_end ? some.tiles.pixels()[i]
                                                                  : some.cut.integrals()[i];
        EXPECT_NEAR(got,
                    whole.integral(part.first_x + column - whole.window.first_x,
                                   part.first_y + row - whole.window.first_y),
                    1e-12)
            << part.first_x << ' ' << part.first_y << ' ' << column << ' ' << row;
      }
  }
}

}  // namespace

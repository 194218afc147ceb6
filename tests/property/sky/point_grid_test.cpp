// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/point_grid.hpp"

#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace {

using namespace skyweft;
using Pairs = std::vector<std::pair<std::int64_t, std::int64_t>>;

/// The slow twin: every distance.
std::int64_t nearest(const PixelPos& of, const std::vector<PixelPos>& among, double radius) {
  std::int64_t best = -1;
  double least = radius * radius;
  for (std::size_t i = 0; i < among.size(); ++i) {
    const double dx = among[i].x_px - of.x_px;
    const double dy = among[i].y_px - of.y_px;
    const double d2 = dx * dx + dy * dy;
    if (d2 < least || (d2 == least && best < 0)) {
      least = d2;
      best = static_cast<std::int64_t>(i);
    }
  }
  return best;
}

Pairs slow_mutual(const std::vector<PixelPos>& a, const std::vector<PixelPos>& b, double radius) {
  Pairs out;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const std::int64_t j = nearest(a[i], b, radius);
    if (j >= 0 &&
        nearest(b[static_cast<std::size_t>(j)], a, radius) == static_cast<std::int64_t>(i))
      out.emplace_back(static_cast<std::int64_t>(i), j);
  }
  return out;
}

TEST(PointGrid, MatchesAsEveryDistanceDoes) {
  std::mt19937_64 random{17};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int trial = 0; trial < 60; ++trial) {
    const auto draw = [&](std::size_t n) {
      std::vector<PixelPos> p(n);
      // Whole numbers make ties; some trials lie on a line, some have a far outlier or a NaN.
      for (PixelPos& q : p) {
        q = {100.0 * uniform(random), trial % 5 == 1 ? 7.0 : 80.0 * uniform(random)};
        if (trial % 3 == 0) q = {std::round(q.x_px), std::round(q.y_px)};
      }
      if (trial % 7 == 2) p[0] = {1e7, -1e7};
      if (trial % 4 == 3) p[1] = {kNaN, 3.0};
      return p;
    };
    const auto a = draw(2 + static_cast<std::size_t>(200.0 * uniform(random)));
    const auto b = draw(2 + static_cast<std::size_t>(200.0 * uniform(random)));
    const double radius = 0.5 + 12.0 * uniform(random);
    for (const double cell : {0.1, 3.0, 1000.0})
      EXPECT_EQ(sky::mutual_nearest(sky::PointGrid{a, cell}, b, radius), slow_mutual(a, b, radius))
          << trial;
  }
}

// The reference pipeline kept the last group of rival claims when every catalogue star had found a
// source; here a source goes to its nearest star whether or not all stars are matched.
TEST(PointGrid, GivesASourceWantedTwiceToTheNearerStar) {
  const std::vector<PixelPos> sources{{10.0, 10.0}, {50.0, 50.0}};
  const std::vector<PixelPos> stars{{50.1, 50.0}, {10.5, 10.0}, {9.8, 10.0}};
  EXPECT_EQ(sky::mutual_nearest(sky::PointGrid{sources, 2.0}, stars, 2.0), (Pairs{{0, 2}, {1, 0}}));
}

TEST(PointGrid, MayBeEmpty) {
  const std::vector<PixelPos> none;
  const std::vector<PixelPos> some{{1.0, 2.0}};
  EXPECT_TRUE(sky::mutual_nearest(sky::PointGrid{none, 2.0}, some, 2.0).empty());
  EXPECT_TRUE(sky::mutual_nearest(sky::PointGrid{some, 2.0}, none, 2.0).empty());
}

}  // namespace

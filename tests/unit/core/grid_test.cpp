// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/grid.hpp"

#include <algorithm>
#include <type_traits>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

TEST(Grid, IsEmptyByDefault) {
  const Grid<float> grid;
  EXPECT_TRUE(grid.empty());
  EXPECT_EQ(grid.size(), 0);
  EXPECT_EQ(grid.nx(), 0);
  EXPECT_FALSE(grid.contains(0, 0));
}

TEST(Grid, IsFilledAsAsked) {
  const Grid<int> grid(3, 2, 7);
  EXPECT_EQ(grid.size(), 6);
  for (const int v : grid.pixels()) EXPECT_EQ(v, 7);
  EXPECT_EQ(Grid<double>(2, 2), Grid<double>(2, 2, 0.0));
}

TEST(Grid, IsRowMajorWithTheColumnFirstInCalls) {
  Grid<int> grid(3, 2);
  for (std::int64_t iy = 0; iy < 2; ++iy)
    for (std::int64_t ix = 0; ix < 3; ++ix) grid(ix, iy) = static_cast<int>(10 * iy + ix);
  const std::vector<int> expected{0, 1, 2, 10, 11, 12};
  EXPECT_TRUE(std::ranges::equal(grid.pixels(), expected));
  EXPECT_EQ(grid.row(1)[2], 12);
  EXPECT_EQ(grid.row(1).size(), 3U);
  EXPECT_EQ(&grid.row(1)[0], &grid(0, 1));
}

TEST(Grid, ContainsExactlyItsOwnPixels) {
  const Grid<float> grid(3, 2);
  EXPECT_TRUE(grid.contains(0, 0));
  EXPECT_TRUE(grid.contains(2, 1));
  EXPECT_FALSE(grid.contains(3, 1));
  EXPECT_FALSE(grid.contains(2, 2));
  EXPECT_FALSE(grid.contains(-1, 0));
  EXPECT_FALSE(grid.contains(0, -1));
}

TEST(Grid, EqualsOnlyTheSameShapeAndPixels) {
  EXPECT_EQ(Grid<int>(2, 3, 1), Grid<int>(2, 3, 1));
  EXPECT_NE(Grid<int>(2, 3, 1), Grid<int>(3, 2, 1));
  EXPECT_NE(Grid<int>(2, 3, 1), Grid<int>(2, 3, 2));
}

TEST(Grid, ShapesAreComparedAcrossPixelTypes) {
  EXPECT_TRUE(same_shape(Grid<float>(2, 3), Grid<int>(2, 3)));
  EXPECT_FALSE(same_shape(Grid<float>(2, 3), Grid<float>(3, 2)));
}

TEST(Grid, GivesOnlyConstantPixelsWhenConstant) {
  const Grid<float> grid(1, 1);
  static_assert(std::is_same_v<decltype(grid.row(0)), std::span<const float>>);
  static_assert(std::is_same_v<decltype(grid.pixels()), std::span<const float>>);
}

}  // namespace

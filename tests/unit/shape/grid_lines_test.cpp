// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/grid_lines.hpp"

#include <gtest/gtest.h>

#include "shape/node_basis.hpp"

namespace skyweft::shape {
namespace {

TEST(GridLines, FollowTheWidthOfTheStars) {
  const ShapeConfig config = with_grid({}, 2.0);
  ASSERT_EQ(config.x_grid_px.size(), 10u);
  EXPECT_DOUBLE_EQ(config.x_grid_px.front(), -7.6);
  EXPECT_DOUBLE_EQ(config.x_grid_px[5], 0.6);
  EXPECT_EQ(config.x_grid_px, config.y_grid_px);
  check_grid_lines(config.x_grid_px, "x");  // throws when they do not ascend about 0
}

TEST(GridLines, StayAsGivenWhenTheUserNamesThem) {
  ShapeConfig config;
  config.grid = "lines";
  config.x_grid_px = {-3.0, 0.5, 4.0};
  EXPECT_EQ(with_grid(config, 2.0).x_grid_px, (std::vector<double>{-3.0, 0.5, 4.0}));
}

TEST(GridLines, AreUsableWithoutAWidth) {
  check_grid_lines(with_grid({}, kNaN).x_grid_px, "x");
  check_grid_lines(with_grid({}, 0.0).y_grid_px, "y");
}

}  // namespace
}  // namespace skyweft::shape

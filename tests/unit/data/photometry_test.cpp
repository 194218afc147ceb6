// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/photometry.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;

namespace {

FramePhotometry frame_of(std::int64_t n_star, std::int64_t n_ap) {
  FramePhotometry frame{.n_star = n_star, .n_ap = n_ap, .points = {}};
  frame.points.resize(n_star, n_ap);
  for (std::size_t i = 0; i < frame.points.flux_e.size(); ++i) {
    frame.points.flux_e[i] = 100.0F + static_cast<float>(i);
    frame.points.flux_err_e[i] = 200.0F + static_cast<float>(i);
  }
  for (std::size_t i = 0; i < frame.points.x_px.size(); ++i) {
    frame.points.x_px[i] = 1.0F + static_cast<float>(i);
    frame.points.y_px[i] = 2.0F + static_cast<float>(i);
    frame.points.bg_e[i] = 3.0F;
    frame.points.bg_err_e[i] = 4.0F;
    frame.points.quality[i] = quality::edge;
  }
  return frame;
}

TEST(PointColumns, AreMissingUntilMeasured) {
  const FrameBlock block = make_frame_block(2, 3, 4);
  EXPECT_EQ(block.points.flux_e.size(), 24U);
  EXPECT_EQ(block.points.x_px.size(), 6U);
  for (const float v : block.points.flux_e) EXPECT_TRUE(std::isnan(v));
  for (const QualityBits q : block.points.quality) EXPECT_EQ(q, quality::not_measured);
  EXPECT_EQ(make_star_block(3, 2, 4).points, block.points);
}

TEST(PointColumns, AreEqualBitForBitSoThatNaNEqualsNaN) {
  PointColumns a;
  a.resize(2, 1);
  PointColumns b = a;
  EXPECT_EQ(a, b);
  b.flux_e[0] = 1.0F;
  EXPECT_NE(a, b);
  a.flux_e[0] = 0.0F;
  b.flux_e[0] = -0.0F;
  EXPECT_NE(a, b);
  b = a;
  b.quality[1] = 0;
  EXPECT_NE(a, b);
  b.resize(3, 1);
  EXPECT_NE(a, b);
}

TEST(PutFrame, WritesItsOwnRowsAndNoOthers) {
  FrameBlock block = make_frame_block(3, 2, 2);
  put_frame(block, 1, frame_of(2, 2));
  for (std::size_t i = 0; i < 12; ++i) {
    const bool mine = i >= 4 && i < 8;
    EXPECT_EQ(std::isnan(block.points.flux_e[i]), !mine) << i;
    if (mine) {
      EXPECT_EQ(block.points.flux_err_e[i], 196.0F + static_cast<float>(i));
    }
  }
  EXPECT_EQ(block.points.y_px[3], 3.0F);
  EXPECT_EQ(
      block.points.quality,
      (std::vector<QualityBits>{quality::not_measured, quality::not_measured, quality::edge,
                                quality::edge, quality::not_measured, quality::not_measured}));
}

TEST(PutFrame, RefusesAnotherShapeOrAPlaceOutsideTheBlock) {
  FrameBlock block = make_frame_block(3, 2, 2);
  EXPECT_THROW(put_frame(block, 3, frame_of(2, 2)), Error);
  EXPECT_THROW(put_frame(block, -1, frame_of(2, 2)), Error);
  EXPECT_THROW(put_frame(block, 0, frame_of(1, 2)), Error);
  EXPECT_THROW(put_frame(block, 0, frame_of(2, 1)), Error);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <vector>

#include <gtest/gtest.h>

#include "calib/master_rows.hpp"
#include "calib/master_rows_bad.hpp"
#include "core/units.hpp"

using namespace skyweft;

namespace {

TEST(BadPixels, OfFlatsAreMarked) {
  std::vector<float> flat(60 * 60, 2.0F);
  std::vector<float> error(60 * 60, 0.002F);
  std::vector<MaskBits> bits(60 * 60, 0);
  flat[100] = 0.2F;  // 0.1 of the centre
  flat[200] = 0.9F;  // 0.45: alive, but not half of its surroundings
  flat[260] = 3.2F;  // 1.6
  error[300] = 0.1F;
  calib::normalise_flat(60, 60, flat, error, bits);
  EXPECT_FLOAT_EQ(flat[0], 1.0F);
  calib::mark_flat_pixels(60, 60, flat, error, bits);
  EXPECT_EQ(bits[100], mask::low_flat | mask::fault);
  EXPECT_EQ(bits[200], mask::fault);
  EXPECT_EQ(bits[260], mask::fault);
  EXPECT_EQ(bits[300], mask::low_flat);
  for (const std::size_t i : {0U, 99U, 101U, 199U, 259U, 3599U}) EXPECT_EQ(bits[i], 0) << i;
}

TEST(BadPixels, OfFlatsAreJudgedByTheirOwnSurroundings) {
  // A step from 1 to 0.45 at x = 30: on each side the 15 pixels' median is that of the pixel's own
  // side, so the step is no fault, but the same value 1 px into the bright side is.
  std::vector<float> flat(60 * 60, 1.0F);
  for (std::size_t i = 0; i < flat.size(); ++i)
    if (i % 60 >= 30) flat[i] = 0.45F;
  flat[30 * 60 + 29] = 0.45F;
  std::vector<MaskBits> bits(60 * 60, 0);
  calib::mark_flat_pixels(60, 60, flat, {}, bits);
  for (std::size_t i = 0; i < bits.size(); ++i)
    EXPECT_EQ(bits[i], i == 30 * 60 + 29 ? mask::fault : MaskBits{0}) << i;
}

TEST(BadPixels, AreHotAboveSigmasAndAboveAPartOfTheSky) {
  std::vector<float> dark(1000);
  for (std::size_t i = 0; i < dark.size(); ++i) dark[i] = static_cast<float>(i % 11);
  dark[7] = 500.0F;
  dark[8] = 60.0F;
  std::vector<MaskBits> bits(1000, 0);
  calib::mark_hot_pixels(dark, bits, 5.0, 100.0);
  EXPECT_EQ(bits[7], mask::hot);
  EXPECT_EQ(bits[8], 0);
  calib::mark_hot_pixels(dark, bits);  // sigma 1.4826 × 3, limit 5 + 22.2
  EXPECT_EQ(bits[8], mask::hot);
  EXPECT_EQ(bits[10], 0);
}

TEST(BadPixels, AreUnstableWhenTheyScatterTooMuch) {
  const std::vector<float> scale{3.0F, 15.1F, 15.0F, kNaNf};
  std::vector<MaskBits> bits(4, 0);
  calib::mark_unstable_pixels(scale, std::vector<float>{3.0F}, bits);
  EXPECT_EQ(bits, (std::vector<MaskBits>{0, mask::fault, 0, 0}));
  calib::mark_unstable_pixels(scale, std::vector<float>{0.5F, 9.0F, 0.0F, 1.0F}, bits, 5.0,
                              mask::hot);
  EXPECT_EQ(bits, (std::vector<MaskBits>{mask::hot, mask::fault, 0, 0}));
}

TEST(BadPixels, AreNonlinearWhenTwoFlatsDisagree) {
  const std::vector<float> high{1.00F, 1.06F, 0.94F, 1.04F, 0.0F};
  const std::vector<float> low(5, 1.0F);
  const std::vector<float> error(5, 0.008F);  // 5 √2 × 0.008 = 0.057
  std::vector<MaskBits> bits(5, 0);
  calib::mark_nonlinear_pixels(high, error, low, error, bits);
  EXPECT_EQ(bits, (std::vector<MaskBits>{0, mask::nonlinear, mask::nonlinear, 0, 0}));
}

TEST(BadPixels, CondemnTheirColumn) {
  // 10 rows: 3 bad of 10 are not more than 30 %, 4 are; of the third column 7 rows are outside.
  Mask area(3, 10);
  const auto bits = area.pixels();
  for (std::size_t y = 0; y < 3; ++y) bits[y * 3] = mask::hot;
  for (std::size_t y = 0; y < 4; ++y) bits[y * 3 + 1] = mask::low_flat;
  for (std::size_t y = 3; y < 10; ++y) bits[y * 3 + 2] = mask::outer;
  bits[2] = mask::fault;
  bits[5] = mask::suspect;
  calib::mark_bad_columns(area, {.x0 = 0, .y0 = 0, .x1 = 3, .y1 = 10});
  EXPECT_EQ(bits[9 * 3], 0);
  EXPECT_EQ(bits[9 * 3 + 1], mask::fault);
  EXPECT_EQ(bits[1], mask::low_flat | mask::fault);
  EXPECT_EQ(bits[5], mask::suspect | mask::fault);  // 1 of 3 within the image
  EXPECT_EQ(bits[9 * 3 + 2], mask::outer);
}

TEST(BadPixels, ColumnsAreThoseOfARegionAlongTheReadOut) {
  Mask area(10, 10);
  for (std::int64_t i = 0; i < 4; ++i) area(2, i) = mask::hot;      // 4 of 10
  for (std::int64_t i = 0; i < 3; ++i) area(5, i) = mask::hot;      // 3 of 10: not more than 30 %
  for (std::int64_t i = 0; i < 9; ++i) area(7, i) = mask::suspect;  // usable
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = 10, .y1 = 10};
  calib::mark_bad_columns(area, all, false);
  EXPECT_EQ(area(2, 9), mask::fault);
  EXPECT_EQ(area(2, 0), mask::hot | mask::fault);
  EXPECT_EQ(area(5, 9), 0);
  EXPECT_EQ(area(7, 9), 0);
  Mask rows(4, 2);
  rows(0, 1) = rows(1, 1) = mask::fault;
  calib::mark_bad_columns(rows, {.x0 = 0, .y0 = 0, .x1 = 4, .y1 = 2}, true);
  EXPECT_EQ(rows(3, 1), mask::fault);
  EXPECT_EQ(rows(3, 0), 0);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/binned.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"

using namespace skyweft;
using calib::bin_image;
using calib::box_median;

namespace {

Grid<float> ramp(std::int64_t nx, std::int64_t ny) {
  Grid<float> image(nx, ny);
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (std::int64_t ix = 0; ix < nx; ++ix) image(ix, iy) = static_cast<float>(ix + 10 * iy);
  return image;
}

TEST(Binning, AveragesCellsAndKeepsTheFlux) {
  const auto binned = bin_image(ramp(5, 3), {}, 2);
  ASSERT_EQ(binned.mean.nx(), 3);
  ASSERT_EQ(binned.mean.ny(), 2);
  EXPECT_EQ(binned.mean(0, 0), 5.5F);   // 0 1 10 11
  EXPECT_EQ(binned.mean(2, 0), 9.0F);   // 4 14: a cell of one column
  EXPECT_EQ(binned.mean(2, 1), 24.0F);  // one pixel
  EXPECT_EQ(binned.area(2, 0), 2);
  EXPECT_EQ(binned.area(2, 1), 1);
  EXPECT_EQ(binned.x_px(0), 0.5);
  EXPECT_EQ(binned.x_px(2), 4.0);
  double flux = 0.0;
  for (std::int64_t iy = 0; iy < 2; ++iy)
    for (std::int64_t ix = 0; ix < 3; ++ix)
      flux += static_cast<double>(binned.mean(ix, iy)) * static_cast<double>(binned.area(ix, iy));
  EXPECT_EQ(flux, 180.0);  // 3 (0+1+2+3+4) + 5 (0+10+20)
}

TEST(Binning, SkipsMaskedAndMissingPixels) {
  Grid<float> image = ramp(4, 2);
  Mask bits(4, 2);
  bits(0, 0) = mask::hot;
  bits(1, 0) = mask::suspect;  // a warning only
  image(2, 0) = kNaNf;
  image(3, 0) = std::numeric_limits<float>::infinity();
  image(2, 1) = kNaNf;
  const auto binned = bin_image(image, bits, 2);
  EXPECT_NEAR(binned.mean(0, 0), 22.0 / 3.0, 1e-6);  // 1 10 11
  EXPECT_TRUE(std::isnan(binned.mean(1, 0)));        // one of four is less than half
  EXPECT_EQ(bin_image(image, bits, 2, 0.25).mean(1, 0), 13.0F);
}

TEST(Binning, RefusesOurOwnMistakes) {
  EXPECT_THROW(bin_image(ramp(4, 4), {}, 0), Error);
  EXPECT_THROW(bin_image(ramp(4, 4), Mask(3, 4), 2), Error);
  EXPECT_TRUE(bin_image({}, {}, 4).mean.empty());
  EXPECT_THROW(box_median(ramp(4, 4), 0), Error);
}

TEST(BoxMedian, KeepsASlopeUpToTheEdge) {
  // Boxes are centred, so a plane is unchanged; next to an edge the box of 3 loses its outer column
  // or row and the median moves by half of the slope: at most (1 + 10)/2.
  const Grid<float> plane = ramp(12, 9);
  const Grid<float> out = box_median(plane, 5);
  for (std::int64_t iy = 0; iy < 9; ++iy)
    for (std::int64_t ix = 0; ix < 12; ++ix)
      if (ix == 0 || iy == 0 || ix == 11 || iy == 8)
        EXPECT_NEAR(out(ix, iy), plane(ix, iy), 5.5) << ix << ' ' << iy;
      else
        EXPECT_EQ(out(ix, iy), plane(ix, iy)) << ix << ' ' << iy;
}

TEST(BoxMedian, IgnoresNaNAndTakesOutStars) {
  Grid<float> cells(9, 9, 2.0F);
  cells(4, 4) = 100.0F;
  cells(5, 4) = kNaNf;
  const Grid<float> clean = box_median(cells, 3);
  for (const float v : clean.pixels()) EXPECT_EQ(v, 2.0F);
  const Grid<float> nothing = box_median(Grid<float>(3, 3, kNaNf), 3);
  for (const float v : nothing.pixels()) EXPECT_TRUE(std::isnan(v));
}

TEST(BoxMedian, SamplesFromTheFirstToTheLastCell) {
  EXPECT_EQ(calib::sample_indices(10, 4), (std::vector<std::int64_t>{0, 3, 6, 9}));
  EXPECT_EQ(calib::sample_indices(3, 1), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(calib::sample_indices(1, 4), (std::vector<std::int64_t>{0}));
  EXPECT_TRUE(calib::sample_indices(0, 4).empty());
  const Grid<float> plane = ramp(10, 10);
  const Grid<float> all = box_median(plane, 5);
  const Grid<float> some = box_median(plane, 5, 4);
  ASSERT_EQ(some.nx(), 4);
  EXPECT_EQ(some(1, 2), all(3, 6));
  EXPECT_EQ(some(3, 3), all(9, 9));
}

}  // namespace

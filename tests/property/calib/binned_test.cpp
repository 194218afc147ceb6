// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/binned.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/calib_sky_flat.hpp"

using namespace skyweft;

namespace {

TEST(BoxMedian, EqualsItsTwin) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<float> uniform;
  std::uniform_int_distribution<std::int64_t> side(1, 23);
  for (int trial = 0; trial < 30; ++trial) {
    Grid<float> cells(side(random), side(random));
    for (float& v : cells.pixels()) v = uniform(random) < 0.2F ? kNaNf : uniform(random);
    const std::int64_t size = 1 + trial % 14;
    const Grid<float> out = calib::box_median(cells, size);
    for (std::int64_t iy = 0; iy < cells.ny(); ++iy)
      for (std::int64_t ix = 0; ix < cells.nx(); ++ix) {
        const double twin = size == 1 ? static_cast<double>(cells(ix, iy))
                                      : support::box_median_twin(cells, size, ix, iy);
        if (std::isnan(twin))
          EXPECT_TRUE(std::isnan(out(ix, iy)));
        else
          EXPECT_NEAR(out(ix, iy), twin, 6e-8);  // the mean of two floats, rounded
      }
  }
}

TEST(Binning, KeepsTheFluxOfRandomImages) {
  std::mt19937_64 random(12);
  std::uniform_real_distribution<float> uniform(0.5F, 1.5F);
  for (std::int64_t factor = 1; factor < 9; ++factor) {
    Grid<float> image(37, 23);
    for (float& v : image.pixels()) v = uniform(random);
    const auto binned = calib::bin_image(image, {}, factor);
    double before = 0.0;
    double after = 0.0;
    for (const float v : image.pixels()) before += static_cast<double>(v);
    for (std::int64_t iy = 0; iy < binned.mean.ny(); ++iy)
      for (std::int64_t ix = 0; ix < binned.mean.nx(); ++ix)
        after +=
            static_cast<double>(binned.mean(ix, iy)) * static_cast<double>(binned.area(ix, iy));
    EXPECT_NEAR(after / before, 1.0, 6e-8);  // every mean is rounded to a float
  }
}

}  // namespace

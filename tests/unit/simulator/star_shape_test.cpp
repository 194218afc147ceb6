// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/star_shape.hpp"

#include <cmath>
#include <numeric>

#include <gtest/gtest.h>

namespace skyweft::simulator {
namespace {

double total(const Grid<float>& image) {
  return std::accumulate(image.pixels().begin(), image.pixels().end(), 0.0);
}

TEST(StarProfile, OfMoffatHoldsTheFluxToOneInTenThousand) {
  // 1e-4 is left out by contract; float pixels and quadrature add less than 1e-5.
  const StarProfile profile{"moffat", 3.5};
  for (const double fwhm : {1.6, 2.6, 4.0})
    for (const double shift : {0.0, 0.31, 0.5}) {
      Grid<float> image{301, 301};
      profile.add_star(image, {150.0 + shift, 150.0 - shift}, 1e5, {fwhm, 1.15, 0.7});
      EXPECT_NEAR(total(image), 1e5, 12.0) << fwhm << " " << shift;
    }
}

TEST(StarProfile, OfGaussianIsTheProductOfErrorFunctions) {
  const StarProfile profile{"gaussian", 0.0};
  const double fwhm = 2.0, sigma = fwhm / 2.3548200450309493;
  Grid<float> image{41, 41};
  const PixelPos at{20.3, 19.8};
  profile.add_star(image, at, 1e4, {fwhm, 1.0, 0.0});
  const auto edge = [sigma](double v) { return 0.5 * std::erf(v / (sigma * std::sqrt(2.0))); };
  // 5-point quadrature over a pixel of 1.2 sigma: relative error of order 1e-8; table 1e-7; 2-point
  // in the wings 1e-2 of pixels fainter than 1e-7 of the star; float 6e-8 of the peak: below 1e-2.
  for (std::int64_t iy = 0; iy < 41; ++iy)
    for (std::int64_t ix = 0; ix < 41; ++ix) {
      const double dx = static_cast<double>(ix) - at.x_px, dy = static_cast<double>(iy) - at.y_px;
      const double expected =
          1e4 * (edge(dx + 0.5) - edge(dx - 0.5)) * (edge(dy + 0.5) - edge(dy - 0.5));
      EXPECT_NEAR(image(ix, iy), expected, 0.03) << ix << " " << iy;
    }
}

TEST(StarProfile, HasItsCentroidWhereAsked) {
  const StarProfile profile{"moffat", 3.5};
  Grid<float> image{201, 201};
  profile.add_star(image, {100.37, 99.81}, 1e5, {2.6, 1.2, 0.3});
  double x = 0.0, y = 0.0;
  for (std::int64_t iy = 0; iy < 201; ++iy)
    for (std::int64_t ix = 0; ix < 201; ++ix) {
      x += static_cast<double>(ix) * static_cast<double>(image(ix, iy));
      y += static_cast<double>(iy) * static_cast<double>(image(ix, iy));
    }
  // The left-out 1e-4 lies beyond 17 px and is cut symmetrically to within a pixel: 1e-3 px.
  EXPECT_NEAR(x / total(image), 100.37, 1e-3);
  EXPECT_NEAR(y / total(image), 99.81, 1e-3);
}

TEST(StarProfile, OutsideTheFrameAddsNothingAndDoesNotCrash) {
  const StarProfile profile{"moffat", 2.5};
  Grid<float> image{20, 20};
  profile.add_star(image, {-500.0, 10.0}, 100.0, {2.6, 1.0, 0.0});
  profile.add_star(image, {std::nan(""), 10.0}, 100.0, {2.6, 1.0, 0.0});
  EXPECT_EQ(total(image), 0.0);
}

TEST(StarProfile, FollowsTheMosaic) {
  const StarProfile profile{"gaussian", 0.0};
  Grid<float> plain{30, 30}, mosaic{30, 30};
  profile.add_star(plain, {14.2, 15.1}, 1e4, {3.0, 1.0, 0.0});
  profile.add_star(mosaic, {14.2, 15.1}, 1e4, {3.0, 1.0, 0.0}, {0.5, 1.0, 1.0, 0.25});
  EXPECT_FLOAT_EQ(mosaic(14, 14), 0.5F * plain(14, 14));
  EXPECT_FLOAT_EQ(mosaic(15, 14), plain(15, 14));
  EXPECT_FLOAT_EQ(mosaic(15, 15), 0.25F * plain(15, 15));
}

}  // namespace
}  // namespace skyweft::simulator

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sibling.hpp"

#include <gtest/gtest.h>

#include "sky/wcs.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

/// A bent, turned solution of a raw mosaic of 2000 × 1500 pixels.
Wcs mosaic_wcs() {
  support::SkyFieldOptions o;
  o.nx = 2000;
  o.ny = 1500;
  o.rotation_deg = 33.0;
  o.distortion_px = 12.0;
  o.stars_per_frame = 1.0;
  Wcs w = support::make_sky_field(o).truth;
  w.colour_x_px = 0.02;
  w.colour_y_px = -0.03;
  return w;
}

/// Rounding of coordinates of 2000 px: some 1e-12 px.
constexpr double kRounding_px = 1e-9;

TEST(SiblingWcs, OfEveryBayerChannelPutsStarsOnItsRawPixels) {
  const Wcs mosaic = mosaic_wcs();
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 2; ++x) {
      const RawLayout raw{.hdus = {}};
      const RawLayout channel{.hdus = {}, .x_start = x, .y_start = y, .x_step = 2, .y_step = 2};
      const Wcs of_channel = sky::sibling_wcs(mosaic, raw, channel);
      const RawLayout other{.hdus = {}, .x_start = 1, .y_start = 0, .x_step = 2, .y_step = 2};
      const Wcs of_other = sky::sibling_wcs(of_channel, channel, other);
      for (const SkyPos star : {at_deg(50.0, 20.0), at_deg(50.7, 19.5), at_deg(49.2, 20.4)}) {
        const PixelPos r = sky::to_pixel(mosaic, star, 1.3);
        const PixelPos c = sky::to_pixel(of_channel, star, 1.3);
        EXPECT_NEAR(c.x_px, (r.x_px - x) / 2.0, kRounding_px);
        EXPECT_NEAR(c.y_px, (r.y_px - y) / 2.0, kRounding_px);
        const PixelPos d = sky::to_pixel(of_other, star, 1.3);
        EXPECT_NEAR(d.x_px, (r.x_px - 1.0) / 2.0, kRounding_px);
        EXPECT_NEAR(d.y_px, r.y_px / 2.0, kRounding_px);
      }
    }
}

TEST(SiblingWcs, OfTheSamePixelsIsItself) {
  const Wcs mosaic = mosaic_wcs();
  EXPECT_EQ(sky::sibling_wcs(mosaic, RawLayout{}, RawLayout{}), mosaic);
}

TEST(PixelGrid, FollowsWindowsAndBinning) {
  FrameInfo full;
  FrameInfo binned;
  binned.x_binning = 3;
  binned.y_binning = 2;
  // The first binned pixel covers detector columns 0, 1, 2 and rows 0, 1.
  EXPECT_EQ(sky::grid_of(binned).x0, 1.0);
  EXPECT_EQ(sky::grid_of(binned).y0, 0.5);
  EXPECT_EQ(sky::grid_of(binned).dx, 3.0);
  FrameInfo window = binned;
  window.window_known = true;
  window.window_x0 = 10;
  window.window_y0 = 20;
  // Binned pixel 10 covers columns 30, 31, 32; binned row 20 rows 40, 41.
  EXPECT_EQ(sky::grid_of(window).x0, 31.0);
  EXPECT_EQ(sky::grid_of(window).y0, 40.5);
  FrameInfo channel = full;
  channel.layout.x_start = 1;
  channel.layout.x_step = 2;
  channel.layout.y_step = 2;
  channel.window_known = true;
  channel.window_x0 = 5;
  // Channel pixel 5 of the full detector is its column 11.
  EXPECT_EQ(sky::grid_of(channel).x0, 11.0);
  EXPECT_EQ(sky::grid_of(channel).dx, 2.0);

  const Wcs whole = mosaic_wcs();
  const Wcs small = sky::sibling_wcs(whole, sky::grid_of(full), sky::grid_of(window));
  const SkyPos star = at_deg(50.3, 19.8);
  const PixelPos a = sky::to_pixel(whole, star);
  const PixelPos b = sky::to_pixel(small, star);
  EXPECT_NEAR(31.0 + 3.0 * b.x_px, a.x_px, kRounding_px);
  EXPECT_NEAR(40.5 + 2.0 * b.y_px, a.y_px, kRounding_px);
}

TEST(ToPixels, AddTheColourTermOfKnownColours) {
  Wcs w = mosaic_wcs();
  w.colour_zero = 0.8;
  const std::vector<double> ra{50.0, 50.1};
  const std::vector<double> dec{20.0, 20.1};
  const std::vector<float> colour{1.8f, kNaNf};
  std::vector<double> x(2), y(2), x0(2), y0(2);
  sky::to_pixels(w, ra, dec, colour, x, y);
  sky::to_pixels(w, ra, dec, x0, y0);
  // One magnitude redder than colour_zero, as a float: 1e-7 of 0.03 px.
  EXPECT_NEAR(x[0] - x0[0], 0.02, 1e-8);
  EXPECT_NEAR(y[0] - y0[0], -0.03, 1e-8);
  EXPECT_EQ(x[1], x0[1]);
  sky::to_pixels(w, ra, dec, {}, x, y);
  EXPECT_EQ(x, x0);
}

}  // namespace

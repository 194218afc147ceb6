// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/regions.hpp"

#include <chrono>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include "calib/region_text.hpp"
#include "core/error.hpp"
#include "sky/wcs.hpp"

using namespace skyweft;

namespace {

const std::string kSeeds[] = {
    "# DS9\nglobal "
    "color=green\nfk5\ncircle(2:04:10.5,+46:41:16,30\")\n-box(31.1,46.7,1',20\",30)\n",
    "image;polygon(1,2,30.5,4,20,1e1,-3,44);annulus(10,20,3,4,5)||\n-ellipse(9,9,3,2,45) # x\n",
    "circle 512 300 40\ncircle 31.0427d 46.688d 30\"\nicrs\npolygon(31,46,32,46,31.5,47.2)\n",
    "5 7\ncolumn 17\nrow 3\nbox 1 2 3 4\n"};
const std::string kWords[] = {"1e308",    "-1e9",   "nan",   "inf",      "circle(", ")",
                              ",",        ";",      "\n",    "-",        "\"",      "'",
                              ":",        "1e-300", "180d",  "360",      "-90",     "box",
                              "polygon(", "fk5",    "image", "999999999"};

// What is read can be drawn, what cannot is Error{bad_config}; anything else is a crash or a
// finding of the sanitizers. Drawing costs at most the frame, whatever the size: 10 000 texts of
// some 4 shapes on 24 × 20 px are some 10^7 pixels.
TEST(RegionText, MutatedNeverCrashes) {
  const Wcs wcs = sky::linear_wcs({Angle::from_deg(31.04), Angle::from_deg(46.69)}, 20.0, 10.0,
                                  false, {12.0, 10.0});
  const auto to_sky = [&](const PixelPos& p) { return sky::to_sky(wcs, p); };
  std::mt19937 random{77};
  const auto below = [&random](std::size_t n) {
    return std::uniform_int_distribution<std::size_t>{0, n - 1}(random);
  };
  int n_read = 0, n_refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string text = kSeeds[below(std::size(kSeeds))];
    for (std::size_t k = below(4) + 1; k > 0; --k) {
      const std::size_t at = below(text.size() + 1);
      switch (below(4)) {
        case 0:
          text.insert(at, kWords[below(std::size(kWords))]);
          break;
        case 1:
          text.insert(at, 1, static_cast<char>(below(256)));
          break;
        case 2:
          text.erase(at, below(8));
          break;
        default:
          text.replace(at, below(6), kWords[below(std::size(kWords))]);
          break;
      }
    }
    Mask mask(24, 20, 0);
    try {
      const auto regions = calib::parse_regions(text);
      const std::int64_t n = calib::mark_regions(mask, regions, to_sky);
      ASSERT_LE(n, mask.size());
      ++n_read;
    } catch (const Error& e) {
      ASSERT_EQ(e.code(), Errc::bad_config) << text;
      ++n_refused;
    }
    try {
      calib::mark_pixels(mask, calib::parse_pixel_list(text));
    } catch (const Error& e) {
      ASSERT_EQ(e.code(), Errc::bad_config) << text;
    }
  }
  EXPECT_GT(n_read, 100);  // one in a hundred: both ways are walked
  EXPECT_GT(n_refused, 500);
}

// A second is 100 times what 7 fills of 10^6 pixels take.
TEST(RegionText, WithAbsurdSizesCostsNoMoreThanTheFrame) {
  const auto start = std::chrono::steady_clock::now();
  const auto regions = calib::parse_regions(
      "circle 0 0 1e9\nbox 1e9 -1e9 1e9 1e9 45\nellipse 5 5 1e9 1e-9 30\nannulus 0 0 1e8 1e9\n"
      "polygon -1e9 -1e9 1e9 -1e9 1e9 1e9 -1e9 1e9\ncircle 1e9 1e9 1\nbox 0 0 1e-9 1e9");
  Mask mask(1000, 1000, 0);
  EXPECT_EQ(calib::mark_regions(mask, regions), 1000000);
  EXPECT_EQ(calib::mark_pixels(mask, calib::parse_pixel_list("box 0 9000000000000000000 0 "
                                                             "9000000000000000000\ncolumn 5")),
            1001000);
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), 1.0);
}

}  // namespace

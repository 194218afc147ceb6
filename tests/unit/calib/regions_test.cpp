// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/regions.hpp"

#include <string>

#include <gtest/gtest.h>

#include "calib/region_text.hpp"
#include "core/error.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"

using namespace skyweft;
using calib::mark_regions;
using calib::parse_pixel_list;
using calib::parse_regions;
using calib::Region;
using calib::Shape;

namespace {

/// The mask drawn with # and ., the first row of pixels first.
std::string drawn(const std::string& text, std::int64_t nx, std::int64_t ny) {
  Mask mask(nx, ny, 0);
  std::int64_t n = mark_regions(mask, parse_regions(text));
  std::string out;
  for (std::int64_t y = 0; y < ny; ++y) {
    for (std::int64_t x = 0; x < nx; ++x) {
      out += mask(x, y) == mask::user ? '#' : '.';
      n -= mask(x, y) != 0;
    }
    out += '\n';
  }
  EXPECT_EQ(n, 0) << "the count is not that of the marked pixels";
  return out;
}

std::string complaint(const std::string& text) {
  try {
    parse_regions(text);
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_config);
    return e.text();
  }
  return "";
}

TEST(Regions, OfACircleAreThePixelsWithTheirCentreInside) {
  EXPECT_EQ(drawn("circle 2 1 1", 5, 3),
            "..#..\n"
            ".###.\n"
            "..#..\n");
  EXPECT_EQ(drawn("circle 2 1 0.99", 5, 3),
            ".....\n"
            "..#..\n"
            ".....\n");
  EXPECT_EQ(drawn("circle -1 1 1.5", 3, 3),
            "#..\n"
            "#..\n"
            "#..\n");
}

TEST(Regions, OfDs9CountFromOne) {
  EXPECT_EQ(drawn("image; circle(3,2,1)", 5, 3), drawn("circle 2 1 1", 5, 3));
  EXPECT_EQ(drawn("image\ncircle 3 2 1", 5, 3), drawn("circle 2 1 1", 5, 3));
  EXPECT_EQ(drawn("circle(3,2,1)", 5, 3), drawn("circle 2 1 1", 5, 3));
}

TEST(Regions, OfOtherShapes) {
  EXPECT_EQ(drawn("annulus 2 2 1.5 2", 5, 5),
            "..#..\n"
            ".....\n"
            "#...#\n"
            ".....\n"
            "..#..\n");
  EXPECT_EQ(drawn("ellipse 2 1 2 1", 5, 3),
            "..#..\n"
            "#####\n"
            "..#..\n");
  EXPECT_EQ(drawn("ellipse 1 2 2 1 90", 3, 5),
            ".#.\n"
            ".#.\n"
            "###\n"
            ".#.\n"
            ".#.\n");
  EXPECT_EQ(drawn("box 2 1 4 1", 5, 3),
            ".....\n"
            "#####\n"
            ".....\n");
  EXPECT_EQ(drawn("box 2 2 5 0.5 45", 5, 5),  // from lower left to upper right
            ".....\n"
            ".#...\n"
            "..#..\n"
            "...#.\n"
            ".....\n");
  EXPECT_EQ(drawn("polygon 0.5 0.5 3.5 0.5 0.5 3.5", 5, 4),
            ".....\n"
            ".###.\n"
            ".##..\n"
            ".#...\n");
}

TEST(Regions, ThatAreExcludedAreTakenOutWhateverTheirOrder) {
  const std::string ring =
      ".###.\n"
      ".#.#.\n"
      ".###.\n";
  EXPECT_EQ(drawn("box 2 1 2 2\n-circle 2 1 0.5", 5, 3), ring);
  EXPECT_EQ(drawn("-circle 2 1 0.5\nbox 2 1 2 2", 5, 3), ring);
  EXPECT_EQ(drawn("-circle 2 1 0.5", 2, 1), "..\n");
}

TEST(RegionText, OfADs9FileIsRead) {
  const auto regions = parse_regions(
      "# Region file format: DS9 version 4.1\n"
      "global color=green dashlist=8 3 width=1 font=\"helvetica 10 normal roman\"\r\n"
      "fk5\n"
      "circle(2:04:10.5,+46:41:16,30\") # color=red text={HAT-P-32}\n"
      "-ellipse(31.0427,46.688,0.5',20\",30)\n"
      "circle(2h4m10.5s,-46d41m16s,0.01)||\n"
      "image;box(10,20,5,6,0);annulus(10,20,3,4,5)\n"
      "# text(10,20) text={nothing}\n");
  ASSERT_EQ(regions.size(), 5u);
  EXPECT_NEAR(regions[0].places_sky[0].ra.deg(), 15 * (2 + 4 / 60. + 10.5 / 3600), 1e-12);
  EXPECT_NEAR(regions[0].places_sky[0].dec.deg(), 46 + 41 / 60. + 16 / 3600., 1e-12);
  EXPECT_NEAR(regions[0].sizes_sky[0].arcsec(), 30, 1e-9);
  EXPECT_FALSE(regions[0].excluded);
  EXPECT_TRUE(regions[1].excluded);
  EXPECT_NEAR(regions[1].sizes_sky[0].arcsec(), 30, 1e-9);
  EXPECT_NEAR(regions[1].sizes_sky[1].arcsec(), 20, 1e-9);
  EXPECT_NEAR(regions[1].angle.deg(), 30, 1e-12);
  EXPECT_NEAR(regions[2].places_sky[0].ra.deg(), regions[0].places_sky[0].ra.deg(), 1e-12);
  EXPECT_NEAR(regions[2].places_sky[0].dec.deg(), -regions[0].places_sky[0].dec.deg(), 1e-12);
  EXPECT_NEAR(regions[2].sizes_sky[0].deg(), 0.01, 1e-15);
  EXPECT_EQ(regions[3].shape, Shape::box);
  EXPECT_EQ(regions[3].places_px, (std::vector<PixelPos>{{9, 19}}));
  EXPECT_EQ(regions[4].sizes_px, (std::vector<double>{3, 5}));
}

TEST(RegionText, InShortFormCountsFromZero) {
  const auto regions = parse_regions("circle 512 300 40\ncircle 31.0427d 46.688d 30\"\n");
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].places_px, (std::vector<PixelPos>{{512, 300}}));
  EXPECT_NEAR(regions[1].places_sky[0].ra.deg(), 31.0427, 1e-12);
  EXPECT_NEAR(regions[1].sizes_sky[0].arcsec(), 30, 1e-9);
}

TEST(RegionText, ThatIsNotUnderstoodIsRefusedWithItsLine) {
  EXPECT_NE(complaint("image\n\nrhombus(1,2,3)").find("line 3: \"rhombus\"; understood are circle"),
            std::string::npos);
  for (const char* text : {"galactic; circle(1,2,3)",
                           "line(1,2,3,4)",
                           "circle(1,2)",
                           "circle(1,2,3,4)",
                           "circle(1,2,3",
                           "circle 1 2 -3",
                           "circle 1 2 0",
                           "circle 1 2 nan",
                           "circle 1 2 1e300",
                           "circle 1e10 2 3",
                           "circle 1 2 3\"",
                           "circle 31d 46d 3",
                           "circle 31d 4 3\"",
                           "fk5; circle(1,91,1)",
                           "fk5; circle(1,2,200)",
                           "fk5; circle(1,2,5p)",
                           "circle 1:60:0 2:0:0 1'",
                           "annulus 5 5 4 3",
                           "annulus 5 5 4",
                           "ellipse 1 2 3",
                           "box 1 2 3 4 5 6",
                           "polygon 1 2 3 4",
                           "polygon 1 2 3 4 5",
                           "fk5; polygon(0,0,120,0,240,0)",
                           "circle 5m 4d 1'",
                           "circle x y z"})
    EXPECT_EQ(complaint(text).substr(0, 7), "line 1:") << text;
}

// 1"/px, north up, east to the left, about RA 0: 100 px are 100".
TEST(Regions, OnTheSkyFollowTheSolution) {
  const Wcs wcs =
      sky::linear_wcs({Angle::from_deg(0), Angle::from_deg(60)}, 1.0, 0.0, false, {100.0, 100.0});
  const auto to_sky = [&](const PixelPos& p) { return sky::to_sky(wcs, p); };
  Mask mask(201, 201, 0);
  // West is +x, north +y: the box is 61 px wide and 21 px high; turned, 21 wide and 61 high.
  EXPECT_EQ(mark_regions(mask, parse_regions("fk5; box(0,60,60.5\",20.5\",0)"), to_sky), 61 * 21);
  EXPECT_EQ(mask(130, 110), mask::user);
  EXPECT_EQ(mask(131, 110), 0);
  mask = Mask(201, 201, 0);
  EXPECT_EQ(mark_regions(mask, parse_regions("fk5; box(360,60,60.5\",20.5\",90)"), to_sky),
            61 * 21);
  EXPECT_EQ(mask(110, 130), mask::user);
  mask = Mask(201, 201, 0);  // turned by 45° from west to north: along the diagonal
  mark_regions(mask, parse_regions("fk5; box(0,60,100\",4\",45)"), to_sky);
  EXPECT_EQ(mask(130, 130), mask::user);
  EXPECT_EQ(mask(130, 70), 0);
  mask = Mask(201, 201, 0);
  EXPECT_EQ(mark_regions(mask, parse_regions("fk5; circle(0,60,30\")")), 0) << "without to_sky";
  EXPECT_EQ(mark_regions(mask, parse_regions("fk5; circle(180,-60,30\")"), to_sky), 0);
  EXPECT_EQ(mark_regions(mask, parse_regions("fk5; circle(0,60,3d)"), to_sky), 201 * 201);
}

TEST(Regions, ReachOverThePoleAndOverRaZero) {
  const PixelPos middle{60.0, 50.0};
  for (const double dec : {90.0, -89.99, 0.0, 45.0}) {
    const SkyPos centre{Angle::from_deg(359.999), Angle::from_deg(dec)};
    const Wcs wcs = sky::linear_wcs(centre, 2.0, 33.0, true, middle);
    const auto to_sky = [&](const PixelPos& p) { return sky::to_sky(wcs, p); };
    const SkyPos at = to_sky({50.0, 60.0});
    const auto ring = [&](const PixelPos& p) { return sky::separation(at, to_sky(p)).arcsec(); };
    Region circle{.places_sky = {at}, .sizes_sky = {Angle::from_arcsec(61.0)}};
    Mask mask(128, 110, 0);
    mark_regions(mask, std::span{&circle, 1}, to_sky);
    // Great circles are straight in a gnomonic frame. No pixel centre is on a side.
    Region square{.shape = Shape::polygon};
    Region in_pixels{.shape = Shape::polygon};
    for (const PixelPos& p : {PixelPos{20.3, 30.1}, {90.7, 25.2}, {95.4, 80.6}, {40.2, 95.9}}) {
      square.places_sky.push_back(to_sky(p));
      in_pixels.places_px.push_back(p);
    }
    Mask a(128, 110, 0), b(128, 110, 0);
    mark_regions(a, std::span{&square, 1}, to_sky);
    mark_regions(b, std::span{&in_pixels, 1});
    EXPECT_EQ(a, b) << dec;
    for (std::int64_t y = 0; y < 110; ++y)
      for (std::int64_t x = 0; x < 128; ++x)
        ASSERT_EQ(mask(x, y) != 0, ring({static_cast<double>(x), static_cast<double>(y)}) <= 61.0)
            << dec << ' ' << x << ' ' << y;
  }
}

TEST(PixelList, IsReadAndMarksFaults) {
  const auto boxes =
      parse_pixel_list("# bad\n3 1\ncolumn 0 # all of it\nrow 2\nbox 1 2 0 0\n9 9\n");
  ASSERT_EQ(boxes.size(), 5u);
  EXPECT_EQ(boxes[0], (PixelBox{3, 1, 4, 2}));
  Mask mask(4, 3, 0);
  EXPECT_EQ(calib::mark_pixels(mask, boxes), 1 + 3 + 4 + 2);
  std::string out;
  for (std::int64_t y = 0; y < 3; ++y)
    for (std::int64_t x = 0; x < 4; ++x) out += mask(x, y) == mask::fault ? '#' : '.';
  EXPECT_EQ(out, "###.#..#####");
}

TEST(PixelList, ThatIsNotUnderstoodIsRefused) {
  for (const char* text : {"1", "1 2 3", "column", "column 1 2", "row x", "box 1 2 3",
                           "box 2 1 0 0", "-1 3", "1.5 2", "circle 1 2 3"})
    EXPECT_THROW(parse_pixel_list(text), Error) << text;
}

}  // namespace

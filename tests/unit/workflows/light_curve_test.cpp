// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/light_curve.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/light_curve_archive.hpp"

namespace skyweft::workflows {
namespace {

using Made = support::LightCurveArchive;

class LightCurves : public testing::Test {
 protected:
  Made made_{"light_curves"};
  LightCurveReader reader_{Archive{made_.root()}};
  const std::vector<std::int64_t> frames_{100, 101, 103, 104, 105};
};

TEST_F(LightCurves, GatherAllBlocksInTheOrderOfTime) {
  for (const std::int64_t row : {0, 7, 15, 16, 39}) {
    const LightCurve c = reader_.read(row);
    SCOPED_TRACE(row);
    EXPECT_EQ(c.star_id, 10 * (row + 1));
    EXPECT_EQ(c.aperture, row % 2);
    EXPECT_EQ(c.frame_id, frames_);
    for (std::size_t f = 0; f < frames_.size(); ++f) {
      EXPECT_EQ(c.flux_e[f], Made::flux(row, frames_[f], row % 2));
      if (frames_[f] != 105) {
        EXPECT_EQ(c.mags[1][f], Made::magfit(row, frames_[f], row % 2));
      }
    }
    EXPECT_TRUE(std::isnan(c.mags[1][4]));  // the stage's file lacks that frame
    EXPECT_TRUE(std::isnan(c.mags[3][0]));
    EXPECT_EQ(c.last_stage(), 1U);
    EXPECT_EQ(c.quality[1], quality::edge | quality::magfit_extrapolated);
    EXPECT_EQ(c.quality[0], 0);
    EXPECT_EQ(c.group, (std::vector<std::string>{"V", "V", "V", "R", "R"}));
    EXPECT_EQ(c.airmass[0], 1.5F);
  }
}

TEST_F(LightCurves, OfOtherAperturesCanBeAskedFor) {
  EXPECT_EQ(reader_.read(4, 1).flux_e[0], Made::flux(4, 100, 1));
  EXPECT_THROW(reader_.read(4, 2), Error);
}

TEST_F(LightCurves, OfManyStarsAreThoseOfEach) {
  const std::vector<std::int64_t> rows{0, 3, 15, 16, 17, 38};
  std::vector<std::int64_t> seen;
  reader_.each(rows, -1, [&](std::int64_t row, const LightCurve& many) {
    const LightCurve one = reader_.read(row);
    seen.push_back(row);
    EXPECT_EQ(io::to_csv(as_table(many)), io::to_csv(as_table(one)));
  });
  EXPECT_EQ(seen, rows);
}

TEST_F(LightCurves, HaveTheShapeOfTheStarWhereTheFrameHasAMap) {
  const LightCurve c = reader_.read(10);  // x = 10, y = 20 of 101 x 201 pixels
  // u = (10.5 - 50.5) / 50.5, v = (20.5 - 100.5) / 100.5; float32 carries 6e-8, the middle of the
  // frame is found back to 1e-9 px.
  EXPECT_NEAR(c.sdk[0][0], 1.0 - 2.0 * 40.0 / 50.5, 1e-6);
  EXPECT_NEAR(c.sdk[1][0], 0.5, 1e-6);
  EXPECT_NEAR(c.sdk[2][0], -80.0 / 100.5, 1e-6);
  EXPECT_TRUE(std::isnan(c.sdk[0][1]));
}

TEST_F(LightCurves, KeepTheFixedColumnsFirst) {
  const io::Table t = as_table(reader_.read(3));
  std::vector<std::string> names;
  for (const auto& column : t.columns) names.push_back(column.name);
  const std::vector<std::string> fixed{
      "time_bjd_tdb", "frame_id",   "mag_raw", "mag_magfit", "mag_epd", "mag_tfa", "mag_err",
      "flux_e",       "flux_err_e", "x_px",    "y_px",       "bg_e",    "quality", "group",
      "airmass",      "s",          "d",       "k",          "bg_err_e"};
  EXPECT_EQ(names, fixed);
  io::Table many = with_star_id(reader_.read(3));
  EXPECT_EQ(many.columns[0].name, "star_id");
  append_rows(many, with_star_id(reader_.read(4)));
  EXPECT_EQ(many.n_row(), 10);
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(many.columns[0].values)[5], 50);
}

TEST_F(LightCurves, AreTextForVartoolsAndAavso) {
  const LightCurve c = reader_.read(0);
  const std::string last = as_vartools(c);
  EXPECT_EQ(std::ranges::count(last, '\n'), 4);  // the frame without a magnitude is left out
  EXPECT_EQ(std::ranges::count(as_vartools(c, 0), '\n'), 5);
  EXPECT_EQ(std::ranges::count(as_vartools(c, 3), '\n'), 0);
  EXPECT_NE(last.find(" 0.000000 0.010857 100\n"), std::string::npos);  // 1.0857 * 10 / 1000
  const std::string aavso = as_aavso(c, "EY UMa", "ABC");
  EXPECT_TRUE(aavso.starts_with("#TYPE=EXTENDED\n#OBSCODE=ABC\n"));
  // Magnitude 0 plus the zero point 0.25.
  EXPECT_NE(aavso.find("EY UMa,2457000.000000,0.2500,0.0109,V,NO,STD,ENSEMBLE,na,na,na,1.500,"),
            std::string::npos);
}

TEST_F(LightCurves, AreFoundByIdAndPlace) {
  EXPECT_EQ(reader_.row_of(400), 39);
  EXPECT_THROW(reader_.row_of(401), Error);
  EXPECT_EQ(
      reader_.row_near({Angle::from_deg(10.0201), Angle::from_deg(0.0)}, Angle::from_arcsec(1.0)),
      2);
}

}  // namespace
}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/source_table.hpp"

#include <algorithm>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

const io::TableColumn* column(const io::Table& table, std::string_view name) {
  const auto it = std::ranges::find(table.columns, name, &io::TableColumn::name);
  return it == table.columns.end() ? nullptr : &*it;
}

SourceList two_sources() {
  return {.x_px = {0.0, 10.25},
          .y_px = {1.0, 20.5},
          .flux_e = {2000.0F, 1000.0F},
          .snr = {50.0F, 25.0F},
          .peak_e = {100.0F, 50.0F},
          .fwhm_px = {3.0F, kNaNf},
          .elongation = {1.0F, 1.5F},
          .mask = {mask::oversaturated, 0},
          .flags = {source_flag::saturated, source_flag::wide}};
}

}  // namespace

TEST(SourceTable, HoldsTheColumnsThatAreFilledWithUnits) {
  const io::Table table = io::source_table(two_sources());
  EXPECT_EQ(table.n_row(), 2);
  ASSERT_NE(column(table, "x_px"), nullptr);
  EXPECT_EQ(column(table, "x_px")->unit, "pixel");
  EXPECT_EQ(column(table, "flux_e")->unit, "electron");
  EXPECT_EQ(column(table, "shape_s"), nullptr);  // empty
  EXPECT_NE(column(table, "flags")->meaning.find("32 WIDE"), std::string::npos);
  const std::string csv = io::to_csv(table);
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "x_px,y_px,flux_e,snr,peak_e,fwhm_px,elongation,flags,mask");
  EXPECT_NE(csv.find("\n10.25,20.5,1000,25,50,,1.5,32,0\n"), std::string::npos) << csv;
}

TEST(SourceTable, OfObjectsHasOneColumnForEveryApertureAndNamesOfClasses) {
  ExtendedSources s;
  for (auto* v : {&s.x_px, &s.y_px, &s.x_win_px, &s.y_win_px}) *v = {5.0};
  s.kind = {SourceClass::trace};
  s.aperture_px = {2.5, 5.0};
  s.aperture_flux_e = {7.0F, 8.0F};
  s.aperture_err_e = {1.0F, 2.0F};
  const io::Table table = io::source_table(s);
  ASSERT_NE(column(table, "flux_ap2_e"), nullptr);
  EXPECT_EQ(std::get<std::vector<float>>(column(table, "flux_ap2_e")->values),
            std::vector<float>{8.0F});
  EXPECT_NE(column(table, "flux_ap2_e")->meaning.find("5 px"), std::string::npos);
  EXPECT_EQ(std::get<std::vector<std::string>>(column(table, "class")->values),
            std::vector<std::string>{"trace"});
}

// DS9 calls the first pixel 1; pixel (10.25, 20.5) of every second column from column 4 lies at
// 2 × 10.25 + 4 + 1.
TEST(Regions, CountFromOneInTheImageThatIsShown) {
  const std::string plain = io::to_regions(two_sources());
  EXPECT_NE(plain.find("\nimage\ncircle(1.000,2.000,3.00) # color=yellow\n"), std::string::npos);
  EXPECT_NE(plain.find("circle(11.250,21.500,3.00)\n"), std::string::npos) << plain;
  const std::string raw =
      io::to_regions(two_sources(), {.x_start = 4.0, .y_start = 7.0, .x_step = 2.0, .y_step = 2.0});
  EXPECT_NE(raw.find("circle(25.500,49.000,6.00)\n"), std::string::npos) << raw;
}

TEST(Regions, OfObjectsAreEllipsesColouredByClass) {
  ExtendedSources s;
  s.x_px = {9.0};
  s.y_px = {4.0};
  s.a_px = {2.0F};
  s.b_px = {1.0F};
  s.theta_deg = {30.0F};
  s.flags = {source_flag::wide};
  s.kind = {SourceClass::extended};
  EXPECT_NE(io::to_regions(s).find("ellipse(10.000,5.000,6.00,3.00,30.0) # color=cyan\n"),
            std::string::npos);
}

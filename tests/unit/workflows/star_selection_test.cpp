// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/star_selection.hpp"

#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/light_curve_archive.hpp"

namespace skyweft::workflows {
namespace {

TEST(Variability, StandsOutFromStarsOfLikeMagnitude) {
  // Scatter grows with magnitude and the model is half of it, but for star 7, four times as large.
  StarTable table;
  table.aperture_radius_px = {2.0, 3.0};
  for (int i = 0; i < 40; ++i) {
    table.stars.id.push_back(i + 1);
    table.stars.mag.push_back(10.0F + 0.1F * static_cast<float>(i));
    table.aperture.push_back(i % 2);
    const float scatter = 0.001F * static_cast<float>(i + 1);
    for (int a = 0; a < 2; ++a) {
      const bool chosen = a == i % 2;
      for (auto& stage : table.scatter)
        stage.push_back(chosen ? scatter * (i == 7 ? 4.0F : 1.0F) : 100.0F);
      table.noise_model.push_back(chosen ? 0.5F * scatter : 1.0F);
    }
  }
  table.scatter[3].assign(80, kNaNf);  // TFA was not run
  const std::vector<double> v = variability(table);
  // float32 carries 6e-8.
  EXPECT_NEAR(v[7], 4.0, 1e-6);
  EXPECT_NEAR(v[6], 1.0, 1e-6);
  EXPECT_NEAR(v[39], 1.0, 1e-6);
  table.stars.mag[3] = kNaNf;
  EXPECT_TRUE(std::isnan(variability(table)[3]));
}

TEST(Variability, WithoutNoiseModelComparesScatter) {
  StarTable table;
  table.aperture_radius_px = {2.0};
  for (int i = 0; i < 9; ++i) {
    table.stars.id.push_back(i);
    table.stars.mag.push_back(10.0F);
    table.aperture.push_back(0);
    table.scatter[0].push_back(i == 4 ? 0.5F : 0.25F);
  }
  const std::vector<double> v = variability(table);
  EXPECT_EQ(v[4], 2.0);
  EXPECT_EQ(v[0], 1.0);
}

class Selection : public testing::Test {
 protected:
  std::vector<std::int64_t> of(const StarRequest& request) {
    missing_.clear();
    return select_stars(reader_, request, missing_);
  }
  Errc code_of(const StarRequest& request) {
    try {
      of(request);
    } catch (const Error& error) {
      return error.code();
    }
    return Errc::internal;
  }
  // Star k: id 10 (k + 1), RA 10 + 0.01 k, Dec 0, mag 10 + k.
  support::LightCurveArchive made_{"star_selection"};
  LightCurveReader reader_{Archive{made_.root()}};
  std::vector<std::string> missing_;
  using Rows = std::vector<std::int64_t>;
};

TEST_F(Selection, AddsUpAndThenChooses) {
  EXPECT_EQ(of({.ids = {30}}), (Rows{2}));
  EXPECT_EQ(of({.ids = {30, 10, 30}}), (Rows{0, 2}));
  EXPECT_EQ(of({.positions = {"10.0101,0.0"}}), (Rows{1}));
  EXPECT_EQ(of({.cones = {"10.01,0,37"}}), (Rows{0, 1, 2}));  // stars are 36 arcsec apart
  EXPECT_EQ(of({.cones = {"10.01,0,35"}}), (Rows{1}));
  EXPECT_EQ(of({.targets = {"mine"}}), (Rows{3}));
  EXPECT_EQ(of({.all = true}).size(), 40U);
  EXPECT_EQ(of({.mags = "11,13"}), (Rows{1, 2, 3}));
  EXPECT_EQ(of({.ids = {10, 20, 30}, .mags = "11,99"}), (Rows{1, 2}));
  // Its scatter is four times that of its like.
  EXPECT_EQ(of({.variable = 1}), (Rows{support::LightCurveArchive::kVariable}));
  EXPECT_EQ(of({.cones = {"10.01,0,37"}, .variable = 2}).size(), 2U);
}

TEST_F(Selection, ReadsLists) {
  const auto list = [&](const std::string& text) {
    const std::string path = (made_.root() / "list.txt").string();
    io::write_text_file(path, text);
    return StarRequest{.lists = {path}};
  };
  EXPECT_EQ(of(list("# mine\n20\n\n 10 # bright\n")), (Rows{0, 1}));
  EXPECT_EQ(of(list("10.0, 0.0\n10.02 0.0\n50 0\n")), (Rows{0, 2}));
  EXPECT_EQ(missing_, (std::vector<std::string>{"50,0"}));
  EXPECT_EQ(of(list("name,ra_deg,dec_deg\nx,10.01,0\n")), (Rows{1}));
  EXPECT_EQ(of(list("mag,star_id\n1.5,40\n2.5,999\n")), (Rows{3}));
  EXPECT_EQ(missing_, (std::vector<std::string>{"2.5,999"}));
  EXPECT_EQ(code_of(list("10 20 30\n")), Errc::bad_input);
  EXPECT_EQ(code_of(list("ra,mag\n1,2\n")), Errc::bad_input);
  EXPECT_EQ(code_of(list("10\nten\n")), Errc::bad_input);
  EXPECT_EQ(code_of(list("999\n")), Errc::bad_input);  // nobody is left
}

TEST_F(Selection, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(code_of({}), Errc::usage);
  EXPECT_EQ(code_of({.ids = {11}}), Errc::bad_input);
  EXPECT_EQ(code_of({.positions = {"10"}}), Errc::usage);
  EXPECT_EQ(code_of({.positions = {"10,0,"}}), Errc::usage);
  EXPECT_EQ(code_of({.positions = {"400,0"}}), Errc::usage);
  EXPECT_EQ(code_of({.positions = {"50,0"}}), Errc::bad_input);
  EXPECT_EQ(code_of({.cones = {"10,0"}}), Errc::usage);
  EXPECT_EQ(code_of({.cones = {"50,0,10"}}), Errc::bad_input);
  EXPECT_EQ(code_of({.targets = {"other"}}), Errc::bad_input);
  EXPECT_EQ(code_of({.mags = "13,11"}), Errc::usage);
  EXPECT_EQ(code_of({.mags = "50,60"}), Errc::bad_input);
  EXPECT_EQ(code_of({.lists = {"no such file"}}), Errc::io);
}

}  // namespace
}  // namespace skyweft::workflows

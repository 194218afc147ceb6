// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/psf_fit.hpp"

#include <limits>
#include <random>

#include "tests/support/shape_fit_frames.hpp"
#include <gtest/gtest.h>

#include "core/error.hpp"

namespace skyweft::test {
namespace {

using shape::fit_psf_map;
using shape::ShapeConfig;
using shape::ShapeFit;
using shape::ShapeFrame;
namespace not_used = shape::not_used;

const std::vector<double> kLines{-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};

/// Equal stars 16 px apart, five in a row, without noise.
ShapeStars rows_of_stars(int n, const PsfMap& truth) {
  ShapeStars s;
  for (int i = 0; i < n; ++i)
    s.add(12.3 + 16.0 * (i % 5), 11.6 + 16.0 * static_cast<double>(i / 5) + 0.1 * i, 5e4);
  draw(s, truth, {}, 90, 12 + 16 * ((n + 4) / 5), 20.0);
  return s;
}

ShapeFit fit_one(const ShapeStars& s, const ShapeConfig& config) {
  const ShapeFrame frame = s.view();
  return fit_psf_map({&frame, 1}, {}, config);
}

TEST(PsfFit, DropsTermsThatTooFewStarsDetermine) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  const ShapeStars s = rows_of_stars(2, truth);
  ShapeConfig config = shape_config(truth);
  config.terms =
      "O2{u,v}";  // six terms; two stars of 120 pixels each determine the constant alone:
  const ShapeFit fit = fit_one(s, config);  // (240 − 2) / 63 = 3 of pixels, 2 of stars
  EXPECT_EQ(fit.map.kind, PsfKind::bicubic);
  EXPECT_EQ(fit.map.terms, "{1, u}");
  EXPECT_EQ(fit.map.n_term(), 2);
  EXPECT_TRUE(fit.map.converged);
}

TEST(PsfFit, DropsTermsThatDependOnThoseBefore) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(10, truth);
  s.variables.add_scalar("airmass", 1.7);  // of one frame: a constant
  ShapeConfig config = shape_config(truth);
  config.terms = "O1{u,airmass,v}";
  EXPECT_EQ(fit_one(s, config).map.terms, "{1, u, v}");
}

TEST(PsfFit, WithoutAUsableStarTheMapIsNone) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(3, truth);
  const ShapeConfig config = shape_config(truth);
  EXPECT_EQ(fit_psf_map({}, {}, config).map.kind, PsfKind::none);
  s.use.assign(3, 0);
  const ShapeFit fit = fit_one(s, config);
  EXPECT_EQ(fit.map.kind, PsfKind::none);
  EXPECT_FALSE(fit.map.converged);
  EXPECT_EQ(fit.frames[0].why, std::vector<std::uint16_t>(3, not_used::unwanted));
  EXPECT_TRUE(std::isnan(fit.frames[0].flux_e[0]));
}

TEST(PsfFit, FewerPixelsThanUnknownsMakeNone) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(1, truth);
  for (std::int64_t y = 0; y < s.frame.ny(); ++y)
    for (std::int64_t x = 0; x < s.frame.nx(); ++x)
      if ((x + y) % 2 == 0) s.frame.mask(x, y) = mask::hot;
  const ShapeFit fit = fit_one(s, shape_config(truth));  // 60 pixels for 63 + 1 unknowns
  EXPECT_EQ(fit.map.kind, PsfKind::none);
  EXPECT_EQ(fit.frames[0].why[0], not_used::pixels);
}

TEST(PsfFit, BadPlacesAndBackgroundsAreSkippedWithTheReason) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(10, truth);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const ShapeFit clean = fit_one(s, shape_config(truth));
  for (const auto& [x, y] : {std::pair{nan, 30.0},
                             {40.0, nan},
                             {-7.0, 20.0},
                             {1e300, 20.0},
                             {-1e300, 5.0},
                             {30.0, 1e9}}) {
    s.x.push_back(x);
    s.y.push_back(y);
    s.u.push_back(0.0);
    s.v.push_back(0.0);
    s.background.push_back(20.0F);
    s.background_err.push_back(0.0F);
  }
  s.background[4] = std::numeric_limits<float>::quiet_NaN();
  const ShapeFit fit = fit_one(s, shape_config(truth));
  EXPECT_EQ(fit.map.n_star, 9);
  EXPECT_EQ(fit.frames[0].why[4], not_used::background);
  for (std::size_t i = 10; i < 16; ++i) EXPECT_EQ(fit.frames[0].why[i], not_used::outside) << i;
  // One exact star fewer: the same shape, but for where the two fits stop.
  EXPECT_LT(difference(fit.map.coefficient, clean.map.coefficient), 1e-8);
}

TEST(PsfFit, SaturatedPixelsEnterNothing) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(10, truth);
  const auto x = std::lround(s.x[3]);
  const auto y = std::lround(s.y[3]);
  s.frame.signal_e(x, y) = 1e9F;
  s.frame.mask(x, y) = mask::oversaturated;
  ShapeConfig config = shape_config(truth);
  ShapeFit fit = fit_one(s, config);
  EXPECT_EQ(fit.frames[0].why[3], not_used::saturated);
  EXPECT_EQ(fit.map.n_star, 9);
  EXPECT_LT(difference(fit.map.coefficient, truth.coefficient), 1e-8);
  config.max_saturated = 1;  // then its other pixels are as good as any
  fit = fit_one(s, config);
  EXPECT_EQ(fit.map.n_star, 10);
  EXPECT_NEAR(fit.frames[0].flux_e[3], 5e4, 5.0);  // 1e-4, the bound of the noiseless tests
}

TEST(PsfFit, OneRoundIsNotConvergence) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeConfig config = shape_config(truth);
  config.max_rounds = 1;
  const ShapeFit fit = fit_one(rows_of_stars(10, truth), config);
  EXPECT_EQ(fit.map.kind, PsfKind::bicubic);
  EXPECT_EQ(fit.map.rounds, 1);
  EXPECT_FALSE(fit.map.converged);
}

TEST(PsfFit, KeepsTheBrightestAndModelsThoseNotWanted) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s;
  for (int i = 0; i < 8; ++i)
    s.add(12.3 + 20.0 * (i % 4), 11.6 + 20.0 * static_cast<double>(i / 4), 1e4 * (i + 1));
  s.add(17.1, 14.2, 3e4);  // beside the first
  s.add(78.3, 13.0, 2e4);  // beside the fourth
  s.use.assign(10, 1);
  s.use[8] = s.use[9] = 0;
  draw(s, truth, {}, 90, 50, 0.0);
  ShapeConfig config = shape_config(truth);
  const ShapeFit all = fit_one(s, config);
  EXPECT_EQ(all.map.n_star, 8);
  EXPECT_LT(difference(all.map.coefficient, truth.coefficient), 1e-8);
  EXPECT_LT(difference(all.frames[0].flux_e, s.flux), 1e-8);
  EXPECT_EQ(all.frames[0].used[8], 0);
  config.max_stars = 3;
  const ShapeFit few = fit_one(s, config);
  EXPECT_EQ(few.map.n_star, 3);
  EXPECT_EQ(few.frames[0].used[7], 1);
  EXPECT_EQ(few.frames[0].why[1], not_used::surplus);
}

TEST(PsfFit, StarsThatCannotBeToldApartAreLeftOut) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s = rows_of_stars(10, truth);
  s.add(s.x[2] + 0.05, s.y[2], 1e4);
  s.add(s.x[6], s.y[6], 1e4);
  draw(s, truth, {}, 90, 44, 20.0);
  const ShapeFit fit = fit_one(s, shape_config(truth));
  EXPECT_TRUE(fit.map.converged);
  EXPECT_EQ(fit.map.n_star, 8);
  for (const std::size_t i : {2, 6, 10, 11}) EXPECT_EQ(fit.frames[0].why[i], not_used::blended);
  EXPECT_LT(difference(fit.map.coefficient, truth.coefficient), 1e-8);
  // The light of a coincident pair is shared, its sum is right.
  EXPECT_NEAR(fit.frames[0].flux_e[6] + fit.frames[0].flux_e[11], 6e4, 6.0);
}

TEST(PsfFit, IsTheSameTwiceAndForAnyOrderOfStars) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v}", 1.4, 1.2);
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> place(0.0, 200.0);
  ShapeStars s;
  for (int i = 0; i < 60; ++i) {
    const double x = place(random);
    s.add(x, place(random), 2e4);
  }
  draw(s, truth, {}, 200, 200, 30.0);
  const Grid<float> clean = s.frame.signal_e;
  add_noise(s, 4.0, random);
  const ShapeConfig config = shape_config(truth);
  const ShapeFit fit = fit_one(s, config);
  EXPECT_EQ(fit_one(s, config).map, fit.map);
  ShapeStars turned;
  for (std::size_t i = s.x.size(); i-- > 0;) turned.add(s.x[i], s.y[i], s.flux[i]);
  draw(turned, truth, {}, 200, 200, 30.0);
  turned.frame = s.frame;
  // Another order of sums: rounding, which the stopping rule may turn into a few tolerances.
  EXPECT_LT(difference(fit_one(turned, config).map.coefficient, fit.map.coefficient), 1e-9);
}

TEST(PsfFit, RefusesAGridAndTermsThatMakeNoSense) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  const ShapeStars s = rows_of_stars(3, truth);
  ShapeConfig config = shape_config(truth);
  config.terms = "{u, v}";
  EXPECT_THROW(fit_one(s, config), Error);
  config.terms = "O1{colour}";
  EXPECT_THROW(fit_one(s, config), Error);
  config = shape_config(truth);
  config.x_grid_px = {-5.0, 5.0};
  EXPECT_THROW(fit_one(s, config), Error);
}

TEST(PsfFit, BadPixelsFramesAndGridsNeverStopIt) {
  // Pixels that are not numbers, variances of nothing, frames smaller than the grid, no stars.
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937_64 random(31);
  std::uniform_int_distribution<int> pick(0, 9);
  std::uniform_real_distribution<double> place(-20.0, 60.0);
  const std::vector<std::vector<double>> grids{
      {-1.0, 0.5, 1.0}, kLines, {-2.5, -1.0, 0.0, 1.0, 2.5}, {-0.4, 0.0, 30.0}};
  for (int i_try = 0; i_try < 60; ++i_try) {
    const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.2, 1.2);
    ShapeStars s;
    for (int i = pick(random); i > 0; --i) s.add(place(random), place(random), 3e4);
    draw(s, truth, {}, 1 + 6 * pick(random), 1 + 6 * pick(random), 30.0);
    add_noise(s, 3.0, random);
    for (std::size_t p = 0; p < s.frame.signal_e.pixels().size(); ++p) {
      const int what = pick(random) + pick(random);
      if (what == 0) s.frame.signal_e.pixels()[p] = static_cast<float>(nan);
      if (what == 1) s.frame.variance_e2.pixels()[p] = 0.0F;
      if (what == 2) s.frame.mask.pixels()[p] = mask::no_data;
      if (what == 18) s.frame.variance_e2.pixels()[p] = std::numeric_limits<float>::infinity();
    }
    ShapeConfig config = shape_config(truth);
    config.x_grid_px = grids[static_cast<std::size_t>(i_try) % 4];
    config.y_grid_px = grids[static_cast<std::size_t>(i_try / 4) % 4];
    config.terms = "O1{u,v}";
    config.min_snr = 0.0;
    config.min_pixels = 1;
    config.max_rounds = 50;
    const ShapeFit fit = fit_one(s, config);
    for (const double c : fit.map.coefficient) EXPECT_TRUE(std::isfinite(c)) << i_try;
    for (std::size_t i = 0; i < s.x.size(); ++i)
      EXPECT_EQ(std::isfinite(fit.frames[0].flux_e[i]), std::isfinite(fit.frames[0].flux_err_e[i]));
  }
}

TEST(PsfFit, ParityCountsNegativeExcessAsNothing) {
  // Ten stars over a background that is given 3 e- too high: in parity the pixels without light
  // count as zero instead of −3 e-, and the flux is larger.
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.0, 1.0);
  ShapeStars s = rows_of_stars(10, truth);
  for (float& b : s.background) b += 3.0F;
  ShapeConfig config = shape_config(truth);
  const ShapeFit fit = fit_one(s, config);
  config.parity = true;
  const ShapeFit parity = fit_one(s, config);
  EXPECT_GT(parity.frames[0].flux_e[0], fit.frames[0].flux_e[0]);
  // It divides the data by √(1 + 1), the model by 1: fluxes come out smaller by √2.
  s.background.assign(10, 20.0F);
  config.tolerance = 1e-8;
  const double without_error = fit_one(s, config).frames[0].flux_e[0];
  s.background_err.assign(10, 1.0F);
  EXPECT_NEAR(fit_one(s, config).frames[0].flux_e[0], without_error / std::sqrt(2.0), 0.05);
  config.parity = false;
  EXPECT_NEAR(fit_one(s, config).frames[0].flux_e[0], 5e4, 5.0);
}

}  // namespace
}  // namespace skyweft::test

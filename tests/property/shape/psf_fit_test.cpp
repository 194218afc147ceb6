// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/psf_fit.hpp"

#include <random>

#include "tests/support/shape_fit_frames.hpp"
#include <gtest/gtest.h>

namespace skyweft::test {
namespace {

using shape::fit_psf_map;
using shape::ShapeConfig;
using shape::ShapeFit;
using shape::ShapeFrame;

const std::vector<double> kLines{-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};

// The reference's own bound on Σ (difference²) / Σ (sum²) is 1e-8 per number (autowisp.md 23.1).
// Here: 1e-8 in all. Pixels are floats, wrong by 3e-8 of their value; the fit stops at changes of
// `tolerance` of the light, whose square is far below the bound.
constexpr double kRecovered = 1e-8;

/// Fits drawn stars without noise and compares all that was drawn.
void expect_recovered(std::span<ShapeStars* const> stars, const PsfMap& truth,
                      const SubPixelMap& subpixels, ShapeConfig config) {
  std::vector<ShapeFrame> frames;
  for (const ShapeStars* s : stars) frames.push_back(s->view());
  config.tolerance = 1e-8;  // of the light; weakly determined coefficients are off by more
  const ShapeFit fit = fit_psf_map(frames, subpixels, config);
  EXPECT_TRUE(fit.map.converged) << fit.map.rounds;
  EXPECT_EQ(fit.map.terms, truth.terms);
  ASSERT_EQ(fit.map.coefficient.size(), truth.coefficient.size());
  EXPECT_LT(difference(fit.map.coefficient, truth.coefficient), kRecovered);
  for (std::size_t f = 0; f < stars.size(); ++f)
    EXPECT_LT(difference(fit.frames[f].flux_e, stars[f]->flux), kRecovered);
}

/// Stars 14 px apart, so that no two share a pixel, off the pixel centres.
void add_isolated(ShapeStars& s, std::int64_t n_side, std::mt19937_64& random) {
  std::uniform_real_distribution<double> part(-1.0, 1.0);
  for (std::int64_t iy = 0; iy < n_side; ++iy)
    for (std::int64_t ix = 0; ix < n_side; ++ix)
      s.add(10.0 + 14.0 * static_cast<double>(ix) + part(random),
            10.0 + 14.0 * static_cast<double>(iy) + part(random), 1e4 * (3.0 + 2.0 * part(random)));
}

TEST(PsfFitNoiseless, RecoversTheShapeOfOneStar) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  ShapeStars s;
  s.add(10.3, 9.8, 1e5);
  draw(s, truth, {}, 21, 20, 0.0);
  ShapeStars* const all[] = {&s};
  expect_recovered(all, truth, {}, shape_config(truth));
}

TEST(PsfFitNoiseless, RecoversAMapOfIsolatedStars) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O2{u,v}", 1.4, 1.2);
  std::mt19937_64 random(1);
  ShapeStars s;
  add_isolated(s, 5, random);
  draw(s, truth, {}, 76, 76, 100.0);
  ShapeStars* const all[] = {&s};
  expect_recovered(all, truth, {}, shape_config(truth));
}

TEST(PsfFitNoiseless, RecoversTwoAndFourOverlappingStars) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v}", 1.4, 1.2);
  for (const double apart : {6.0, 4.0, 2.5}) {
    for (const int n : {2, 4}) {
      std::mt19937_64 random(2);
      std::uniform_real_distribution<double> part(-0.5, 0.5);
      ShapeStars s;
      for (int group = 0; group < 4; ++group)
        for (int i = 0; i < n; ++i)
          s.add(12.0 + 30.0 * (group % 2) + apart * (i % 2) + part(random),
                12.0 + 30.0 * static_cast<double>(group / 2) + apart * static_cast<double>(i / 2) +
                    part(random),
                1e4 * (1.0 + 4.0 * i));
      draw(s, truth, {}, 70, 70, 0.0);
      ShapeStars* const all[] = {&s};
      SCOPED_TRACE(testing::Message() << n << " stars " << apart << " px apart");
      expect_recovered(all, truth, {}, shape_config(truth));
    }
  }
}

TEST(PsfFitNoiseless, RecoversOneMapFromSeveralFrames) {
  // The variable differs between frames only: no frame alone determines its term.
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v,airmass}", 1.4, 1.2);
  std::mt19937_64 random(3);
  std::vector<ShapeStars> frames(3);
  std::vector<ShapeStars*> all;
  for (std::size_t f = 0; f < frames.size(); ++f) {
    add_isolated(frames[f], 3, random);
    frames[f].variables.add_scalar("airmass", 1.0 + 0.5 * static_cast<double>(f));
    draw(frames[f], truth, {}, 50, 48, 10.0);
    all.push_back(&frames[f]);
  }
  expect_recovered(all, truth, {}, shape_config(truth));
}

TEST(PsfFitNoiseless, RecoversUnderNineSubPixelMaps) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v}", 1.4, 1.2);
  const std::vector<std::vector<std::vector<double>>> maps{
      {{1.0}},
      {{0.5, 1.5}},
      {{0.5}, {1.5}},
      {{4.0, 0.0}, {0.0, 0.0}},
      {{0.0, 0.0}, {0.0, 4.0}},
      {{2.0, 0.0}, {0.0, 2.0}},
      {{0.7, 1.3}, {1.3, 0.7}},
      {{0.5, 1.0, 0.5}, {1.0, 3.0, 1.0}, {0.5, 1.0, 0.5}},
      {{0.2, 1.1, 0.9, 1.4}, {1.3, 0.8, 1.6, 0.7}, {0.6, 1.2, 0.4, 1.8}}};
  for (std::size_t m = 0; m < maps.size(); ++m) {
    SubPixelMap subpixels;
    subpixels.sensitivity = Grid<double>(static_cast<std::int64_t>(maps[m][0].size()),
                                         static_cast<std::int64_t>(maps[m].size()));
    for (std::size_t iy = 0; iy < maps[m].size(); ++iy)
      for (std::size_t ix = 0; ix < maps[m][iy].size(); ++ix)
        subpixels.sensitivity(static_cast<std::int64_t>(ix), static_cast<std::int64_t>(iy)) =
            maps[m][iy][ix];
    std::mt19937_64 random(4);
    ShapeStars s;
    add_isolated(s, 4, random);
    draw(s, truth, subpixels, 64, 64, 0.0);
    ShapeStars* const all[] = {&s};
    SCOPED_TRACE(m);
    expect_recovered(all, truth, subpixels, shape_config(truth));
  }
}

TEST(PsfFitNoiseless, RecoversAPrfAndAGridThatIsNotSquare) {
  const std::vector<double> x_lines{-4.0, -1.5, 0.0, 1.0, 4.5};
  const std::vector<double> y_lines{-5.0, -2.5, -1.0, 0.5, 2.0, 3.0, 5.5};
  for (const PsfView view : {PsfView::prf, PsfView::psf}) {
    const PsfMap truth = bicubic_map(x_lines, y_lines, "O1{u,v}", 1.2, 1.6, 0.05, view);
    std::mt19937_64 random(5);
    ShapeStars s;
    add_isolated(s, 4, random);
    draw(s, truth, {}, 64, 66, 0.0);
    ShapeStars* const all[] = {&s};
    SCOPED_TRACE(view == PsfView::prf ? "prf" : "psf");
    expect_recovered(all, truth, {}, shape_config(truth));
  }
}

TEST(PsfFitNoiseless, TermsInRawPixelsAreAsGoodAsScaledOnes) {
  // x³ of a 4096 px frame is 7e10 times the constant: the condition that scaling must undo.
  const PsfMap scaled = bicubic_map(kLines, kLines, "O3{u,v}", 1.4, 1.2, 0.02);
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> place(20.0, 4076.0);
  ShapeStars s;
  for (int i = 0; i < 60; ++i) s.add(place(random), place(random), 1e5);
  draw(s, scaled, {}, 4096, 4096, 0.0);
  ShapeConfig config = shape_config(scaled);
  config.terms = "O3{x,y}";
  const ShapeFrame frame = s.view();
  const ShapeFit fit = fit_psf_map({&frame, 1}, {}, config);
  EXPECT_TRUE(fit.map.converged);
  EXPECT_EQ(fit.map.n_term(), 10);
  EXPECT_LT(difference(fit.frames[0].flux_e, s.flux), kRecovered);
}

}  // namespace
}  // namespace skyweft::test

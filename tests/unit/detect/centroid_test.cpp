// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/centroid.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "detect/detect.hpp"
#include "detect/measure.hpp"
#include "detect/windowed.hpp"
#include "support/detect_stars.hpp"
#include "support/phot_oracle_image.hpp"

using namespace skyweft;
using support::add_pixel_star;
using support::add_sdk_star;
using support::flat_background;

namespace {
// No noise; the variance only says how errors are weighted.
Frame dark_frame(std::int64_t nx, std::int64_t ny, double sigma_e) {
  Frame f;
  f.signal_e = Grid<float>(nx, ny, 0.0f);
  f.variance_e2 = Grid<float>(nx, ny, static_cast<float>(sigma_e * sigma_e));
  f.mask = Mask(nx, ny, 0);
  return f;
}

// The oracle image less its constant 64-px background map, as photutils was given it.
Frame oracle_frame() {
  Frame f = dark_frame(128, 128, 5.0);
  const Grid<double> image = support::oracle_image();
  for (std::size_t i = 0; i < image.pixels().size(); ++i)
    f.signal_e.pixels()[i] = static_cast<float>(image.pixels()[i] - 104.0451667720);
  return f;
}

detect::Stamp stamp_at(const Frame& f, double x, double y, int radius) {
  detect::Stamp s;
  // To the nearest pixel, halves to the even one, as numpy rounds.
  detect::cut_stamp(f, flat_background(f, 0.0, 1.0), std::lrint(x), std::lrint(y), radius, {}, s);
  return s;
}

constexpr double kStars[5][2] = {
    {30.3, 40.7}, {90.6, 35.2}, {64.0, 64.5}, {100.25, 100.75}, {20.8, 104.1}};
}  // namespace

// photutils 1.6, centroid_quadratic in 21 px boxes about the rounded true places. Pixels rounded to
// float (1e-7 of 1400 e) move the top by less than 1e-4/|c4| ~ 1e-6 px; six digits are printed.
TEST(QuadraticCentroid, IsThatOfPhotutils) {
  constexpr double kOracle[5][2] = {{30.247399, 40.745153},
                                    {90.671919, 35.169272},
                                    {64.019050, 64.558167},
                                    {100.206039, 100.802625},
                                    {20.891797, 104.145915}};
  const Frame f = oracle_frame();
  for (int i = 0; i < 5; ++i) {
    const auto c = detect::quadratic_centroid(stamp_at(f, kStars[i][0], kStars[i][1], 10));
    ASSERT_TRUE(c) << i;
    EXPECT_NEAR(c->x_px, kOracle[i][0], 5e-6) << i;
    EXPECT_NEAR(c->y_px, kOracle[i][1], 5e-6) << i;
  }
}

// photutils 1.6, centre of mass in 11 px boxes; rounding to float as above, and a lever of 5 px.
TEST(MeanCentroid, IsThatOfPhotutils) {
  constexpr double kOracle[5][2] = {{30.307034, 40.687931},
                                    {90.684196, 35.197250},
                                    {64.053386, 64.545865},
                                    {100.249114, 100.756948},
                                    {20.873256, 104.356021}};
  const Frame f = oracle_frame();
  for (int i = 0; i < 5; ++i) {
    const auto c = detect::mean_centroid(stamp_at(f, kStars[i][0], kStars[i][1], 5));
    ASSERT_TRUE(c) << i;
    EXPECT_NEAR(c->x_px, kOracle[i][0], 5e-6) << i;
    EXPECT_NEAR(c->y_px, kOracle[i][1], 5e-6) << i;
  }
}

TEST(QuadraticCentroid, OfFlatLightIsNothing) {
  EXPECT_FALSE(detect::quadratic_centroid(stamp_at(dark_frame(20, 20, 1.0), 10, 10, 3)));
}

// The model is the truth, so that only the stopping rule (1e-4 px) and the float pixels remain.
TEST(GaussianCentroid, RecoversUndersampledStarsWhereverTheyLie) {
  for (const double fwhm_px : {0.8, 1.0, 1.5, 2.5})
    for (int phase = 0; phase < 16; ++phase) {
      Frame f = dark_frame(21, 21, 1.0);
      const double x = 10.0 + (phase % 4) * 0.25 - 0.45, y = 10.0 + (phase / 4) * 0.25 - 0.4;
      add_pixel_star(f, x, y, 1e4, fwhm_px);
      const double var = std::pow(1.2 * fwhm_px / detect::kFwhmPerSigma, 2) + 1.0 / 12.0;
      const auto g =
          detect::gaussian_centroid(stamp_at(f, x, y, 3), 10.0, 10.0, {var, var, 0.0}, false, 1.5);
      ASSERT_TRUE(g) << fwhm_px << ' ' << phase;
      EXPECT_NEAR(g->at.x_px, x, 2e-4);
      EXPECT_NEAR(g->at.y_px, y, 2e-4);
      const double truth = std::pow(fwhm_px / detect::kFwhmPerSigma, 2) + 1.0 / 12.0;
      EXPECT_NEAR(g->shape.xx, truth, 2e-3 * truth) << fwhm_px << ' ' << phase;
      EXPECT_NEAR(g->flux_e, 1e4, 20.0);
    }
}

// With equal noise the window of the star's own width makes an efficient centroid: √2 σ/(S/N). The
// lattice sum of the sampled Gaussian differs from the integral by exp(−2π²σ²/2) < 1e-4.
TEST(WindowedStar, QuotesTheCramerRaoBound) {
  Frame f = dark_frame(41, 41, 10.0);
  support::add_star(f, 20.3, 19.6, support::flux_of_snr(50.0, 2.5, 10.0), 2.5);
  detect::Stamp scratch;
  const auto s = detect::windowed_star(f, flat_background(f, 0.0, 10.0), 20.0, 20.0,
                                       detect::StarWindow{2.5}, 2.5, scratch);
  ASSERT_TRUE(s.converged);
  EXPECT_NEAR(s.x_px, 20.3, 2e-4);
  EXPECT_NEAR(s.y_px, 19.6, 2e-4);
  const double bound_px = std::sqrt(2.0) * 2.5 / 2.3548 / 50.0;
  EXPECT_NEAR(s.pos_err_px, bound_px, 0.005 * bound_px);
}

// A Gaussian's windowed moments are exact up to the window's end at 4 sigma (exp(−16) of the light)
// and aliasing of the narrow axis, exp(−2π² 0.5 b²) with b² = 1.3: below 1e-5; times 4 for the
// window divided out.
TEST(WindowedStar, RecoversShape) {
  const double s = 0.55, d = -0.12, k = 0.18;
  Frame f = dark_frame(61, 61, 1.0);
  add_sdk_star(f, 30.2, 29.7, 1000.0, s, d, k);
  detect::Stamp scratch;
  const auto star = detect::windowed_star(f, flat_background(f, 0.0, 1.0), 30.0, 30.0,
                                          detect::StarWindow{3.3}, 3.0, scratch);
  ASSERT_TRUE(star.converged);
  const detect::StarShape shape = detect::shape_of(star.shape, 1e-4, 1e4);
  EXPECT_NEAR(shape.s, s, 1e-3);
  EXPECT_NEAR(shape.d, d, 1e-3);
  EXPECT_NEAR(shape.k, k, 1e-3);
  const double det = s * s - d * d - k * k, split = std::hypot(d, k);
  EXPECT_NEAR(shape.fwhm_px, 2.35482 * std::pow(det, -0.25), 2e-3);
  EXPECT_NEAR(shape.elongation, std::sqrt((s + split) / (s - split)), 4e-3);
}

// A pixel out of use takes its mirror image with it, so that the centre stays: the star is even.
TEST(WindowedStar, KeepsItsCentreWhenAPixelIsMissing) {
  Frame f = dark_frame(41, 41, 1.0);
  support::add_star(f, 20.0, 20.0, 1e5, 3.0);
  f.mask(21, 20) = mask::hot;
  f.signal_e(21, 20) = kNaNf;
  detect::Stamp scratch;
  const auto s = detect::windowed_star(f, flat_background(f, 0.0, 1.0), 20.0, 20.0,
                                       detect::StarWindow{3.0}, 2.0, scratch);
  EXPECT_NEAR(s.x_px, 20.0, 1e-4);
  EXPECT_NEAR(s.y_px, 20.0, 1e-4);
}

// Bias of the automatic choice on stars integrated over pixels. Windowed: the product of star (v =
// σ²+1/12, the pixel in it) and window (w²) has variance p = v w²/(v+w²); of the lattice's
// harmonics the first moves its mean by at most 4π p exp(−2π² p), and the root by (v+w²)/w² of
// that, in each axis. Fitted: the model is exact. 1e-3 px for the stopping rule at slow convergence
// (step 1e-4, factor 0.9).
TEST(CentroidChoice, HasLittleBiasFromUndersampledToDefocused) {
  for (const double fwhm_px : {1.0, 1.2, 1.4, 1.5, 1.7, 2.0, 2.5, 4.0, 6.0}) {
    const double v = std::pow(fwhm_px / 2.35482, 2) + 1.0 / 12.0;
    const double seen_px = 2.35482 * std::sqrt(v);
    const double w = std::pow(std::max(seen_px, detect::kSharpWindow_px) / 2.35482, 2);
    const double p = v * w / (v + w);
    const detect::MeasureRule rule{.stars = {seen_px, 1.0, seen_px, {v, v, 0.0}},
                                   .method = detect::centroid_method("auto", seen_px),
                                   .max_shift_px = seen_px};
    const bool fitted = rule.method == detect::CentroidMethod::gaussian;
    const double limit_px =
        1e-3 + (fitted ? 0.0 : 4.0 * kPi * p * std::exp(-2.0 * kPi * kPi * p) * (v + w) / w);
    double worst_px = 0.0;
    detect::Stamp scratch;
    for (int phase = 0; phase < 64; ++phase) {
      Frame f = dark_frame(61, 61, 1.0);
      const double x = 29.5 + (phase % 8) / 8.0, y = 29.55 + (phase / 8) / 8.0;
      add_pixel_star(f, x, y, 1e5, fwhm_px);
      scratch = {};
      const auto s = detect::measure_source(
          f, flat_background(f, 0.0, 1.0),
          {.x_px = std::round(x), .y_px = std::round(y), .snr = 1000.0f}, rule, scratch);
      ASSERT_TRUE(s);
      worst_px = std::max({worst_px, std::abs(s->x_px - x), std::abs(s->y_px - y)});
    }
    RecordProperty("bias_px_" + std::to_string(fwhm_px), std::to_string(worst_px));
    EXPECT_LT(worst_px, limit_px) << fwhm_px;
  }
}

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/apertures.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "phot/neighbours.hpp"
#include "phot/overlap.hpp"

using namespace skyweft;
using phot::ApertureConfig;
using phot::measure_frame;

namespace {

Frame flat_frame(std::int64_t nx, std::int64_t ny, float level, float variance) {
  Frame frame;
  frame.signal_e = Grid<float>(nx, ny, level);
  frame.variance_e2 = Grid<float>(nx, ny, variance);
  frame.mask = Mask(nx, ny);
  return frame;
}

FramePhotometry measure(const Frame& frame, std::vector<double> x, std::vector<double> y,
                        const ApertureConfig& config = {}, double fwhm = 2.5) {
  const std::vector<float> mag(x.size(), 10.0F);
  return measure_frame(frame, {}, {}, x, y, mag, fwhm, config);
}

TEST(ApertureFlux, OfUniformDiscIsAreaTimesLevel) {
  Frame frame = flat_frame(60, 60, 100.0F, 4.0F);
  // 5 e/px more within 9 px of the star: all apertures see 5 π r², the annulus (10 to 17.5 px) sees
  // 100.
  for (std::int64_t iy = 0; iy < 60; ++iy)
    for (std::int64_t ix = 0; ix < 60; ++ix)
      if (std::hypot(static_cast<double>(ix) - 30.3, static_cast<double>(iy) - 29.8) < 9.0)
        frame.signal_e(ix, iy) = 105.0F;
  const ApertureConfig config;
  const auto out = measure(frame, {30.3}, {29.8}, config);
  EXPECT_EQ(out.points.quality[0], 0);
  EXPECT_FLOAT_EQ(out.points.bg_e[0], 100.0F);
  EXPECT_FLOAT_EQ(out.points.bg_err_e[0], 0.0F);
  for (std::size_t a = 0; a < config.radii_px.size(); ++a) {
    const double area = kPi * config.radii_px[a] * config.radii_px[a];
    // Floats round at 6e-8 relative.
    EXPECT_NEAR(out.points.flux_e[a], 5.0 * area, 1e-6 * 5.0 * area);
  }
}

TEST(ApertureFlux, EqualsThePlainDoubleLoop) {
  std::mt19937_64 random(11);
  std::normal_distribution<float> noise(0.0F, 20.0F);
  Frame frame = flat_frame(50, 40, 500.0F, 0.0F);
  for (std::size_t i = 0; i < 2000; ++i) {
    frame.signal_e.pixels()[i] += noise(random);
    frame.variance_e2.pixels()[i] = 400.0F + static_cast<float>(i % 7);
  }
  ApertureConfig config;
  config.radii_px = {6.0, 0.3, 1.0, 2.2, 4.7};
  const std::vector<double> xs{20.0, 24.5, 30.21, 8.77};
  const std::vector<double> ys{20.0, 18.5, 15.93, 25.13};
  const auto out = measure(frame, xs, ys, config);
  for (std::size_t s = 0; s < xs.size(); ++s)
    for (std::size_t a = 0; a < config.radii_px.size(); ++a) {
      double flux = 0.0;
      double variance = 0.0;
      double area = 0.0;
      for (std::int64_t iy = 0; iy < 40; ++iy)
        for (std::int64_t ix = 0; ix < 50; ++ix) {
          const double w = phot::circle_pixel_overlap(
              static_cast<double>(ix) - xs[s], static_cast<double>(iy) - ys[s], config.radii_px[a]);
          area += w;
          flux += w * static_cast<double>(frame.signal_e(ix, iy));
          variance += w * w * static_cast<double>(frame.variance_e2(ix, iy));
        }
      const double level = out.points.bg_e[s];
      const double level_error = out.points.bg_err_e[s];
      flux -= area * level;
      const double error = std::sqrt(variance + std::pow(area * level_error, 2) +
                                     std::pow(config.flat_error * flux, 2));
      // Sums of 5e4 e- in double; the result is rounded to float.
      EXPECT_NEAR(out.points.flux_e[s * 5 + a], flux, 1e-9 * 5e4 + 1e-7 * std::abs(flux));
      EXPECT_NEAR(out.points.flux_err_e[s * 5 + a], error, 2e-7 * error);
    }
}

TEST(ApertureFlux, ErrorEqualsScatter) {
  // 400 places on pure noise of 10 e-: the scatter of the flux must be the quoted error. The
  // scatter of 400 values is known to 1/√800 = 3.5 %; 4 of these: 14 %. Seed 5.
  std::mt19937_64 random(5);
  std::normal_distribution<float> noise(1000.0F, 10.0F);
  Frame frame = flat_frame(840, 840, 0.0F, 100.0F);
  for (float& v : frame.signal_e.pixels()) v = noise(random);
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(30.0 + 40.0 * (i % 20) + 0.01 * i);
    y.push_back(30.0 + 40.0 * (i / 20) + 0.013 * i);
  }
  const auto out = measure(frame, x, y);
  for (std::size_t a = 0; a < 6; ++a) {
    double pulls = 0.0;
    for (std::size_t s = 0; s < 400; ++s)
      pulls += std::pow(out.points.flux_e[s * 6 + a] / out.points.flux_err_e[s * 6 + a], 2);
    EXPECT_NEAR(std::sqrt(pulls / 400.0), 1.0, 0.14) << a;
  }
}

TEST(ApertureFlags, TellEachApertureApart) {
  Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  frame.mask(30 + 4, 30) = mask::hot;            // 3.5 px away: in the apertures of 4, 5, 6 px
  frame.mask(30, 60) = mask::oversaturated;      // in the core of the second star
  frame.mask(62, 60) = mask::cosmic;             // 1.5 px from the third
  frame.mask(60, 30 + 5) = mask::oversaturated;  // outside the core of the fourth
  const auto out = measure(frame, {30, 30, 60, 60, 3.0}, {30, 60, 60, 30, 40.0});
  const auto flux = [&](std::size_t s, std::size_t a) { return out.points.flux_e[s * 6 + a]; };
  EXPECT_EQ(out.points.quality[0], quality::bad_pixel);
  EXPECT_TRUE(std::isfinite(flux(0, 2)));
  EXPECT_TRUE(std::isnan(flux(0, 3)));
  EXPECT_EQ(out.points.quality[1], quality::saturated);
  EXPECT_TRUE(std::isfinite(flux(1, 5)));
  EXPECT_EQ(out.points.quality[2], quality::cosmic);
  EXPECT_TRUE(std::isnan(flux(2, 0)));
  EXPECT_EQ(out.points.quality[3], 0);
  EXPECT_EQ(out.points.quality[4], quality::edge);
  EXPECT_TRUE(std::isfinite(flux(4, 2)));  // 3 px < 3.5 px to the edge
  EXPECT_TRUE(std::isnan(flux(4, 3)));
}

TEST(ApertureFlags, CoverStarsWithoutPlaceAndOutside) {
  const Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  const auto out = measure(frame, {kNaN, -20.0, 1e300, -3.0}, {10.0, 10.0, 10.0, 10.0});
  EXPECT_EQ(out.points.quality[0], quality::not_measured);
  EXPECT_EQ(out.points.quality[1], quality::not_measured);
  EXPECT_EQ(out.points.quality[2], quality::not_measured);
  EXPECT_NE(out.points.quality[3] & quality::edge, 0);
  for (const float f : out.points.flux_e) EXPECT_TRUE(std::isnan(f));
}

TEST(ApertureFlags, ReportNeighbours) {
  const Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  const std::vector<double> x{20, 60, 62};
  const std::vector<double> y{20, 60, 60};
  const std::vector<float> mag{10.0F, 10.0F, 14.0F};
  const auto out = measure_frame(frame, {}, {}, x, y, mag, 2.5, {});
  EXPECT_EQ(out.points.quality[0], 0);
  EXPECT_EQ(out.points.quality[1], quality::neighbour_1pc);  // 4 mag fainter: 2.5 % at most
  EXPECT_EQ(out.points.quality[2], quality::neighbour_1pc | quality::neighbour_10pc);
}

TEST(ApertureBackground, FallsBackToTheMap) {
  Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  for (MaskBits& b : frame.mask.pixels()) b = mask::user;
  for (std::int64_t iy = 33; iy < 48; ++iy)
    for (std::int64_t ix = 33; ix < 48; ++ix) frame.mask(ix, iy) = 0;
  const Grid<float> level(80, 80, 90.0F);
  const Grid<float> rms(80, 80, 3.0F);
  const std::vector<double> at{40.0};
  const std::vector<float> mag{kNaNf};
  const auto out = measure_frame(frame, level, rms, at, at, mag, 2.5, {});
  EXPECT_EQ(out.points.quality[0], quality::background_unreliable);
  EXPECT_FLOAT_EQ(out.points.bg_e[0], 90.0F);
  EXPECT_NEAR(out.points.flux_e[0], 10.0 * kPi * 4.0, 1e-4);
}

TEST(NeighbourLight, OfAGaussianFollowsTheClosedForm) {
  // At the centre: 1 − exp(−R²/2σ²); a large circle holds everything.
  for (const double r : {0.5, 1.0, 3.0, 6.0})
    EXPECT_NEAR(phot::gaussian_in_circle(0, r, 1.2), 1.0 - std::exp(-r * r / 2.88), 1e-7);
  EXPECT_NEAR(phot::gaussian_in_circle(3, 30, 1.0), 1.0, 1e-7);
  // On the rim of a wide circle: half.
  EXPECT_NEAR(phot::gaussian_in_circle(1e3, 1e3, 1.0), 0.5, 5e-4);
}

TEST(ApertureConfig, RefusesWhatCannotBeMeasured) {
  const Frame frame = flat_frame(20, 20, 1.0F, 1.0F);
  ApertureConfig none;
  none.radii_px.clear();
  EXPECT_THROW(measure(frame, {10}, {10}, none), Error);
  ApertureConfig inverted;
  inverted.annulus_inner_px = 12;
  inverted.annulus_outer_px = 8;
  EXPECT_THROW(measure(frame, {10}, {10}, inverted), Error);
  EXPECT_THROW(measure(frame, {10}, {10}, {}, kNaN), Error);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/apertures.hpp"

#include <cmath>
#include <random>
#include <string>
#include <utility>

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

/// 2 e-/px more per column and 1 less per row about 500 e-, with unit noise.
Frame sloping_frame() {
  std::mt19937_64 random(9);
  std::normal_distribution<double> noise(0.0, 1.0);
  Frame frame = flat_frame(80, 80, 0.0F, 1.0F);
  for (std::int64_t iy = 0; iy < 80; ++iy)
    for (std::int64_t ix = 0; ix < 80; ++ix)
      frame.signal_e(ix, iy) = static_cast<float>(500.0 + 2.0 * static_cast<double>(ix - 40) -
                                                  static_cast<double>(iy - 40) + noise(random));
  return frame;
}

TEST(ApertureBackground, OfAPlaneIsItsLevelAtTheStar) {
  Frame frame = sloping_frame();
  // A bright star that nobody listed, and half of the annulus gone: only the plane sees 500.
  for (std::int64_t ix = 50; ix < 54; ++ix) frame.signal_e(ix, 44) = 1e4F;
  for (std::int64_t iy = 0; iy < 80; ++iy)
    for (std::int64_t ix = 44; ix < 49; ++ix) frame.mask(ix, iy) = mask::user;
  ApertureConfig config;
  config.radii_px = {2.0, 3.0};
  config.background = "plane";
  const auto out = measure(frame, {40.0}, {40.0}, config);
  EXPECT_EQ(out.points.quality[0], 0);
  // Unit noise in about 500 pixels; at the star the plane is known to about 1/√500 = 0.045.
  EXPECT_LT(out.points.bg_err_e[0], 0.06F);
  EXPECT_NEAR(out.points.bg_e[0], 500.0, 4.0 * out.points.bg_err_e[0]);
  for (std::size_t a = 0; a < 2; ++a)
    EXPECT_NEAR(out.points.flux_e[a], 0.0, 4.0 * out.points.flux_err_e[a]);
}

TEST(ApertureBackground, OfAPlaneTakesTheSlopeOutOfPixelsOnTheCircle) {
  // Without noise: what is left of a plane of 200 e-/px² is rounding alone. The sum of 7 px² times
  // 1e4 e- rounds at 1e-3 when the level is a float.
  Frame frame = flat_frame(80, 80, 0.0F, 1.0F);
  for (std::int64_t iy = 0; iy < 80; ++iy)
    for (std::int64_t ix = 0; ix < 80; ++ix)
      frame.signal_e(ix, iy) = static_cast<float>(10000 + 200 * (ix - 40) + 100 * (iy - 40));
  ApertureConfig config;
  config.radii_px = {1.5, 0.8};
  config.background = "plane";
  const auto out = measure(frame, {40.3}, {40.2}, config);
  EXPECT_NEAR(out.points.flux_e[0], 0.0, 0.01);
  EXPECT_NEAR(out.points.flux_e[1], 0.0, 0.01);
  config.background = "median";
  const auto level_only = measure(frame, {40.3}, {40.2}, config);
  EXPECT_GT(std::abs(level_only.points.flux_e[0]), 1.0);
}

TEST(ApertureBackground, OfTheMapTakesNoAnnulus) {
  const Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  const Grid<float> level(80, 80, 90.0F);
  const Grid<float> rms(80, 80, 3.0F);
  const std::vector<double> at{40.0};
  const std::vector<float> mag{kNaNf};
  ApertureConfig config;
  config.background = "map";
  phot::StarDetails details;
  auto out = measure_frame(frame, level, rms, at, at, mag, 2.5, config, {.details = &details});
  EXPECT_EQ(out.points.quality[0], 0);
  EXPECT_FLOAT_EQ(out.points.bg_e[0], 90.0F);
  EXPECT_EQ(details.n_background[0], 0);
  out = measure_frame(frame, {}, {}, at, at, mag, 2.5, config);
  EXPECT_EQ(out.points.quality[0], quality::background_unreliable);
  for (const float f : out.points.flux_e) EXPECT_TRUE(std::isnan(f));
}

TEST(ApertureBackground, ErrorsEqualScatter) {
  // 400 places on pure noise: the scatter of the level must be the quoted error in every mode. The
  // scatter of 400 values is known to 3.5 %; 4 of these and 1.5 % for the clipped tails: 16 %.
  std::mt19937_64 random(15);
  std::normal_distribution<float> noise(1000.0F, 10.0F);
  Frame frame = flat_frame(840, 840, 0.0F, 100.0F);
  frame.gain_e_per_adu = 0.01;
  for (float& v : frame.signal_e.pixels()) v = noise(random);
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(30.0 + 40.0 * (i % 20) + 0.01 * i);
    y.push_back(30.0 + 40.0 * (i / 20) + 0.013 * i);
  }
  for (const char* mode : {"median", "mode", "mean", "plane"}) {
    ApertureConfig config;
    config.background = mode;
    const auto out = measure(frame, x, y, config);
    double pulls = 0.0;
    for (std::size_t s = 0; s < 400; ++s)
      pulls += std::pow((out.points.bg_e[s] - 1000.0F) / out.points.bg_err_e[s], 2);
    EXPECT_NEAR(std::sqrt(pulls / 400.0), 1.0, 0.16) << mode;
  }
}

TEST(ApertureErrors, HoldTheOffsetAndTheParity) {
  // One pixel of the sky in three is 3 e- brighter, so that the level has an error; none is
  // clipped.
  Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  for (std::size_t i = 0; i < 6400; i += 3) frame.signal_e.pixels()[i] = 103.0F;
  ApertureConfig config;
  config.radii_px = {0.5};  // one pixel: k = π/4 about its centre
  config.flat_error = 0.0;
  config.background = "mean";
  const auto variance = [&] {
    const auto out = measure(frame, {41.0}, {40.0}, config);
    EXPECT_GT(out.points.bg_err_e[0], 0.01F);
    return std::pair{std::pow(static_cast<double>(out.points.flux_err_e[0]), 2),
                     std::pow(static_cast<double>(out.points.bg_err_e[0]), 2)};
  };
  const double k2 = kPi * kPi / 16.0;
  auto [plain, of_level] = variance();
  EXPECT_NEAR(plain, 4.0 * k2 + k2 * of_level, 1e-6 * plain);
  config.error_offset_e = 3.0;
  EXPECT_NEAR(variance().first, plain + 9.0, 1e-6 * (plain + 9.0));
  // Two pixels of π/8 each: together the level counts once, apart it counts half.
  config.error_offset_e = 0.0;
  const auto on_edge = [&] {
    const auto out = measure(frame, {41.5}, {40.0}, config);
    return std::pair{std::pow(static_cast<double>(out.points.flux_err_e[0]), 2),
                     std::pow(static_cast<double>(out.points.bg_err_e[0]), 2)};
  };
  auto [coherent, level_error2] = on_edge();
  EXPECT_NEAR(coherent, 2.0 * k2 + k2 * level_error2, 1e-6 * coherent);
  config.parity = true;
  EXPECT_NEAR(on_edge().first, 2.0 * k2 + 0.5 * k2 * level_error2, 1e-6 * coherent);
}

TEST(StarDetails, TellCoveragePeakAndPixels) {
  Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  frame.signal_e(40, 41) = 900.0F;
  frame.mask(43, 40) = mask::hot;  // wholly inside 6 px
  frame.signal_e(43, 40) = 5000.0F;
  const std::vector<double> x{40.0, 20.0, -0.5, kNaN};
  const std::vector<double> y{40.0, 20.0, 60.0, 10.0};
  const std::vector<float> mag(4, 10.0F);
  phot::StarDetails details;
  measure_frame(frame, {}, {}, x, y, mag, 2.5, {}, {.details = &details});
  // Floats round at 6e-8.
  EXPECT_NEAR(details.coverage[0], 1.0 - 1.0 / (kPi * 36.0), 1e-6);
  EXPECT_EQ(details.coverage[1], 1.0F);
  EXPECT_NEAR(details.coverage[2], 0.5, 1e-6);  // its centre is on the frame's edge
  EXPECT_TRUE(std::isnan(details.coverage[3]));
  EXPECT_FLOAT_EQ(details.peak_e[0], 800.0F);
  EXPECT_FLOAT_EQ(details.peak_e[1], 0.0F);
  // Pixel centres within 10 < r <= 17.5 px of a pixel's centre: 973 − 317 (Gauss's circle problem).
  EXPECT_EQ(details.n_background[1], 973 - 317);
  EXPECT_NEAR(details.neighbour_light[0], 0.0F, 1e-6F);
}

/// Replaces all sums.
class Doubled : public phot::SumSource {
 public:
  QualityBits refine(std::size_t i_star, double x_px, double, const phot::LocalBackground& sky,
                     std::span<phot::ApertureSum> sums) override {
    EXPECT_EQ(x_px, i_star == 0 ? 30.0 : 50.0);
    EXPECT_NEAR(sky.level_e, 100.0, 1e-9);
    for (auto& s : sums) s.signal *= 2.0;
    return i_star == 1 ? quality::psf_unreliable : 0;
  }
};

TEST(MeasureFrame, TakesSumsAndRadiiFromElsewhere) {
  const Frame frame = flat_frame(80, 80, 100.0F, 4.0F);
  Doubled source;
  const std::vector<double> x{30.0, 50.0};
  const std::vector<float> mag(2, kNaNf);
  const auto out = measure_frame(frame, {}, {}, x, x, mag, 2.5, {},
                                 {.radii_px = {2.0}, .sums = &source, .details = nullptr});
  EXPECT_EQ(out.n_ap, 1);
  EXPECT_NEAR(out.points.flux_e[0], 100.0 * kPi * 4.0, 1e-3);
  EXPECT_EQ(out.points.quality[0], 0);
  EXPECT_EQ(out.points.quality[1], quality::psf_unreliable);
}

TEST(BadStars, NeverStopAndAreNeverWrongWithoutAFlag) {
  // Noise without light: a flux is right when it is within 6 errors of nothing.
  std::mt19937_64 random(21);
  std::normal_distribution<float> noise(1000.0F, 10.0F);
  Frame frame = flat_frame(60, 60, 0.0F, 100.0F);
  for (float& v : frame.signal_e.pixels()) v = noise(random);
  for (std::int64_t iy = 0; iy < 60; ++iy)
    for (std::int64_t ix = 30; ix < 33; ++ix) {
      frame.mask(ix, iy) = mask::fault;  // dead columns
      frame.signal_e(ix, iy) = 0.0F;
    }
  frame.mask(15, 45) = mask::oversaturated;
  frame.signal_e(15, 45) = 6e4F;
  const double inf = INFINITY;
  const std::vector<double> x{-0.5, 59.5, 15, 31, 45, 46, kNaN, inf, 20, -inf, -100, 1e300};
  const std::vector<double> y{20, 59.5, 45, 20, 15, 15, 20, 20, inf, 20, 20, 1e300};
  const std::vector<float> mag(x.size(), 10.0F);
  for (const char* mode : {"median", "mode", "mean", "plane", "map"})
    for (const double largest : {5.0, 40.0, 3000.0})
      for (const std::int64_t least : {50, 100000}) {
        ApertureConfig config;
        config.radii_px = {1.5, largest};
        config.background = mode;
        config.min_background_pixels = least;
        phot::StarDetails details;
        const auto out =
            measure_frame(frame, {}, {}, x, y, mag, 2.5, config, {.details = &details});
        for (std::size_t s = 0; s < x.size(); ++s) {
          const QualityBits bits = out.points.quality[s];
          for (std::size_t a = 0; a < 2; ++a) {
            const float flux = out.points.flux_e[s * 2 + a];
            const float error = out.points.flux_err_e[s * 2 + a];
            EXPECT_EQ(std::isnan(flux), std::isnan(error));
            EXPECT_TRUE(std::isnan(flux) || std::isfinite(flux));
            EXPECT_TRUE(!std::isnan(flux) || bits != 0) << s;
            EXPECT_TRUE(bits != 0 || std::abs(flux) < 6.0F * error) << s;
          }
        }
        // Bits that each of them must have whatever the background.
        if (largest == 5.0) {
          EXPECT_NE(out.points.quality[0] & quality::edge, 0);
          EXPECT_NE(out.points.quality[1] & quality::edge, 0);
          EXPECT_NE(out.points.quality[2] & quality::saturated, 0);
          EXPECT_NE(out.points.quality[3] & quality::bad_pixel, 0);
          EXPECT_NE(out.points.quality[4] & quality::neighbour_10pc, 0);
          EXPECT_NE(out.points.quality[5] & quality::neighbour_10pc, 0);
          EXPECT_LT(details.coverage[0], 0.51F);
          EXPECT_LT(details.coverage[1], 0.26F);
        } else {
          // Larger than the frame: cut for every star that is measured.
          for (std::size_t s = 0; s < x.size(); ++s)
            EXPECT_NE(out.points.quality[s] & (quality::edge | quality::not_measured), 0) << s;
        }
        for (const std::size_t s : {6U, 7U, 8U, 9U, 11U})
          EXPECT_EQ(out.points.quality[s], quality::not_measured) << s;
        // No map: without enough pixels there is no level, hence no flux.
        if (least == 100000 || std::string{mode} == "map") {
          for (const float f : out.points.flux_e) EXPECT_TRUE(std::isnan(f));
        }
      }
}

TEST(ApertureRadii, ComeInPixelsArcsecondsOrWidths) {
  ApertureConfig config;
  EXPECT_EQ(phot::radii_for(config, kNaN, kNaN, kNaN), config.radii_px);
  config.radii_arcsec = {3.0, 6.0};
  EXPECT_EQ(phot::radii_for(config, 1.5, kNaN, kNaN), (std::vector{2.0, 4.0}));
  EXPECT_THROW(phot::radii_for(config, kNaN, 2.0, 2.0), Error);
  config.radii_fwhm = {1.0};
  EXPECT_THROW(phot::radii_for(config, 1.5, 2.0, 2.0), Error);
  config.radii_arcsec.clear();
  config.radii_fwhm = {1.0, 2.5};
  EXPECT_EQ(phot::radii_for(config, kNaN, 2.0, 4.0), (std::vector{2.0, 5.0}));
  config.fwhm_of = "frame";
  EXPECT_EQ(phot::radii_for(config, kNaN, 2.0, 4.0), (std::vector{4.0, 10.0}));
  EXPECT_THROW(phot::radii_for(config, 1.0, 2.0, kNaN), Error);
  EXPECT_THROW(phot::radii_for(config, 1.0, 2.0, -1.0), Error);
  EXPECT_THROW(phot::radii_for(config, 1.0, 2.0, 1e5), Error);
  try {
    phot::radii_for(config, 1.0, 2.0, 0.0);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    ASSERT_TRUE(e.test().has_value());
    EXPECT_EQ(e.test()->name, "fwhm_px");
  }
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

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/apertures.hpp"

#include <array>
#include <random>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/phot_aperture_twin.hpp"

using namespace skyweft;

namespace {

constexpr double kFwhm = 2.2;
constexpr std::uint64_t kSeed = 20270301;

/// Noise, stars, a slope, and pixels of every kind that a mask can tell.
Frame crowded_frame(std::mt19937_64& random, std::span<const double> x, std::span<const double> y) {
  Frame frame;
  frame.signal_e = Grid<float>(67, 58);
  frame.variance_e2 = Grid<float>(67, 58);
  frame.mask = Mask(67, 58);
  frame.gain_e_per_adu = 1.7;
  std::normal_distribution<double> noise(0.0, 12.0);
  std::uniform_real_distribution<double> chance(0.0, 1.0);
  constexpr std::array kBits{mask::hot,          mask::cosmic, mask::oversaturated, mask::leaked,
                             mask::interpolated, mask::user,   mask::suspect};
  for (std::int64_t iy = 0; iy < frame.ny(); ++iy)
    for (std::int64_t ix = 0; ix < frame.nx(); ++ix) {
      double value = 300.0 + 0.8 * static_cast<double>(ix) - 0.5 * static_cast<double>(iy);
      for (std::size_t s = 0; s < x.size(); ++s) {
        const double r = std::hypot(static_cast<double>(ix) - x[s], static_cast<double>(iy) - y[s]);
        value += 4000.0 * std::exp(-0.5 * r * r);
      }
      frame.signal_e(ix, iy) = static_cast<float>(value + noise(random));
      frame.variance_e2(ix, iy) = static_cast<float>(144.0 + 10.0 * chance(random));
      if (chance(random) < 0.006) frame.mask(ix, iy) = kBits[random() % kBits.size()];
      if (chance(random) < 0.001) frame.signal_e(ix, iy) = kNaNf;
      if (chance(random) < 0.001) frame.variance_e2(ix, iy) = INFINITY;
    }
  // One star is saturated, if it is in the frame at all.
  const auto ix = std::llround(x[0]);
  const auto iy = std::llround(y[0]);
  if (frame.mask.contains(ix, iy)) frame.mask(ix, iy) = mask::oversaturated;
  return frame;
}

class Modes : public testing::TestWithParam<const char*> {};

TEST_P(Modes, EqualTheSlowTwin) {
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> anywhere(-4.0, 70.0);
  std::size_t n_finite = 0;
  QualityBits seen = 0;
  for (int trial = 0; trial < 12; ++trial) {
    std::vector<double> x(7);
    std::vector<double> y(7);
    for (double& v : x) v = anywhere(random);
    for (double& v : y) v = anywhere(random) * 58.0 / 67.0;
    const Frame frame = crowded_frame(random, x, y);
    const Grid<float> level(67, 58, 310.0F);
    const Grid<float> rms(67, 58, 11.0F);
    phot::ApertureConfig config;
    config.radii_px = {6.0, 0.4, 1.0, 1.42, 3.3, 2.0};
    config.background = GetParam();
    config.parity = trial % 2 == 1;
    config.error_offset_e = trial % 3;
    // Some stars of a crowded frame fall back to the map.
    config.min_background_pixels = trial % 4 == 3 ? 500 : 50;
    phot::StarDetails details;
    const std::vector<float> mag(7, kNaNf);
    const auto out =
        phot::measure_frame(frame, level, rms, x, y, mag, kFwhm, config, {.details = &details});
    for (std::size_t s = 0; s < 7; ++s) {
      if ((out.points.quality[s] & quality::not_measured) != 0) continue;
      const auto twin = support::measure_star(frame, level, rms, x, y, s, kFwhm, config);
      SCOPED_TRACE(testing::Message() << "seed " << kSeed << " trial " << trial << " star " << s);
      EXPECT_EQ(out.points.quality[s], twin.quality);
      seen |= twin.quality;
      // Stored as floats: 6e-8 relative; the planes' least squares agree to 1e-9.
      EXPECT_NEAR(out.points.bg_e[s], twin.level_e, 1e-7 * twin.level_e);
      EXPECT_NEAR(out.points.bg_err_e[s], twin.level_error_e, 1e-6 * twin.level_error_e);
      EXPECT_EQ(details.n_background[s], twin.n_background);
      EXPECT_NEAR(details.coverage[s], twin.coverage, 1e-6);
      if (std::isfinite(twin.peak_e))
        EXPECT_NEAR(details.peak_e[s], twin.peak_e - twin.level_e, 1e-6 * twin.peak_e);
      else
        EXPECT_TRUE(std::isnan(details.peak_e[s]));
      for (std::size_t a = 0; a < 6; ++a) {
        const double flux = out.points.flux_e[s * 6 + a];
        const double error = out.points.flux_err_e[s * 6 + a];
        ASSERT_EQ(std::isfinite(flux), std::isfinite(twin.flux_e[a])) << a;
        ASSERT_EQ(std::isfinite(error), std::isfinite(flux)) << a;
        if (!std::isfinite(flux)) continue;
        ++n_finite;
        // The float of the level may fall to either side: one step of it over the area.
        const double step = 6e-8 * twin.level_e * twin.area_px[a];
        EXPECT_NEAR(flux, twin.flux_e[a], 2.0 * step + 1e-7 * std::abs(flux)) << a;
        EXPECT_NEAR(error, twin.flux_err_e[a], 1e-6 * twin.flux_err_e[a]) << a;
      }
    }
  }
  EXPECT_GT(n_finite, 100U);
  for (const QualityBits bit : {quality::edge, quality::bad_pixel, quality::saturated,
                                quality::interpolated, quality::bleed})
    EXPECT_NE(seen & bit, 0) << quality_names(bit);
}

INSTANTIATE_TEST_SUITE_P(Background, Modes,
                         testing::Values("median", "mode", "mean", "plane", "map"));

TEST(AreaSums, OfTheTableEqualThoseByRows) {
  std::mt19937_64 random(kSeed);
  Frame frame;
  frame.signal_e = Grid<float>(300, 280);
  frame.variance_e2 = Grid<float>(300, 280);
  frame.mask = Mask(300, 280);
  std::uniform_real_distribution<float> value(0.0F, 100.0F);
  for (float& v : frame.signal_e.pixels()) v = value(random);
  for (float& v : frame.variance_e2.pixels()) v = value(random);
  std::uniform_real_distribution<double> place(120.0, 160.0);
  for (const std::vector<double>& radii :
       {std::vector{1.42, 1.5, 2.0, 4.7, 6.0, 12.0}, std::vector{12.5, 20.0, 32.0, 100.0}}) {
    phot::AreaSums sums(frame, radii, true);
    std::vector<phot::ApertureSum> table(radii.size());
    std::vector<phot::ApertureSum> rows(radii.size());
    for (int i = 0; i < 300; ++i) {
      double x = place(random);
      double y = place(random);
      // On pixel centres and edges too, where cells of the table meet.
      if (i % 10 == 0) x = std::round(x);
      if (i % 10 == 1) y = std::round(y) + 0.5;
      if (i % 10 == 2) x = std::round(8.0 * x) / 8.0;
      sums.at(x, y, true, table);
      sums.at(x, y, false, rows);
      for (std::size_t a = 0; a < radii.size(); ++a) {
        // Each of 8 r cut pixels rounds at 1e-14 px² at most; whole rows at 1e-16 of their sum.
        const double r = radii[a];
        const double tolerance = 1e-13 * (1.0 + r) * (1.0 + r);
        EXPECT_NEAR(table[a].area, kPi * r * r, tolerance);
        EXPECT_NEAR(table[a].area, rows[a].area, tolerance);
        EXPECT_NEAR(table[a].signal, rows[a].signal, 100.0 * tolerance);
        EXPECT_NEAR(table[a].variance, rows[a].variance, 100.0 * tolerance);
        EXPECT_NEAR(table[a].square, rows[a].square, tolerance);
        EXPECT_NEAR(table[a].moment_x, rows[a].moment_x, r * tolerance);
        EXPECT_NEAR(table[a].moment_y, rows[a].moment_y, r * tolerance);
        // A pixel that the circle only grazes has an area of rounding or none.
        EXPECT_NEAR(table[a].n_pixel, rows[a].n_pixel, i % 10 < 3 ? 4.0 : 0.0);
      }
    }
  }
}

TEST(MeasureFrame, DoesNotDependOnTheOrderOfTheStars) {
  std::mt19937_64 random(kSeed);
  std::uniform_real_distribution<double> anywhere(0.0, 58.0);
  std::vector<double> x(40);
  std::vector<double> y(40);
  for (double& v : x) v = anywhere(random);
  for (double& v : y) v = anywhere(random);
  const Frame frame = crowded_frame(random, x, y);
  const std::vector<float> mag(40, 12.0F);
  const auto out = phot::measure_frame(frame, {}, {}, x, y, mag, kFwhm, {});
  std::vector<double> back_x(x.rbegin(), x.rend());
  std::vector<double> back_y(y.rbegin(), y.rend());
  const auto back = phot::measure_frame(frame, {}, {}, back_x, back_y, mag, kFwhm, {});
  for (std::size_t s = 0; s < 40; ++s) {
    EXPECT_EQ(out.points.quality[s], back.points.quality[39 - s]);
    for (std::size_t a = 0; a < 6; ++a) {
      const float here = out.points.flux_e[s * 6 + a];
      const float there = back.points.flux_e[(39 - s) * 6 + a];
      EXPECT_TRUE(here == there || (std::isnan(here) && std::isnan(there)));
    }
  }
}

}  // namespace

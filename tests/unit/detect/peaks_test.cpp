// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/peaks.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/detect_stars.hpp"

using namespace skyweft;
using detect::find_peaks;
using support::add_star;

namespace {

/// No noise, variance 4 (noise of 2 e- a pixel), sky 0.
Frame flat_frame(std::int64_t nx, std::int64_t ny) {
  Frame f = support::sky_frame(nx, ny, 0.0, 0.0, 1);
  for (float& v : f.variance_e2.pixels()) v = 4.0f;
  return f;
}

detect::Background no_sky(const Frame& f, float rms_e = 2.0f) {
  return {.level_e = Grid<float>(f.nx(), f.ny()), .rms_e = Grid<float>(f.nx(), f.ny(), rms_e)};
}

}  // namespace

// A star a K on a pixel, K the filter itself: a/σ √(Σ K²), with Σ K² = Σ exp(−r²/s²) = π s² but for
// the cut at 3 s (1e-6) and pixels (s = 1.5: 2 exp(−π² s²) = 5e-10).
TEST(FindPeaks, GiveTheSnrOfAStarOfTheFiltersWidth) {
  Frame f = flat_frame(40, 30);
  const double s = 1.5, fwhm_px = 2.3548 * s, peak_e = 60.0;
  add_star(f, 17.0, 12.0, peak_e * 2.0 * 3.14159265358979 * s * s, fwhm_px);
  const auto peaks = find_peaks(f, no_sky(f), {.fwhm_px = fwhm_px});
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_NEAR(peaks[0].snr, peak_e / 2.0 * std::sqrt(3.14159265358979) * s, 2e-3);
  EXPECT_NEAR(peaks[0].x_px, 17.0, 1e-5);
  EXPECT_NEAR(peaks[0].y_px, 12.0, 1e-5);
  const auto half = find_peaks(f, no_sky(f), {.fwhm_px = fwhm_px, .noise_scale = 2.0});
  ASSERT_EQ(half.size(), 1u);
  EXPECT_FLOAT_EQ(half[0].snr, 0.5f * peaks[0].snr);
}

// The parabola through a Gaussian of width √2 s, off by d: the top is wrong by about d³/(4 s²)…;
// at d = 0.4, s = 1.5 below 0.01.
TEST(FindPeaks, LieBetweenPixels) {
  Frame f = flat_frame(40, 30);
  add_star(f, 17.4, 11.7, 1000.0, 3.5);
  const auto peaks = find_peaks(f, no_sky(f), {.fwhm_px = 3.5});
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_NEAR(peaks[0].x_px, 17.4, 0.02);
  EXPECT_NEAR(peaks[0].y_px, 11.7, 0.02);
}

// One bright pixel h: S/N = h/σ K/√(Σ K²) = 100/2 / √(π s²) = 50/1.88 = 26.6 on it, K(1) = 0.64 and
// K(√2) = 0.41 of that around it: all 9 pixels are above 10, 5 are above 15.
TEST(FindPeaks, NeedTheirPixelsAboveTheThreshold) {
  Frame f = flat_frame(30, 30);
  f.signal_e(10, 12) = 100.0f;
  const auto count = [&](double threshold, int pixels) {
    return find_peaks(f, no_sky(f), {.threshold_sigma = threshold, .min_pixels = pixels}).size();
  };
  EXPECT_EQ(count(10.0, 9), 1u);
  EXPECT_EQ(count(15.0, 5), 1u);
  EXPECT_EQ(count(15.0, 6), 0u);
  EXPECT_EQ(count(20.0, 1), 1u);
  EXPECT_EQ(count(27.0, 1), 0u);
}

TEST(FindPeaks, OfTwoEqualPixelsIsTheLast) {
  Frame f = flat_frame(30, 30);
  f.signal_e(10, 12) = f.signal_e(11, 12) = 100.0f;  // symmetric: equal S/N, a top between them
  const auto peaks = find_peaks(f, no_sky(f), {});
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_NEAR(peaks[0].x_px, 10.5, 1e-6);
}

TEST(FindPeaks, IgnoreBadPixelsAndMaskedColumns) {
  Frame f = flat_frame(60, 40);
  add_star(f, 20.0, 20.0, 600.0, 2.5);
  for (std::int64_t y = 0; y < 40; ++y) f.mask(40, y) = mask::fault, f.signal_e(40, y) = 1e5f;
  f.signal_e(50, 10) = std::numeric_limits<float>::quiet_NaN();
  f.signal_e(50, 20) = std::numeric_limits<float>::infinity();
  f.signal_e(50, 30) = 1e4f, f.variance_e2(50, 30) = 0.0f;
  f.signal_e(21, 20) = 1e4f, f.mask(21, 20) = mask::cosmic;  // in the star
  const auto peaks = find_peaks(f, no_sky(f), {});
  ASSERT_EQ(peaks.size(), 1u);
  EXPECT_NEAR(peaks[0].x_px, 20.0, 0.5);
  EXPECT_NEAR(peaks[0].y_px, 20.0, 0.5);
}

TEST(FindPeaks, KeepOffTheEdge) {
  Frame f = flat_frame(40, 40);
  add_star(f, 3.0, 20.0, 600.0, 2.5);
  EXPECT_EQ(find_peaks(f, no_sky(f), {.edge_px = 3}).size(), 1u);
  EXPECT_EQ(find_peaks(f, no_sky(f), {.edge_px = 4}).size(), 0u);
  add_star(f, 1.0, 5.0, 600.0, 2.5);
  EXPECT_EQ(find_peaks(f, no_sky(f), {.edge_px = 0}).size(), 2u);  // as good as 1
}

TEST(FindPeaks, OfFramesWithoutRoomOrLightAreNone) {
  for (const std::int64_t n : {1, 2, 3, 5}) {
    Frame f = flat_frame(n, n);
    f.signal_e(n / 2, n / 2) = 100.0f;
    EXPECT_EQ(find_peaks(f, no_sky(f), {.edge_px = 1}).size(), n >= 3 ? 1u : 0u) << n;
    EXPECT_EQ(find_peaks(f, no_sky(f), {.edge_px = 1}, {5, 5, 5, 9}).size(), 0u);
  }
  Frame f = flat_frame(50, 50);
  add_star(f, 25.0, 25.0, 600.0, 2.5);
  for (MaskBits& m : f.mask.pixels()) m = mask::no_data;
  EXPECT_EQ(find_peaks(f, no_sky(f), {}).size(), 0u);
  EXPECT_EQ(find_peaks(Frame{}, detect::Background{}, {}).size(), 0u);
}

// Light spread evenly over a circle of 6 px radius, as by a telescope out of focus: a filter as
// wide as the donut sees one star, brighter than any piece of it that a narrow filter sees.
TEST(FindPeaks, OfADonutAreOneThroughAFilterOfItsWidth) {
  Frame f = flat_frame(80, 80);
  for (int i = 0; i < 360; ++i)
    add_star(f, 40.3 + 6.0 * std::cos(i * 3.14159265358979 / 180.0),
             39.8 + 6.0 * std::sin(i * 3.14159265358979 / 180.0), 10.0 + i % 90, 2.5);
  const auto narrow = find_peaks(f, no_sky(f), {.fwhm_px = 2.5});
  const auto wide = find_peaks(f, no_sky(f), {.fwhm_px = 12.0});
  EXPECT_GT(narrow.size(), 1u);
  ASSERT_EQ(wide.size(), 1u);
  EXPECT_NEAR(wide[0].x_px, 40.3, 1.0);
  EXPECT_NEAR(wide[0].y_px, 39.8, 1.0);
  for (const auto& p : narrow) EXPECT_GT(wide[0].snr, p.snr);
}

TEST(NoiseScale, IsTheMedianOfScatterOverVariance) {
  Frame f = flat_frame(200, 150);
  EXPECT_DOUBLE_EQ(detect::noise_scale_of(f, no_sky(f, 2.0f)), 1.0);
  EXPECT_DOUBLE_EQ(detect::noise_scale_of(f, no_sky(f, 3.0f)), 1.5);
  EXPECT_DOUBLE_EQ(detect::noise_scale_of(f, no_sky(f, 1.0f)), 1.0);  // never below 1
  for (std::int64_t y = 0; y < 150; ++y) f.mask(0, y) = mask::fault;
  for (std::int64_t y = 0; y < 60; ++y)
    for (std::int64_t x = 0; x < 200; ++x) f.variance_e2(x, y) = 1.0f;
  EXPECT_DOUBLE_EQ(detect::noise_scale_of(f, no_sky(f, 3.0f)), 1.5);  // 40 % of it differ
  for (MaskBits& m : f.mask.pixels()) m = mask::no_data;
  EXPECT_DOUBLE_EQ(detect::noise_scale_of(f, no_sky(f, 3.0f)), 1.0);
}

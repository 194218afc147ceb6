// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "detect/blend_tree.hpp"
#include "detect/detect.hpp"
#include "detect/frame_shape.hpp"
#include "detect/plateaus.hpp"
#include "detect/selection.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;
using support::add_star;
using support::flat_background;
using support::flux_of_snr;
using support::sky_frame;

namespace {
constexpr double kNoise_e = 10.0;

Frame sky(std::int64_t side) {
  return sky_frame(side, side, 200.0, kNoise_e, 17);
}

detect::Detection run(const Frame& f, const detect::DetectConfig& c = {}) {
  return detect::detect_sources(f, flat_background(f, 200.0, kNoise_e), c);
}

/// The index of the source within `radius_px` of a place, -1 for none.
int at(const SourceList& s, double x, double y, double radius_px) {
  for (std::size_t i = 0; i < s.x_px.size(); ++i)
    if (std::hypot(s.x_px[i] - x, s.y_px[i] - y) < radius_px) return static_cast<int>(i);
  return -1;
}

/// A line of light of Gaussian profile from (x0, y0) to (x1, y1), `flux_e` in all.
void add_line(Frame& f, double x0, double y0, double x1, double y1, double flux_e, double fwhm_px) {
  const int n = std::max(1, static_cast<int>(2.0 * std::hypot(x1 - x0, y1 - y0)));
  for (int i = 0; i <= n; ++i) {
    const double t = static_cast<double>(i) / n;
    add_star(f, x0 + t * (x1 - x0), y0 + t * (y1 - y0), flux_e / (n + 1), fwhm_px);
  }
}

/// A defocused star: a ring of `radius_px`, a bit brighter on one side.
void add_ring(Frame& f, double x, double y, double flux_e, double radius_px) {
  for (int i = 0; i < 120; ++i) {
    const double a = 2.0 * kPi * i / 120;
    add_star(f, x + radius_px * std::cos(a), y + radius_px * std::sin(a),
             flux_e / 120 * (1.0 + 0.2 * std::cos(a)), 3.0);
  }
}
}  // namespace

// Each ring is one source. A ring brighter by 1 ± 0.2 cos has its mean at 0.1 radius = 0.8 px; the
// window, no wider than the ring, gives the nearer side at most twice its share.
TEST(DetectSources, ListDefocusedStarsOnceNearTheirCentres) {
  Frame f = sky(500);
  for (int i = 0; i < 25; ++i)
    add_ring(f, 50 + 100 * (i % 5) + 0.3 * i, 50 + 100 * (i / 5), 2e5, 8.0);
  const auto d = run(f);
  EXPECT_EQ(d.sources.size(), 25);
  EXPECT_GT(d.fwhm_px, 10.0);
  for (int i = 0; i < 25; ++i)
    EXPECT_GE(at(d.sources, 50 + 100 * (i % 5) + 0.3 * i, 50 + 100 * (i / 5), 1.7), 0) << i;
}

TEST(DetectSources, KeepTrailedFramesAlive) {
  Frame f = sky(640);
  for (int i = 0; i < 64; ++i) {
    const double x = 40 + 80 * (i % 8) + 0.4 * (i % 5), y = 40 + 80 * (i / 8);
    add_line(f, x - 6.0, y - 3.0, x + 6.0, y + 3.0, 4e4, 2.5);
  }
  const auto d = run(f);
  EXPECT_EQ(d.sources.size(), 64);
  EXPECT_GT(d.elongation, 2.0);
  for (int i = 0; i < 64; ++i) {
    const int k = at(d.sources, 40 + 80 * (i % 8) + 0.4 * (i % 5), 40 + 80 * (i / 8), 1.0);
    ASSERT_GE(k, 0) << i;
    EXPECT_EQ(d.sources.flags[static_cast<std::size_t>(k)] & source_flag::elongated, 0);
  }
}

TEST(DetectSources, DropSatelliteStreaksAndKeepTheStarsBesideThem) {
  Frame f = sky(640);
  std::vector<std::array<double, 2>> stars;
  for (int i = 0; i < 64; ++i) {
    const double x = 40 + 80 * (i % 8), y = 40 + 80 * (i / 8);
    if (std::abs(y - (70.0 + 0.7 * x)) < 25.0) continue;  // clear of the streak
    stars.push_back({x, y});
    add_star(f, x, y, flux_of_snr(60.0, 2.5, kNoise_e), 2.5);
  }
  add_line(f, -20.0, 56.0, 660.0, 532.0, 8e5, 2.5);
  const auto with = run(f, {.deblend = "peaks", .reject_streaks = false});
  EXPECT_GT(with.sources.size(), static_cast<std::int64_t>(stars.size()) + 20);
  const auto d = run(f);
  for (const auto& s : stars) EXPECT_GE(at(d.sources, s[0], s[1], 0.5), 0) << s[0] << ' ' << s[1];
  // A few pieces may stay where noise turns their axes.
  EXPECT_LE(d.sources.size(), static_cast<std::int64_t>(stars.size()) + 5);
}

TEST(DetectSources, FlagEdgesBadPixelsBlendsAndLongOnes) {
  Frame f = sky(400);
  for (int i = 0; i < 25; ++i)
    add_star(f, 60 + 70 * (i % 5), 60 + 70 * (i / 5), flux_of_snr(80.0, 3.0, kNoise_e), 3.0);
  add_star(f, 2.2, 200.0, flux_of_snr(80.0, 3.0, kNoise_e), 3.0);
  add_star(f, 65.0, 60.0, flux_of_snr(80.0, 3.0, kNoise_e), 3.0);  // 5 px from the first
  add_line(f, 93.5, 100.0, 102.5, 100.0, flux_of_snr(160.0, 3.0, kNoise_e), 3.0);
  f.mask(131, 60) = mask::hot;  // 1 px from the second
  const auto d = run(f);
  const auto flags = [&](double x, double y) {
    const int k = at(d.sources, x, y, 1.0);
    EXPECT_GE(k, 0) << x << ' ' << y;
    return k < 0 ? SourceBits{0} : d.sources.flags[static_cast<std::size_t>(k)];
  };
  EXPECT_EQ(flags(200, 200), 0);
  EXPECT_EQ(flags(130, 60), source_flag::bad_pixel);
  EXPECT_EQ(flags(60, 60), source_flag::blended);
  EXPECT_EQ(flags(65, 60), source_flag::blended);
  EXPECT_NE(flags(98, 100) & source_flag::elongated, 0);
  EXPECT_NE(flags(2.2, 200) & source_flag::edge, 0);
}

// The quoted errors are those of the pixels: 2 FWHM of aperture is π·36 px of noise 10 (edge pixels
// count with the square of their share, πr/3 px less), so 97 % of the root of the area.
TEST(DetectSources, QuoteErrorsOfFluxAndAllColumns) {
  Frame f = sky(200);
  for (int i = 0; i < 9; ++i)
    add_star(f, 40 + 60 * (i % 3), 40 + 60 * (i / 3), flux_of_snr(60.0, 3.0, kNoise_e), 3.0);
  const auto d = run(f);
  ASSERT_EQ(d.sources.size(), 9);
  const double sum_e = std::sqrt(kPi * 4.0 * d.fwhm_px * d.fwhm_px) * kNoise_e;
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_LT(d.sources.flux_err_e[i], 1.01 * sum_e);
    EXPECT_GT(d.sources.flux_err_e[i], 0.96 * sum_e);
    EXPECT_NEAR(d.sources.shape_s[i], std::pow(2.35482 / 3.0, 2), 0.2 * 0.616);  // 4 sigma of 2/60
    EXPECT_EQ(d.sources.flags[i], 0);
  }
}

// Two equal stars 1.6 FWHM apart stand 3 sigma above the saddle between them and are two; one
// long smear whose top ripples by noise is one.
TEST(SeparateTops, TellsTwoStarsFromRipplesOnOne) {
  const auto image_of = [](double apart, double ripple) {
    Grid<float> image(41, 21, 0.0f);
    for (std::int64_t y = 0; y < 21; ++y)
      for (std::int64_t x = 0; x < 41; ++x) {
        const double dy2 = std::pow(static_cast<double>(y) - 10.0, 2);
        const auto bump = [&](double at) {
          return 100.0 * std::exp(-(std::pow(static_cast<double>(x) - at, 2) + dy2) / 8.0);
        };
        image(x, y) = static_cast<float>(bump(20 - apart / 2) + bump(20 + apart / 2) +
                                         (x == 17 && y == 10 ? ripple : 0.0));
      }
    return image;
  };
  const detect::BlendRule rule{.lowest = 2.0};
  const std::vector<detect::BlendTop> two{{16, 10, 1.0}, {24, 10, 1.0}};
  EXPECT_EQ(detect::separate_tops(image_of(8.0, 0.0), two, rule),
            (std::vector<std::uint8_t>{1, 1}));
  auto one = rule;
  one.one_per_island = true;
  EXPECT_EQ(detect::separate_tops(image_of(8.0, 0.0), two, one), (std::vector<std::uint8_t>{1, 0}));
  const std::vector<detect::BlendTop> ripple{{17, 10, 1.0}, {22, 10, 1.0}};
  const auto stays = detect::separate_tops(image_of(4.0, 2.0), ripple, rule);
  EXPECT_EQ(stays[0] + stays[1], 1);
}

TEST(SeparateTops, NeedsItsShareOfTheLight) {
  Grid<float> image(31, 11, 0.0f);
  for (std::int64_t y = 0; y < 11; ++y)
    for (std::int64_t x = 0; x < 31; ++x) {
      const double dy2 = std::pow(static_cast<double>(y) - 5.0, 2);
      image(x, y) = static_cast<float>(
          1e4 * std::exp(-(std::pow(static_cast<double>(x) - 10.0, 2) + dy2) / 8.0) +
          100.0 * std::exp(-(std::pow(static_cast<double>(x) - 20.0, 2) + dy2) / 2.0));
    }
  const std::vector<detect::BlendTop> tops{{10, 5, 1.0}, {20, 5, 1.0}};
  // 100·2π·1 of 1e4·2π·4 is 0.0025 of the light, less the part below the saddle.
  EXPECT_EQ(detect::separate_tops(image, tops, {.lowest = 1.0, .contrast = 0.005}),
            (std::vector<std::uint8_t>{1, 0}));
  EXPECT_EQ(detect::separate_tops(image, tops, {.lowest = 1.0, .contrast = 0.0005}),
            (std::vector<std::uint8_t>{1, 1}));
}

// A disc of radius 5 with charge bled 60 px up and 10 px down a column one pixel wide.
TEST(SaturatedPlateaus, LieWhereTheStarIsThoughChargeBled) {
  Frame f = sky(200);
  add_star(f, 100.0, 80.0, 4e6, 6.0);
  for (std::int64_t y = 0; y < 200; ++y)
    for (std::int64_t x = 0; x < 200; ++x) {
      const bool disc =
          std::hypot(static_cast<double>(x) - 100, static_cast<double>(y) - 80) <= 5.0;
      if (disc) f.mask(x, y) = mask::oversaturated;
      if (x == 100 && y >= 70 && y <= 145 && !disc) f.mask(x, y) = mask::leaked;
    }
  const auto found =
      detect::saturated_plateaus(f, flat_background(f, 200.0, kNoise_e), 1.0, 5.0, 2);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].bled);
  EXPECT_NEAR(found[0].x_px, 100.0, 1e-9);
  EXPECT_NEAR(found[0].y_px, 80.0, 1e-9);
  const auto d = run(f);
  ASSERT_GE(d.sources.size(), 1);
  EXPECT_NEAR(d.sources.y_px[0], 80.0, 0.5);
  EXPECT_NE(d.sources.flags[0] & source_flag::saturated, 0);
}

TEST(SaturatedPlateaus, AreNotHotPixels) {
  Frame f = sky(60);
  f.mask(30, 30) = f.mask(31, 30) = mask::oversaturated;
  EXPECT_TRUE(
      detect::saturated_plateaus(f, flat_background(f, 200.0, kNoise_e), 1.0, 5.0, 2).empty());
}

TEST(SpreadEvenly, FillsCellsInTurnAndSharesWhatEmptyOnesLeave) {
  std::vector<detect::Source> all;
  const auto add = [&](double x, double y, float flux) {
    detect::Source s;
    s.x_px = x;
    s.y_px = y;
    s.flux_e = flux;
    all.push_back(s);
  };
  for (int i = 0; i < 300; ++i) add(1.0 + 0.01 * i, 2.0, 1000.0f - static_cast<float>(i));
  add(799.0, 799.0, 5.0f);
  add(798.0, 798.0, 4.0f);
  const auto kept = detect::spread_evenly(all, 100);
  ASSERT_EQ(kept.size(), 100u);
  EXPECT_EQ(kept[98].x_px, 799.0);
  EXPECT_EQ(kept[99].x_px, 798.0);
  EXPECT_EQ(kept[97].flux_e, 1000.0f - 97.0f);
}

TEST(SampleWindows, ShowAtMostAnEighthOfTheFrame) {
  const auto w = detect::sample_windows(4096, 3000, 2.5);
  ASSERT_EQ(w.size(), 25u);
  std::int64_t n = 0;
  for (std::size_t i = 0; i < w.size(); ++i) {
    EXPECT_TRUE((PixelBox{0, 0, 4096, 3000}.contains(w[i])));
    for (std::size_t k = 0; k < i; ++k) EXPECT_FALSE(w[i].overlaps(w[k]));
    n += w[i].nx() * w[i].ny();
  }
  EXPECT_LE(8 * n, 4096 * 3000);
  EXPECT_EQ(detect::sample_windows(600, 600, 2.5).size(), 1u);
}

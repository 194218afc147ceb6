// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/empty_apertures.hpp"

#include <cmath>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "phot/overlap.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;
using phot::EmptyApertureConfig;

namespace {

constexpr phot::FrameScale kScale{.fwhm_px = 3.0};

phot::ForcedConfig config_of(std::vector<double> radii, const std::string& background) {
  phot::ForcedConfig config;
  config.radii = std::move(radii);
  config.radii_unit = "px";
  config.background = background;
  return config;
}

/// √Σ (w ⊗ k)² over √Σ w², k being the 3 × 3 mean or the pixel itself.
double noise_weight(PixelPos p, double r, int half) {
  const int reach = static_cast<int>(r) + 3;
  const auto cx = static_cast<int>(p.x_px);
  const auto cy = static_cast<int>(p.y_px);
  const double norm = (2.0 * half + 1.0) * (2.0 * half + 1.0);
  double sum = 0.0;
  for (int iy = cy - reach; iy <= cy + reach; ++iy)
    for (int ix = cx - reach; ix <= cx + reach; ++ix) {
      double w = 0.0;
      for (int ky = -half; ky <= half; ++ky)
        for (int kx = -half; kx <= half; ++kx)
          w += phot::circle_pixel_overlap(ix + kx - p.x_px, iy + ky - p.y_px, r) / norm;
      sum += w * w;
    }
  return sum;
}

/// White noise of 10 e-; or that, averaged over 3 × 3 pixels, which leaves 10/3 e- per pixel.
Frame noise_frame(bool smooth, std::uint64_t seed) {
  Frame frame = support::even_frame(600, 600, 0.0F, 100.0F);
  support::add_noise(frame, seed);
  if (!smooth) return frame;
  Frame out = support::even_frame(600, 600, 0.0F, 100.0F / 9.0F);
  for (std::int64_t iy = 0; iy < 600; ++iy)
    for (std::int64_t ix = 0; ix < 600; ++ix) {
      double sum = 0.0;
      for (std::int64_t ky = -1; ky <= 1; ++ky)
        for (std::int64_t kx = -1; kx <= 1; ++kx)
          sum += static_cast<double>(frame.signal_e((ix + kx + 600) % 600, (iy + ky + 600) % 600));
      out.signal_e(ix, iy) = static_cast<float>(sum / 9.0);
    }
  return out;
}

TEST(EmptyApertures, ScatterAsWhiteAndAsCorrelatedNoiseDo) {
  for (const bool smooth : {false, true}) {
    const Frame frame = noise_frame(smooth, 77);
    const EmptyApertureConfig empty;
    const auto sky = phot::sky_pixels(frame, {}, {}, kScale.fwhm_px, empty);
    const auto out = phot::measure_empty_apertures(frame, {}, {}, sky, kScale,
                                                   config_of({2.0, 5.0}, "none"), empty);
    ASSERT_EQ(out.size(), 2u);
    for (const auto& noise : out) {
      double truth = 0.0;
      double budget = 0.0;
      const auto places = phot::empty_places(sky, noise.radius_px, empty);
      ASSERT_EQ(places.size(), 500u);
      ASSERT_EQ(noise.n, 500);
      for (const PixelPos& p : places) {
        truth += 100.0 * noise_weight(p, noise.radius_px, smooth ? 1 : 0) / 500.0;
        budget += (smooth ? 100.0 / 9.0 : 100.0) * noise_weight(p, noise.radius_px, 0) / 500.0;
      }
      // A median absolute deviation of 500 is known to 1.1664/√500; four of these. The budget is
      // a median over places, whose Σ w² differ by their fractions of a pixel, 2 % at r = 2.
      EXPECT_NEAR(noise.noise_e / std::sqrt(truth), 1.0, 4.0 * 1.1664 / std::sqrt(500.0));
      EXPECT_NEAR(noise.budget_e / std::sqrt(budget), 1.0, 0.02);
      EXPECT_NEAR(noise.noise_err_e, noise.noise_e * 1.1664 / std::sqrt(500.0), 1e-12);
      EXPECT_NEAR(noise.ratio, std::sqrt(truth / budget),
                  std::sqrt(truth / budget) * (0.02 + 4.0 * 1.1664 / std::sqrt(500.0)));
      EXPECT_NEAR(noise.median_e, 0.0, 4.0 * noise.noise_e * std::sqrt(0.5 * kPi / 500.0));
      if (smooth) {
        EXPECT_GT(noise.ratio, 1.8);  // the budget knows nothing of it
      }
    }
  }
}

TEST(EmptyApertures, IncludeTheErrorOfTheAnnulus) {
  const Frame frame = noise_frame(false, 5);
  const EmptyApertureConfig empty;
  const auto sky = phot::sky_pixels(frame, {}, {}, kScale.fwhm_px, empty);
  auto config = config_of({5.0}, "annulus");
  config.annulus_inner_px = 8.0;
  config.annulus_outer_px = 10.5;
  const auto noise = phot::measure_empty_apertures(frame, {}, {}, sky, kScale, config, empty).at(0);
  // Circle Σ w² of 78.5 less the rim; annulus of π (10.5² − 8²) = 145 pixels.
  const double level = 78.54 * 10.0 * std::sqrt(0.5 * kPi / 145.3);
  EXPECT_GT(noise.budget_e, std::hypot(0.95 * 10.0 * std::sqrt(70.0), 0.95 * level));
  EXPECT_LT(noise.budget_e, std::hypot(10.0 * std::sqrt(78.6), 1.05 * level));
  EXPECT_NEAR(noise.ratio, 1.0, 4.0 * 1.1664 / std::sqrt(static_cast<double>(noise.n)));
}

TEST(EmptyApertures, AvoidSourcesAndMaskedPixels) {
  Frame frame = noise_frame(false, 6);
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> any(20.0, 580.0);
  std::vector<PixelPos> listed;
  for (int i = 0; i < 120; ++i) {
    const PixelPos p{any(random), any(random)};
    if (i % 3 == 0) listed.push_back(p);  // the faint third is listed, the others must be seen
    const double peak = i % 3 == 0 ? 10.0 : 300.0;
    for (std::int64_t iy = 0; iy < 600; ++iy)
      for (std::int64_t ix = 0; ix < 600; ++ix)
        frame.signal_e(ix, iy) +=
            static_cast<float>(peak * std::exp(-(std::pow(static_cast<double>(ix) - p.x_px, 2) +
                                                 std::pow(static_cast<double>(iy) - p.y_px, 2)) /
                                               (2.0 * 1.6)));
  }
  listed.push_back({kNaN, 3.0});
  for (std::int64_t iy = 0; iy < 600; ++iy) frame.mask(300, iy) = mask::fault;
  frame.signal_e(100, 100) = kNaNf;
  const EmptyApertureConfig empty;
  const auto sky = phot::sky_pixels(frame, {}, listed, kScale.fwhm_px, empty);
  EXPECT_EQ(sky(300, 20), 0);
  EXPECT_EQ(sky(100, 100), 0);
  const auto places = phot::empty_places(sky, 4.0, empty);
  EXPECT_EQ(places.size(), 500u);
  std::set<std::pair<std::int64_t, std::int64_t>> used;
  for (const PixelPos& p : places)
    for (std::int64_t iy = 0; iy < 600; ++iy) {
      if (std::abs(static_cast<double>(iy) - p.y_px) > 5.0) continue;
      for (std::int64_t ix = 0; ix < 600; ++ix) {
        if (phot::circle_pixel_overlap(static_cast<double>(ix) - p.x_px,
                                       static_cast<double>(iy) - p.y_px, 4.0) <= 0.0)
          continue;
        ASSERT_EQ(sky(ix, iy), 1);
        ASSERT_TRUE(used.insert({ix, iy}).second) << "two circles share a pixel";
      }
    }
  for (const PixelPos& p : places)
    for (const PixelPos& s : listed)
      EXPECT_FALSE(std::hypot(p.x_px - s.x_px, p.y_px - s.y_px) < 6.0);
  const auto noise =
      phot::measure_empty_apertures(frame, {}, {}, sky, kScale, config_of({4.0}, "none"), empty)
          .at(0);
  // Nothing of the stars is left: a peak of 300 e- (S/N 30 per pixel) is cut 3 px beyond its last
  // pixel over 5 sigma of a 3 × 3 mean, where e^(−18) is below 1 e- in the circle.
  EXPECT_NEAR(noise.ratio, 1.0, 4.0 * 1.1664 / std::sqrt(500.0));
  EXPECT_NEAR(noise.median_e, 0.0, 4.0 * noise.noise_e * std::sqrt(0.5 * kPi / 500.0));
}

TEST(EmptyApertures, StandWhereTheSeedPutsThem) {
  const Grid<std::uint8_t> sky(200, 150, 1);
  EmptyApertureConfig empty;
  empty.n_apertures = 50;
  const auto one = phot::empty_places(sky, 3.0, empty);
  EXPECT_EQ(one, phot::empty_places(sky, 3.0, empty));
  empty.seed = 2;
  EXPECT_NE(one, phot::empty_places(sky, 3.0, empty));
  // Evenly: about half in either half of the frame; a sequence like this is within a few.
  int left = 0;
  for (const PixelPos& p : one) {
    left += p.x_px < 99.5 ? 1 : 0;
    EXPECT_TRUE(p.x_px >= 2.5 && p.x_px <= 196.5 && p.y_px >= 2.5 && p.y_px <= 146.5);
  }
  EXPECT_NEAR(left, 25, 5);
}

TEST(EmptyApertures, WithoutRoomGiveNoNumber) {
  const Frame frame = noise_frame(false, 1);
  const Grid<std::uint8_t> none(600, 600, 0);
  const auto config = config_of({3.0, 299.0, 400.0}, "none");
  for (const auto& noise : phot::measure_empty_apertures(frame, {}, {}, none, kScale, config, {})) {
    EXPECT_EQ(noise.n, 0);
    EXPECT_TRUE(std::isnan(noise.noise_e));
  }
  // One circle of 299 px fits, one of 400 px does not; one is no scatter.
  const Grid<std::uint8_t> all(600, 600, 1);
  const auto few = phot::measure_empty_apertures(frame, {}, {}, all, kScale, config, {});
  EXPECT_EQ(few[1].n, 1);
  EXPECT_TRUE(std::isnan(few[1].ratio));
  EXPECT_EQ(few[2].n, 0);
  // A frame without a usable pixel has no sky.
  Frame masked = frame;
  for (auto& m : masked.mask.pixels()) m = mask::no_data;
  const auto no_sky = phot::sky_pixels(masked, {}, {}, 3.0, {});
  for (const auto s : no_sky.pixels()) ASSERT_EQ(s, 0);
}

}  // namespace

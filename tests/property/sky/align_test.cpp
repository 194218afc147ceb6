// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/align.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/detected_stars.hpp"
#include "sky/wcs.hpp"
#include "support/sky_field.hpp"

namespace skyweft {
namespace {

constexpr std::int64_t kNx = 1000, kNy = 800;
constexpr double kNoise_px = 0.05;

struct Star {
  double x, y, mag;
};

/// Stars of a reference frame; places beyond its edges too, so that shifted frames are full.
std::vector<Star> make_stars(int n, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::uniform_real_distribution<double> u{0.0, 1.0};
  std::vector<Star> out;
  for (int i = 0; i < n; ++i)
    out.push_back({-500.0 + 2000.0 * u(random), -400.0 + 1600.0 * u(random),
                   12.0 + 2.0 * std::log10(std::max(1e-4, u(random)))});
  return out;
}

/// What a frame sees when `place` says where the reference's pixels fall in it.
template <class Place>
SourceList seen(const std::vector<Star>& stars, Place place, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<double> normal;
  SourceList out;
  for (const Star& s : stars) {
    const auto [x, y] = place(s.x, s.y);
    const double dx = kNoise_px * normal(random), dy = kNoise_px * normal(random);
    if (x < 0 || y < 0 || x > kNx - 1 || y > kNy - 1) continue;
    support::add_source(out, x + dx, y + dy, s.mag);
  }
  support::sort_sources(out);
  return out;
}

struct Scene {
  std::vector<Star> stars;
  Wcs reference_wcs;
  StarCatalog reference;
};

Scene make_scene(int n, std::uint64_t seed) {
  Scene out;
  out.stars = make_stars(n, seed);
  out.reference_wcs = sky::linear_wcs(support::at_deg(120.0, 30.0), 3.0, 0.0, false,
                                      {0.5 * (kNx - 1), 0.5 * (kNy - 1)});
  const auto same = [](double x, double y) { return std::pair{x, y}; };
  out.reference = sky::stars_from_detections(seen(out.stars, same, seed + 1), out.reference_wcs,
                                             StarCatalog{}, 1.0, 1.0, 0.0);
  return out;
}

sky::AlignConfig with_model(const char* model) {
  sky::AlignConfig config;
  config.model = model;
  return config;
}

/// Where the solution says that the reference's pixel falls in the frame.
PixelPos carried(const Scene& scene, const Wcs& wcs, double x, double y) {
  return sky::to_pixel(wcs, sky::to_sky(scene.reference_wcs, {x, y}));
}

/// The largest error over the reference's pixels that the frame shows.
template <class Place>
double worst_error(const Scene& scene, const Wcs& wcs, Place place) {
  double worst = 0.0;
  for (double y = 0; y < kNy; y += 100)
    for (double x = 0; x < kNx; x += 100) {
      const auto [tx, ty] = place(x, y);
      if (tx < 0 || ty < 0 || tx > kNx - 1 || ty > kNy - 1) continue;
      const PixelPos at = carried(scene, wcs, x, y);
      worst = std::max(worst, std::hypot(at.x_px - tx, at.y_px - ty));
    }
  return worst;
}

// A frame that sees a reference star at x + 40, y - 25 has a transform that adds (40, -25) to the
// reference's pixels: not the opposite.
TEST(Align, TheTransformLeadsFromTheReferenceToTheFrame) {
  const Scene scene = make_scene(300, 1);
  const auto place = [](double x, double y) { return std::pair{x + 40.0, y - 25.0}; };
  const auto solution = sky::align_field(seen(scene.stars, place, 5), kNx, kNy, scene.reference,
                                         scene.reference_wcs, {}, {}, nullptr);
  const PixelPos at = carried(scene, solution.wcs, 500.0, 400.0);
  // Two centroid errors of 0.05 px over some 60 stars of which 10 decide: 0.02 px; 5 sigma.
  EXPECT_NEAR(at.x_px, 540.0, 0.1);
  EXPECT_NEAR(at.y_px, 375.0, 0.1);
}

// Any rotation, a few per cent of scale, either hand, up to half a frame of shift. Noise of two
// centroids per star, 0.07 px; at the frame's edge a low-order fit to n > 30 stars is good to about
// 2.5 of sigma·√(terms/n) = 0.07·√(6/30) = 0.03 px; the worst of 80 places is under 5 sigma.
TEST(Align, FindsRotationScaleFlipAndShift) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> u{-1.0, 1.0};
  for (std::uint64_t trial = 0; trial < 30; ++trial) {
    const Scene scene = make_scene(400, 100 + trial);
    const double turn = kPi * u(random), scale = 1.0 + 0.03 * u(random);
    const double dx = 300.0 * u(random), dy = 250.0 * u(random);
    const bool mirrored = trial % 3 == 0;
    const auto place = [&](double x, double y) {
      const double a = (mirrored ? -1.0 : 1.0) * (x - 500.0), b = y - 400.0;
      return std::pair{500.0 + dx + scale * (std::cos(turn) * a - std::sin(turn) * b),
                       400.0 + dy + scale * (std::sin(turn) * a + std::cos(turn) * b)};
    };
    const auto solution = sky::align_field(seen(scene.stars, place, 900 + trial), kNx, kNy,
                                           scene.reference, scene.reference_wcs, {}, {}, nullptr);
    EXPECT_LT(worst_error(scene, solution.wcs, place), 0.3) << trial;
    EXPECT_LT(solution.rms_px, 0.15) << trial;
  }
}

// Too few stars for a solution (six matches), enough for a shift. Each of n pairs within 1 px of
// 800 000 px² gives ln(0.75 · 8e5 / (n 2π)) ≈ 9.7 for n = 6; one is free: five pairs are beyond
// the limit of 13.8.
TEST(Align, FewStarsAreShifted) {
  const Scene scene = make_scene(24, 3);
  ASSERT_GE(scene.reference.size(), 5);
  ASSERT_LE(scene.reference.size(), 9);
  const auto place = [](double x, double y) { return std::pair{x + 11.5, y + 6.25}; };
  const SourceList sources = seen(scene.stars, place, 5);
  const auto solution = sky::align_field(sources, kNx, kNy, scene.reference, scene.reference_wcs,
                                         {}, with_model("shift"), nullptr);
  const PixelPos at = carried(scene, solution.wcs, 500.0, 400.0);
  // The median of at least four differences of two 0.05 px errors: 0.05·√2·1.25/2 = 0.044 px; 5
  // sigma.
  EXPECT_NEAR(at.x_px, 511.5, 0.22);
  EXPECT_NEAR(at.y_px, 406.25, 0.22);
  EXPECT_GE(solution.n_matched, 4);
  EXPECT_GE(solution.log_odds, 13.8);
}

// Frames of some other field: a chance of e^-13.8 = 1e-6 each and e^-20.7 in the full search.
TEST(Align, AnotherFieldIsRefused) {
  const Scene scene = make_scene(200, 4);
  const auto same = [](double x, double y) { return std::pair{x, y}; };
  for (std::uint64_t trial = 0; trial < 40; ++trial) {
    const SourceList other = seen(make_stars(trial % 2 == 0 ? 200 : 24, 2000 + trial), same, trial);
    for (const char* model : {"full", "shift"}) {
      try {
        sky::align_field(other, kNx, kNy, scene.reference, scene.reference_wcs, {},
                         with_model(model), nullptr);
        ADD_FAILURE() << "accepted trial " << trial << " " << model;
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::bad_input);
        EXPECT_TRUE(error.test());
      }
    }
  }
}

}  // namespace
}  // namespace skyweft

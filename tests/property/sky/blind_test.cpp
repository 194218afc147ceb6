// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Fields anywhere are found from nothing; fields of nothing are not.
// labels: slow
// timeout: 600
#include "sky/blind.hpp"

#include <cstdio>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/catalog.hpp"
#include "sky/solve.hpp"
#include "sky/wcs.hpp"
#include "support/blind_sky.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

#if defined(__SANITIZE_ADDRESS__)
constexpr int kFields = 6;
constexpr int kScrambled = 4;
constexpr std::int64_t kAllSky = 40000;
constexpr double kSmallest_deg = 12.0;
#else
constexpr int kFields = 60;
constexpr int kScrambled = 1000;
constexpr std::int64_t kAllSky = 200000;
constexpr double kSmallest_deg = 5.0;
#endif

const StarCatalog& all_sky() {
  static const StarCatalog made = [] {
    StarCatalog s;
    std::mt19937_64 random{20};
    support::add_cap(s, at_deg(0.0, 90.0), 180.0, kAllSky, random);
    return s;
  }();
  return made;
}

const support::OwnedIndex& wide_index() {
  static const support::OwnedIndex made =
      support::make_owned_index(all_sky(), {.low_deg = kSmallest_deg, .high_deg = 25.0});
  return made;
}

/// What becomes of a blind answer in a run: refined with the catalogue there, and judged.
std::optional<Wcs> refined(const sky::BlindMatch& match, const support::SkyField& f,
                           const StarCatalog& stars) {
  const PixelPos middle{599.5, 499.5};
  const double half_arcsec = 781.0 * sky::scale_arcsec_px(match.rough, middle);
  const StarCatalog near =
      sky::stars_in_cone(stars, sky::to_sky(match.rough, middle),
                         Angle::from_arcsec(1.2 * half_arcsec), 99.0F, 1 << 20);
  // Centroids of 0.2 px per axis and distortion that 56 stars do not carry: the default gate of
  // half a pixel rms is for better frames.
  sky::SolveConfig config;
  config.max_rms_px = 2.0;
  try {
    return sky::solve_rough(f.sources, f.nx, f.ny, near, config, match.rough).wcs;
  } catch (const Error& error) {
    std::printf("refused: %s\n", error.what());
    return std::nullopt;
  }
}

/// Never wrong: the answer is within 2 % of the frame in the middle. What is made of it is within 2
/// px there, and in the corners not worse than a solution without any distortion would be: 56 stars
/// do not always carry the cubic terms, and all of a distortion of 3 % is 23.4 px there; 1 px more
/// for the centroids. Returns whether something was made of it.
bool expect_truth(const sky::BlindMatch& match, const support::SkyField& f,
                  const StarCatalog& stars, const char* what) {
  const PixelPos middle{599.5, 499.5};
  const PixelPos there = sky::to_pixel(f.truth, sky::to_sky(match.rough, middle));
  EXPECT_LT(std::hypot(there.x_px - middle.x_px, there.y_px - middle.y_px), 20.0) << what;
  EXPECT_EQ(sky::is_mirrored(match.rough), sky::is_mirrored(f.truth)) << what;
  const auto wcs = refined(match, f, stars);
  if (!wcs) return false;
  const PixelPos refined_there = sky::to_pixel(f.truth, sky::to_sky(*wcs, middle));
  EXPECT_LT(std::hypot(refined_there.x_px - middle.x_px, refined_there.y_px - middle.y_px), 2.0)
      << what;
  EXPECT_LT(support::worst_difference_px(f.truth, *wcs, f.nx, f.ny), 24.4) << what;
  return true;
}

TEST(SolveBlind, FindsWideFieldsAnywhere) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  int n_found = 0;
  int n_solved = 0;
  std::int64_t n_quad = 0;
  for (int trial = 0; trial < kFields; ++trial) {
    SkyPos centre = support::random_direction(random);
    if (trial == 0) centre = at_deg(123.0, 90.0);
    if (trial == 1) centre = at_deg(10.0, -89.3);
    if (trial == 2) centre = at_deg(0.0, 0.0);
    if (trial == 3) centre = at_deg(359.9, 55.0);
    support::BlindFrameOptions o;
    o.field_deg = kSmallest_deg * std::pow(25.0 / kSmallest_deg, uniform(random));
    o.distortion = (uniform(random) < 0.5 ? -1.0 : 1.0) * (0.005 + 0.025 * uniform(random));
    const support::SkyField f = support::make_blind_frame(all_sky(), centre, o, random);
    sky::BlindAttempts tried;
    const auto match =
        sky::solve_blind(f.sources, f.nx, f.ny, wide_index().index, {}, sky::BlindConfig{}, &tried);
    n_quad += tried.n_quad;
    if (!match) {
      std::printf(
          "not found: field %.1f deg, distortion %.3f, %ld sources, %ld quads, %ld hits, "
          "%ld checked, odds %.1f\n",
          o.field_deg, o.distortion, static_cast<long>(f.sources.size()),
          static_cast<long>(tried.n_quad), static_cast<long>(tried.n_hit),
          static_cast<long>(tried.n_checked), tried.best_log_odds);
      continue;
    }
    ++n_found;
    n_solved += expect_truth(*match, f, all_sky(), "wide") ? 1 : 0;
  }
  std::printf("%d of %d found, %d solved, %ld quads on average\n", n_found, kFields, n_solved,
              static_cast<long>(n_quad / kFields));
  EXPECT_EQ(n_found, kFields);
  EXPECT_EQ(n_solved, n_found);
}

TEST(SolveBlind, FindsSmallFieldsAnywhere) {
  std::mt19937_64 random{8};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  StarCatalog stars;
  std::vector<SkyPos> centres{at_deg(200.0, 90.0), at_deg(40.0, -89.95), at_deg(0.0, 30.0)};
  while (static_cast<int>(centres.size()) < kFields / 3)
    centres.push_back(support::random_direction(random));
  // 4000 stars per square degree make 80 of them cover even the smallest frame.
  for (const SkyPos& at : centres) support::add_cap(stars, at, 0.7, 6000, random);
  const support::OwnedIndex index =
      support::make_owned_index(stars, {.low_deg = 0.2, .high_deg = 1.0});
  int n_found = 0;
  int n_solved = 0;
  for (const SkyPos& at : centres) {
    support::BlindFrameOptions o;
    o.field_deg = 0.2 * std::pow(3.0, uniform(random));
    o.distortion = 0.005;
    const support::SkyField f = support::make_blind_frame(stars, at, o, random);
    const auto match =
        sky::solve_blind(f.sources, f.nx, f.ny, index.index, {}, sky::BlindConfig{}, nullptr);
    if (!match) continue;
    ++n_found;
    n_solved += expect_truth(*match, f, stars, "small") ? 1 : 0;
  }
  EXPECT_EQ(n_found, static_cast<int>(centres.size()));
  EXPECT_EQ(n_solved, n_found);
}

TEST(SolveBlind, HasNoAnswerForScrambledFields) {
  std::mt19937_64 random{9};
  sky::BlindConfig config;
  config.max_quads = 2000;
  double best = -1e9;
  std::int64_t n_hit = 0;
  for (int trial = 0; trial < kScrambled; ++trial) {
    support::SkyField f;
    f.nx = 1200;
    f.ny = 1000;
    support::scramble_sources(f, 100, 1000 + static_cast<std::uint64_t>(trial));
    sky::BlindAttempts tried;
    EXPECT_FALSE(
        sky::solve_blind(f.sources, f.nx, f.ny, wide_index().index, {}, config, &tried).has_value())
        << "trial " << trial;
    best = std::max(best, tried.best_log_odds);
    n_hit += tried.n_hit;
  }
  std::printf("%d scrambled fields, %ld hits, best ln odds %.1f\n", kScrambled,
              static_cast<long>(n_hit), best);
}

TEST(SolveBlind, GivesTheSameAnswerTwiceAndInHintedScale) {
  std::mt19937_64 random{11};
  const support::SkyField f =
      support::make_blind_frame(all_sky(), at_deg(77.0, -33.0), {.field_deg = 14.0}, random);
  const SkyIndex& index = wide_index().index;
  const sky::BlindConfig config;
  sky::BlindAttempts blind, hinted;
  const auto a = sky::solve_blind(f.sources, f.nx, f.ny, index, {}, config, &blind);
  const auto b = sky::solve_blind(f.sources, f.nx, f.ny, index, {}, config, nullptr);
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->rough, b->rough);
  const double scale = 3600.0 * 14.0 / 1000.0;
  const std::string parity = sky::is_mirrored(f.truth) ? "mirrored" : "normal";
  const auto c = sky::solve_blind(f.sources, f.nx, f.ny, index, {0.9 * scale, 1.1 * scale, parity},
                                  config, &hinted);
  ASSERT_TRUE(c.has_value());
  EXPECT_LE(hinted.n_hit, blind.n_hit);
  const std::string other = sky::is_mirrored(f.truth) ? "normal" : "mirrored";
  EXPECT_FALSE(sky::solve_blind(f.sources, f.nx, f.ny, index, {0.9 * scale, 1.1 * scale, other},
                                {.max_quads = 3000}, nullptr));
  EXPECT_FALSE(sky::solve_blind(f.sources, f.nx, f.ny, index, {2.0 * scale, 0.0, parity},
                                {.max_quads = 3000}, nullptr));
}

}  // namespace

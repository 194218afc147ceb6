// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/match.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "sky/catalog.hpp"
#include "sky/points.hpp"
#include "sky/refine.hpp"
#include "sky/verify.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;

// other_systems.md 10.3: twirl's hash (x_C, x_D, y_C, y_D) of four points, here as (x, y) pairs.
TEST(Quad, CodeOfFourPointsIsTwirlsHashInOneCanonicalForm) {
  const std::array<PixelPos, 4> p{{{10, 20}, {110, 30}, {60, 45}, {80, 28}}};
  std::array<std::int64_t, 4> order{0, 1, 2, 3};
  bool inside = false;
  const sky::Quad first = sky::make_quad(p, order, inside);
  EXPECT_TRUE(inside);
  EXPECT_LE(first.code[0], first.code[2]);
  EXPECT_LE(first.code[0] + first.code[2], 1.0);
  // twirl divides by |AB|, we put B at (1, 1): a factor √2. Of its two hashes for this set, ours is
  // the second, (0.199530, 0.204431, 0.479572, 0.218433), in the order y_D, y_C, x_D, x_C.
  const std::array<double, 4> twirl{0.218433, 0.204431, 0.479572, 0.199530};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(first.code[i] / std::sqrt(2.0), twirl[i], 1e-6);
  do {
    std::array<PixelPos, 4> q{};
    for (std::size_t i = 0; i < 4; ++i) q[i] = p[static_cast<std::size_t>(order[i])];
    const sky::Quad again = sky::make_quad(q, order, inside);
    EXPECT_EQ(again.star, first.star);
    for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(again.code[i], first.code[i], 1e-12);
  } while (std::ranges::next_permutation(order).found);
  std::array<PixelPos, 4> turned{};
  for (std::size_t i = 0; i < 4; ++i)
    turned[i] = sky::Similarity{2.5 * std::cos(0.7), 2.5 * std::sin(0.7), 11, -7, false}(p[i]);
  const sky::Quad same = sky::make_quad(turned, {0, 1, 2, 3}, inside);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(same.code[i], first.code[i], 1e-12);
}

TEST(QuadsOf, AreTheSlowEnumerationOfAllFours) {
  std::mt19937_64 random{3};
  std::uniform_real_distribution<double> uniform{0.0, 100.0};
  std::vector<PixelPos> p(14);
  for (PixelPos& q : p) q = {uniform(random), uniform(random)};
  std::int64_t expected = 0;
  for (std::size_t a = 0; a < 14; ++a)
    for (std::size_t b = a + 1; b < 14; ++b)
      for (std::size_t c = b + 1; c < 14; ++c)
        for (std::size_t d = c + 1; d < 14; ++d) {
          bool inside = false;
          const auto q = sky::make_quad({p[a], p[b], p[c], p[d]}, {0, 1, 2, 3}, inside);
          if (inside && q.length >= 20 && q.length <= 90) ++expected;
        }
  const auto quads = sky::quads_of(p, 20, 90, 1000000);
  EXPECT_EQ(static_cast<std::int64_t>(quads.size()), expected);
  EXPECT_EQ(sky::quads_of(p, 20, 90, 10).size(), 10u);
  const sky::QuadIndex index{quads};
  std::vector<std::int64_t> found;
  for (const sky::Quad& q : quads) {
    index.near(q.code, 0.05, found);
    std::vector<std::int64_t> slow;
    for (std::size_t i = 0; i < quads.size(); ++i) {
      double d2 = 0.0;
      for (std::size_t k = 0; k < 4; ++k) {
        const double d = quads[i].code[k] - q.code[k];
        d2 += d * d;
      }
      if (d2 <= 0.05 * 0.05) slow.push_back(static_cast<std::int64_t>(i));
    }
    EXPECT_EQ(found, slow);
  }
}

TEST(VotedShift, FindsTheShiftAmongFalsePairs) {
  std::mt19937_64 random{11};
  std::uniform_real_distribution<double> uniform{0.0, 512.0};
  std::vector<PixelPos> a(40);
  for (PixelPos& q : a) q = {uniform(random), uniform(random)};
  std::vector<PixelPos> b;
  for (std::size_t i = 5; i < 40; ++i) b.push_back({a[i].x_px + 23.37, a[i].y_px - 11.62});
  for (int i = 0; i < 6; ++i) b.push_back({uniform(random), uniform(random)});
  const PixelPos shift = sky::voted_shift(a, b, 100.0, 4.0);
  EXPECT_NEAR(shift.x_px, 23.37, 1e-9);
  EXPECT_NEAR(shift.y_px, -11.62, 1e-9);
  EXPECT_EQ(sky::voted_shift({}, b, 100.0, 4.0), PixelPos{});
}

TEST(MutualNearest, PairsEachPointOnce) {
  const std::vector<PixelPos> a{{0, 0}, {1, 0}, {10, 10}, {kNaN, 3}};
  const std::vector<PixelPos> b{{0.6, 0}, {10, 10.5}, {50, 50}};
  const auto pairs = sky::mutual_nearest(a, b, 2.0);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0], (std::pair<std::int64_t, std::int64_t>{1, 0}));
  EXPECT_EQ(pairs[1], (std::pair<std::int64_t, std::int64_t>{2, 1}));
}

TEST(SafeOrder, KeepsFiveStarsPerCoefficient) {
  EXPECT_EQ(sky::safe_order(3, 50, 3), 3);
  EXPECT_EQ(sky::safe_order(3, 49, 3), 2);
  EXPECT_EQ(sky::safe_order(3, 500, 0), 1);
  EXPECT_EQ(sky::safe_order(5, 29, 9), 1);
  EXPECT_EQ(sky::safe_order(3, 14, 3), 0);
}

TEST(LogOdds, AreHighForTheTruthAndLowForChance) {
  std::mt19937_64 random{4};
  std::uniform_real_distribution<double> uniform{0.0, 500.0};
  std::vector<PixelPos> stars(30);
  for (PixelPos& q : stars) q = {uniform(random), uniform(random)};
  std::vector<PixelPos> other(30);
  for (PixelPos& q : other) q = {uniform(random), uniform(random)};
  const sky::OddsModel model{.area_px2 = 250000.0};
  // Each pair is worth ln(0.75 · 250000 / (2π · 30)) = 6.9.
  EXPECT_NEAR(sky::log_odds(stars, stars, model), 30 * 6.9, 5.0);
  EXPECT_LT(sky::log_odds(other, stars, model), 14.0);
  EXPECT_LT(sky::log_odds(other, {}, model), -1e8);
}

TEST(Propagate, IsRightAtThePoleAndAcrossRaZero) {
  StarCatalog s;
  s.epoch_yr = 2000.0;
  s.id = {1, 2, 3};
  s.ra_deg = {10.0, 359.9999, 40.0};
  s.dec_deg = {89.9999, 0.0, 30.0};
  s.pm_ra_mas_yr = {0.0, 1e5, kNaN};
  s.pm_dec_mas_yr = {1e5, 0.0, kNaN};
  s.mag = {1, 2, 3};
  s.colour = {0, 0, 0};
  sky::propagate(s, 2010.0);
  // 1000″ north of a place 0.36″ from the pole: over the pole, down the other side.
  EXPECT_NEAR(s.ra_deg[0], 190.0, 1e-6);
  EXPECT_NEAR(s.dec_deg[0], 90.0 - (1000.0 - 0.36) / 3600.0, 1e-5);
  EXPECT_NEAR(s.ra_deg[1], 1000.0 / 3600.0 - 0.0001, 1e-5);
  EXPECT_EQ(s.ra_deg[2], 40.0);
  EXPECT_EQ(s.epoch_yr, 2010.0);
}

TEST(StarsInCone, CrossRaZeroAndKeepTheBrightest) {
  StarCatalog s;
  for (int i = 0; i < 10; ++i) {
    s.id.push_back(i);
    s.ra_deg.push_back(i < 5 ? 359.5 + 0.1 * i : 0.1 * (i - 5));
    s.dec_deg.push_back(0.0);
    s.pm_ra_mas_yr.push_back(0.0);
    s.pm_dec_mas_yr.push_back(0.0);
    s.mag.push_back(static_cast<float>(20 - i));
    s.colour.push_back(kNaNf);
  }
  const auto all = sky::stars_in_cone(s, at_deg(0, 0), Angle::from_deg(0.25), 99.0f, 100);
  EXPECT_EQ(all.id, (std::vector<StarId>{3, 4, 5, 6, 7}));
  EXPECT_EQ(sky::stars_in_cone(s, at_deg(0, 0), Angle::from_deg(0.25), 99.0f, 2).id,
            (std::vector<StarId>{6, 7}));
  EXPECT_EQ(sky::stars_in_cone(s, at_deg(0, 0), Angle::from_deg(0.25), 14.5f, 100).id,
            (std::vector<StarId>{6, 7}));
}

}  // namespace

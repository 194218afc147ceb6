// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sky_index.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/healpix.hpp"
#include "sky/match.hpp"
#include "support/blind_sky.hpp"

namespace {

using namespace skyweft;

TEST(IndexBands, GoUpByRootTwoOverTheShares) {
  // 0.2 · 5 = 1 deg to 0.6 · 25 = 15 deg: 1, 1.41, 2, … 11.3; 16 would begin beyond.
  const auto bands = sky::index_bands_rad({.low_deg = 5.0, .high_deg = 25.0});
  ASSERT_EQ(bands.size(), 8u);
  EXPECT_NEAR(bands[0] / kRadPerDeg, 1.0, 1e-12);
  EXPECT_NEAR(bands[7] / kRadPerDeg, 8.0 * std::numbers::sqrt2, 1e-9);
  EXPECT_THROW(sky::index_bands_rad({.low_deg = 5.0, .high_deg = 4.0}), Error);
  EXPECT_THROW(sky::index_bands_rad({.low_deg = 0.0, .high_deg = 4.0}), Error);
}

TEST(QuadTree, FindsWhatALoopFinds) {
  std::mt19937_64 random{3};
  std::uniform_real_distribution<float> uniform{0.0f, 1.0f};
  for (const std::size_t n : {0u, 1u, 16u, 17u, 18u, 33u, 1000u, 20000u}) {
    std::vector<QuadCode> codes(n);
    std::vector<QuadStars> quads(n);
    for (std::size_t i = 0; i < n; ++i) {
      for (float& c : codes[i]) c = std::round(uniform(random) * 40.0f) / 40.0f;  // many ties
      quads[i] = {static_cast<std::uint32_t>(i), 0, 0, 0};
    }
    const auto original = codes;
    sky::make_quad_tree(codes, quads);
    IndexBand band{.codes = codes, .quads = quads};
    std::vector<std::uint32_t> found;
    for (int trial = 0; trial < 100; ++trial) {
      QuadCode at{};
      for (float& c : at) c = uniform(random);
      const float radius = 0.15f;
      std::set<std::uint32_t> expected;
      for (std::size_t i = 0; i < n; ++i) {
        float d2 = 0.0f;
        for (std::size_t k = 0; k < 4; ++k)
          d2 += (original[i][k] - at[k]) * (original[i][k] - at[k]);
        if (d2 <= radius * radius) expected.insert(static_cast<std::uint32_t>(i));
      }
      sky::quads_near(band, at, radius, found);
      EXPECT_TRUE(std::ranges::is_sorted(found));
      std::set<std::uint32_t> seen;
      for (const std::uint32_t i : found) seen.insert(quads[i][0]);
      EXPECT_EQ(seen, expected);
    }
  }
}

TEST(QuadTree, DoesNotDependOnTheOrderGiven) {
  std::mt19937_64 random{4};
  std::uniform_real_distribution<float> uniform{0.0f, 1.0f};
  std::vector<QuadCode> codes(500);
  std::vector<QuadStars> quads(500);
  for (std::size_t i = 0; i < 500; ++i) {
    for (float& c : codes[i]) c = std::round(uniform(random) * 8.0f) / 8.0f;
    quads[i] = {static_cast<std::uint32_t>(i), 1, 2, 3};
  }
  auto back_codes = codes;
  auto back_quads = quads;
  std::ranges::reverse(back_codes);
  std::ranges::reverse(back_quads);
  sky::make_quad_tree(codes, quads);
  sky::make_quad_tree(back_codes, back_quads);
  EXPECT_EQ(codes, back_codes);
  EXPECT_EQ(quads, back_quads);
}

TEST(IndexBand, HoldsQuadsOfItsSizeEvenlyOverTheSphere) {
  std::mt19937_64 random{5};
  StarCatalog stars;
  support::add_cap(stars, support::at_deg(0.0, 90.0), 180.0, 20000, random);
  const sky::SkyIndexRecipe recipe{.low_deg = 20.0, .high_deg = 30.0};
  const double low = 6.0 * kRadPerDeg;
  const sky::SkyIndexBand band = sky::make_index_band(stars, low, recipe);
  ASSERT_GT(band.codes.size(), 1000u);
  // Each cell's stars lie in it and go from bright to faint.
  for (std::size_t c = 0; c + 1 < band.first_star.size(); ++c)
    for (std::uint32_t i = band.first_star[c]; i < band.first_star[c + 1]; ++i) {
      EXPECT_EQ(healpix::cell_of(sky::direction(band.stars[i]), band.order),
                static_cast<std::int64_t>(c));
      if (i > band.first_star[c]) {
        EXPECT_LE(band.stars[i - 1].mag, band.stars[i].mag);
      }
    }
  std::vector<int> uses(band.stars.size(), 0);
  std::vector<int> per_face(12, 0);
  for (std::size_t q = 0; q < band.quads.size(); ++q) {
    std::array<PixelPos, 4> at;
    std::array<std::int64_t, 4> rows{};
    sky::Vec3 sum{};
    for (std::size_t k = 0; k < 4; ++k) {
      const sky::Vec3 v = sky::direction(band.stars[band.quads[q][k]]);
      for (std::size_t axis = 0; axis < 3; ++axis) sum[axis] += v[axis];
      ++uses[band.quads[q][k]];
      rows[k] = band.quads[q][k];
    }
    const sky::TangentPlane plane{sky::direction_of(sum)};
    for (std::size_t k = 0; k < 4; ++k) {
      const auto p = plane.project(sky::direction_of(sky::direction(band.stars[band.quads[q][k]])));
      ASSERT_TRUE(p.has_value());
      at[k] = {-p->xi_deg, p->eta_deg};
    }
    bool inside = false;
    const sky::Quad quad = sky::make_quad(at, rows, inside);
    EXPECT_TRUE(inside);
    for (std::size_t k = 0; k < 4; ++k) {
      EXPECT_EQ(quad.star[k], rows[k]);  // stored in canonical order
      EXPECT_NEAR(quad.code[k], static_cast<double>(band.codes[q][k]), 1e-6);  // float
    }
    const double length =
        sky::separation(sky::direction_of(sky::direction(band.stars[band.quads[q][0]])),
                        sky::direction_of(sky::direction(band.stars[band.quads[q][1]])))
            .rad();
    EXPECT_GE(length, low * (1.0 - 1e-8));
    EXPECT_LT(length, low * std::numbers::sqrt2 * (1.0 + 1e-8));
    ++per_face[static_cast<std::size_t>(healpix::cell_of(sum, 0))];
  }
  EXPECT_LE(*std::ranges::max_element(uses), recipe.most_uses);
  // 20 stars per square of the side 6 deg leave the cells' limit to decide: equal shares, up to
  // the cells that do not fill it.
  const auto [fewest, most] = std::ranges::minmax(per_face);
  EXPECT_GT(fewest, most * 7 / 10);
}

}  // namespace

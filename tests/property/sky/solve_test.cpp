// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/solve.hpp"

#include <chrono>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;
using support::make_sky_field;
using support::SkyField;
using support::SkyFieldOptions;

sky::Solution solve(const SkyField& f, const SkyPos& pointing, double scale,
                    const Wcs* previous = nullptr, const sky::SolveConfig& config = {}) {
  return sky::solve_field(f.sources, f.nx, f.ny, f.stars, {pointing, scale}, config, previous);
}

SkyPos off_by(const SkyPos& p, double xi_deg, double eta_deg) {
  return sky::TangentPlane{p}.deproject({xi_deg, eta_deg});
}

TEST(SolveField, FindsAnyRotationAndParityWithHalfFalseSources) {
  std::mt19937_64 random{7};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  for (int k = 0; k < 12; ++k) {
    SkyFieldOptions o;
    o.rotation_deg = 360.0 * uniform(random);
    o.mirrored = k % 2 == 1;
    o.false_share = 0.5;
    o.seed = 100 + static_cast<std::uint64_t>(k);
    const SkyField f = make_sky_field(o);
    const double scale_error = 0.95 + 0.1 * uniform(random);
    const auto s = solve(f, off_by(o.centre, 0.5 - uniform(random), 0.5 - uniform(random)),
                         o.scale_arcsec_px * scale_error);
    // About 50 stars with 0.02 px of noise do not ask for more than a linear solution: its error at
    // the corner, twice the stars' scatter off on both axes, is 0.02·√((1 + 2·2²)/50) = 0.01 px per
    // axis; 0.05 px is more than three times that.
    EXPECT_EQ(s.wcs.order, 1);
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.05) << "seed " << o.seed;
    EXPECT_LT(s.rms_px, 0.05);
    EXPECT_GE(s.n_matched, 35);
    EXPECT_GE(s.log_odds, std::log(1e9));
    EXPECT_EQ(sky::is_mirrored(s.wcs), o.mirrored);
  }
}

TEST(SolveField, FollowsDistortionOfManyPixels) {
  SkyFieldOptions o;
  o.stars_per_frame = 200;
  o.distortion_px = 8.0;
  o.rotation_deg = 33.0;
  const SkyField f = make_sky_field(o);
  const auto s = solve(f, off_by(o.centre, 0.3, -0.2), 4.1);
  EXPECT_EQ(s.wcs.order, 3);
  // 160 stars, ten coefficients, 0.02 px: 0.005 px inside, a few times that at the corners.
  EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.05);
}

TEST(SolveField, WorksAtThePolesAndAcrossRaZero) {
  for (const SkyPos centre : {at_deg(10, 90), at_deg(200, 89.8), at_deg(0.02, 30),
                              at_deg(359.99, -45), at_deg(77, -89.9)}) {
    SkyFieldOptions o;
    o.centre = centre;
    o.rotation_deg = 140;
    o.seed = 31;
    const SkyField f = make_sky_field(o);
    const auto s = solve(f, off_by(centre, 0.4, 0.3), 4.0);
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.05);
  }
}

TEST(SolveField, WorksWithAShallowAndWithADeepCatalogue) {
  SkyFieldOptions o;
  o.stars_per_frame = 12;
  o.false_share = 0.8;  // fainter true stars count as false for a shallow catalogue
  o.seed = 5;
  const SkyField f = make_sky_field(o);
  EXPECT_LT(support::worst_difference_px(solve(f, o.centre, 4.0).wcs, f.truth, f.nx, f.ny), 0.2);

  o = {};
  o.stars_per_frame = 800;
  o.radius_deg = 1.6;
  const SkyField all = make_sky_field(o);
  SkyField bright = all;
  bright.sources = {};
  for (std::size_t i = 0; i < 40; ++i)
    support::add_source(bright.sources, all.sources.x_px[i], all.sources.y_px[i],
                        25.0 - 2.5 * std::log10(static_cast<double>(all.sources.flux_e[i])));
  support::sort_sources(bright.sources);
  const auto s = solve(bright, off_by(o.centre, 0.2, 0.2), 4.0);
  EXPECT_GE(s.n_matched, 36);
  EXPECT_LT(support::worst_difference_px(s.wcs, all.truth, f.nx, f.ny), 0.06);
}

TEST(SolveField, NeedsOnlyAShiftOfThePreviousSolution) {
  SkyFieldOptions o;
  o.false_share = 0.4;
  o.distortion_px = 3.0;
  o.stars_per_frame = 120;
  const SkyField f = make_sky_field(o);
  Wcs previous = f.truth;
  previous.cx[0] += 273.0;
  previous.cy[0] -= 62.0;
  // A hint that would never do shows that the shift alone was used.
  sky::SolveConfig config;
  const auto s = solve(f, at_deg(200, -20), 4.0, &previous, config);
  EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.06);
}

TEST(SolveField, FallsBackToQuadsWhenThePreviousSolutionIsWrong) {
  SkyFieldOptions o;
  o.rotation_deg = 90.0;
  const SkyField f = make_sky_field(o);
  const Wcs previous = sky::linear_wcs(o.centre, 4.0, 0.0, false, {499.5, 399.5});
  const auto s = solve(f, o.centre, 4.0, &previous);
  EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.05);
}

TEST(SolveField, NamesTheFailedTest) {
  SkyFieldOptions o;
  o.stars_per_frame = 3;
  const SkyField f = make_sky_field(o);
  try {
    solve(f, o.centre, 4.0);
    ADD_FAILURE() << "a frame of three stars was solved";
  } catch (const Error& e) {
    ASSERT_TRUE(e.test().has_value());
    EXPECT_EQ(e.test()->name, "n_matched");
  }
}

TEST(SolveField, GivesTheSameBitsTwice) {
  SkyFieldOptions o;
  o.false_share = 0.3;
  const SkyField f = make_sky_field(o);
  const auto a = solve(f, o.centre, 4.0);
  const auto b = solve(f, o.centre, 4.0);
  EXPECT_EQ(a.wcs, b.wcs);
  EXPECT_EQ(a.matches, b.matches);
}

}  // namespace

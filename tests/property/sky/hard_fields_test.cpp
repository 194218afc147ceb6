// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <cstdint>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::at_deg;
using support::make_sky_field;
using support::SkyField;
using support::SkyFieldOptions;

SkyPos off_by(const SkyPos& p, double distance_deg, double angle_rad) {
  return sky::TangentPlane{p}.deproject(
      {distance_deg * std::cos(angle_rad), distance_deg * std::sin(angle_rad)});
}

/// 30 catalogue stars on the frame; `n_true` of them among 60 sources.
SkyField sparse_field(std::uint64_t k, std::size_t n_true) {
  SkyFieldOptions o;
  o.seed = 300 + k;
  o.stars_per_frame = 30.0;
  o.found = 1.0;
  o.noise_px = 0.05;
  o.rotation_deg = 71.0 * static_cast<double>(k);
  o.mirrored = k % 2 == 1;
  SkyField f = make_sky_field(o);
  support::thin_sources(f, n_true, 60 - static_cast<std::int64_t>(n_true), k);
  return f;
}

TEST(SolveField, FindsTenStarsAmongSixtySources) {
  for (std::uint64_t k = 0; k < 5; ++k) {
    const SkyField f = sparse_field(k, 10);
    sky::SolveConfig config;
    config.parity = k % 2 == 1 ? "mirrored" : "normal";
    const sky::SolveHint hint{off_by(f.truth.centre, 0.9, static_cast<double>(k)),
                              k < 3 ? 4.2 : 3.8};
    const auto s = sky::solve_field(f.sources, f.nx, f.ny, f.stars, hint, config, nullptr);
    // A similarity through ten stars of 0.05 px, of which chance may add one that is 1 px off:
    // 0.05·√(2/10)·2 = 0.05 px at the corner without, some 0.2 px with it.
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.3) << k;
    EXPECT_GE(s.n_matched, 8);
  }
}

TEST(SolveField, FindsTenStarsByAShiftToo) {
  for (std::uint64_t k = 0; k < 6; ++k) {
    const SkyField f = sparse_field(k, 10);
    Wcs previous = f.truth;
    previous.cx[0] += 40.0;
    previous.cy[0] -= 25.0;
    const auto s =
        sky::solve_field(f.sources, f.nx, f.ny, f.stars, {f.truth.centre, 4.0}, {}, &previous);
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.3) << k;
  }
}

TEST(SolveField, KeepsToTheParityAskedForWithAndWithoutAPreviousSolution) {
  for (const bool mirrored : {false, true}) {
    SkyFieldOptions o;
    o.mirrored = mirrored;
    const SkyField f = make_sky_field(o);
    sky::SolveConfig config;
    config.pointing_tolerance_deg = 0.2;
    const auto solve = [&](const char* parity, const Wcs* previous) {
      config.parity = parity;
      return sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, 4.0}, config, previous);
    };
    const char* right = mirrored ? "mirrored" : "normal";
    const char* wrong = mirrored ? "normal" : "mirrored";
    EXPECT_EQ(sky::is_mirrored(solve(right, nullptr).wcs), mirrored);
    EXPECT_EQ(sky::is_mirrored(solve(right, &f.truth).wcs), mirrored);
    EXPECT_THROW(solve(wrong, nullptr), Error);
    EXPECT_THROW(solve(wrong, &f.truth), Error);
  }
}

TEST(SolveField, LooksAwayFromAPreviousSolutionOfAnotherScale) {
  SkyFieldOptions o;
  const SkyField f = make_sky_field(o);
  sky::SolveConfig config;
  config.pointing_tolerance_deg = 0.2;
  // Twice the tolerance of 10 % is the limit: 4.0 against 4.6 will do, against 5.2 it will not.
  EXPECT_NO_THROW(
      sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, 4.6}, config, &f.truth));
  EXPECT_THROW(sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, 5.2}, config, &f.truth),
               Error);
}

TEST(SolveField, KeepsTheCubicThatThreeHundredStarsAskFor) {
  for (std::uint64_t k = 0; k < 4; ++k) {
    SkyFieldOptions o;
    o.seed = 100 + k;
    o.stars_per_frame = 333.0;
    o.distortion_px = 2.0;
    o.rotation_deg = 37.0 * static_cast<double>(k);
    const SkyField f = make_sky_field(o);
    const auto s =
        sky::solve_field(f.sources, f.nx, f.ny, f.stars, {f.truth.centre, 4.1}, {}, nullptr);
    EXPECT_EQ(s.wcs.order, 3);
    // 0.02 px on each axis: 0.028 px rms; the corner of a cubic has leverage ~ 40/300, that is
    // 0.02·√0.13 = 0.007 px per axis, in the worst of five corners and rotations several times it.
    EXPECT_LT(s.rms_px, 0.05);
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), 0.1);
  }
}

}  // namespace

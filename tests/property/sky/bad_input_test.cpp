// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Solved or refused, never wrong.
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::SkyField;
using support::SkyFieldOptions;

/// 50 stars of 0.02 px and a straight solution: 0.01 px per axis at the corner (solve_test.cpp);
/// with a third of the stars, or all of them on one half of the frame, several times that. A wrong
/// solution is off by the size of the frame.
constexpr double kRight_px = 0.5;

enum class Outcome { solved, refused };

Outcome outcome(const SkyField& f, const sky::SolveHint& hint, const sky::SolveConfig& config,
                const Wcs* previous = nullptr) {
  try {
    const auto s = sky::solve_field(f.sources, f.nx, f.ny, f.stars, hint, config, previous);
    EXPECT_LT(support::worst_difference_px(s.wcs, f.truth, f.nx, f.ny), kRight_px);
    return Outcome::solved;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    EXPECT_TRUE(e.test().has_value());
    EXPECT_NE(std::string{e.what()}.find("best log odds"), std::string::npos) << e.what();
    return Outcome::refused;
  }
}

SkyPos off_by(const SkyPos& p, double distance_deg, double angle_rad) {
  return sky::TangentPlane{p}.deproject(
      {distance_deg * std::cos(angle_rad), distance_deg * std::sin(angle_rad)});
}

TEST(SolveField, IsNotMisledByAPointingFiveDegreesOff) {
  SkyFieldOptions o;
  o.radius_deg = 7.0;
  o.rotation_deg = 200.0;
  o.false_share = 0.3;
  const SkyField f = support::make_sky_field(o);
  sky::SolveConfig config;
  EXPECT_EQ(outcome(f, {off_by(o.centre, 5.0, 1.0), 4.0}, config), Outcome::refused);
  config.pointing_tolerance_deg = 5.5;
  EXPECT_EQ(outcome(f, {off_by(o.centre, 5.0, 1.0), 4.0}, config), Outcome::solved);
  // The same by widening: ten times half a degree.
  config.pointing_tolerance_deg = 0.55;
  config.scale_tolerance = 0.01;
  config.widen = 10.0;
  EXPECT_EQ(outcome(f, {off_by(o.centre, 5.0, 1.0), 4.0}, config), Outcome::solved);
}

TEST(SolveField, IsNotMisledByAScaleThirtyPerCentOff) {
  SkyFieldOptions o;
  o.rotation_deg = 77.0;
  o.false_share = 0.3;
  const SkyField f = support::make_sky_field(o);
  sky::SolveConfig config;
  config.pointing_tolerance_deg = 0.3;
  for (const double wrong : {1.3, 1.0 / 1.3})
    EXPECT_EQ(outcome(f, {o.centre, 4.0 * wrong}, config), Outcome::refused);
  config.scale_tolerance = 0.35;
  for (const double wrong : {1.3, 1.0 / 1.3})
    EXPECT_EQ(outcome(f, {o.centre, 4.0 * wrong}, config), Outcome::solved);
}

TEST(SolveField, SolvesThroughCloudOnHalfTheFrameAtAnyRotation) {
  for (int k = 0; k < 8; ++k) {
    SkyFieldOptions o;
    o.seed = 900 + static_cast<std::uint64_t>(k);
    o.rotation_deg = 45.0 * k + 10.0;
    o.mirrored = k % 2 == 1;
    o.false_share = 0.5;
    SkyField f = support::make_sky_field(o);
    SkyField half = f;
    half.sources = {};
    for (std::size_t i = 0; i < f.sources.x_px.size(); ++i)
      if (f.sources.x_px[i] < 500.0)
        support::add_source(half.sources, f.sources.x_px[i], f.sources.y_px[i],
                            25.0 - 2.5 * std::log10(static_cast<double>(f.sources.flux_e[i])));
    support::sort_sources(half.sources);
    sky::SolveConfig config;
    config.pointing_tolerance_deg = 0.5;
    EXPECT_EQ(outcome(half, {off_by(o.centre, 0.3, k), 4.1}, config), Outcome::solved) << k;
  }
}

TEST(SolveField, IsNotMisledByAWrongPreviousSolution) {
  SkyFieldOptions o;
  o.rotation_deg = 120.0;
  o.false_share = 0.5;
  const SkyField f = support::make_sky_field(o);
  sky::SolveConfig config;
  config.pointing_tolerance_deg = 0.3;
  // Turned, mirrored, of another scale, of another field, folded over.
  std::vector<Wcs> wrong;
  wrong.push_back(sky::linear_wcs(o.centre, 4.0, 10.0, false, {499.5, 399.5}));
  wrong.push_back(sky::linear_wcs(o.centre, 4.0, 120.0, true, {499.5, 399.5}));
  wrong.push_back(sky::linear_wcs(o.centre, 4.4, 120.0, false, {499.5, 399.5}));
  wrong.push_back(sky::linear_wcs(support::at_deg(230, -20), 4.0, 120.0, false, {499.5, 399.5}));
  wrong.push_back(f.truth);
  wrong.back().cx[1] = wrong.back().cx[2] = 0.0;
  for (const Wcs& previous : wrong)
    EXPECT_EQ(outcome(f, {o.centre, 4.0}, config, &previous), Outcome::solved);
}

TEST(SolveField, SaysHowItWasSolvedAndHowWell) {
  SkyFieldOptions o;
  const SkyField f = support::make_sky_field(o);
  const sky::SolveHint hint{o.centre, 4.0};
  const auto a = sky::solve_field(f.sources, f.nx, f.ny, f.stars, hint, {}, nullptr);
  const auto b = sky::solve_field(f.sources, f.nx, f.ny, f.stars, hint, {}, &f.truth);
  EXPECT_FALSE(a.from_previous);
  EXPECT_TRUE(b.from_previous);
  EXPECT_TRUE(a.converged);
  // 0.9 of the stars were detected; of some 30 bright ones, three sigma are 0.16.
  EXPECT_GT(a.matched_fraction, 0.7);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Thinned: by hand, 210 such fields without a previous solution, 220 with one (before the deepest
// quads were made longer) and 24 with 500 stars per frame were tried, and none was accepted; the
// best log odds were 12.3, where 20.7 are needed. A failure took 0.4 s of processor time.
#include <cstdint>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::SkyField;
using support::SkyFieldOptions;

/// Expects that a field of `n_source` random places is refused, for the odds.
void expect_refused(std::uint64_t seed, double tolerance_deg, bool with_previous) {
  SkyFieldOptions o;
  o.seed = 5000 + seed;
  o.stars_per_frame = 40.0;  // some 500 within the pointing tolerance
  SkyField f = support::make_sky_field(o);
  support::scramble_sources(f, 60, seed);
  sky::SolveConfig config;
  config.pointing_tolerance_deg = tolerance_deg;
  try {
    const auto s = sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, o.scale_arcsec_px},
                                    config, with_previous ? &f.truth : nullptr);
    ADD_FAILURE() << "seed " << seed << " accepted with odds " << s.log_odds;
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    ASSERT_TRUE(e.test().has_value());
    EXPECT_EQ(e.test()->name, "log_odds");
    EXPECT_LT(e.test()->measured, 15.0) << seed;
  }
}

TEST(SolveField, RefusesScrambledFieldsAtTheDefaultSettings) {
  for (std::uint64_t seed = 0; seed < 2; ++seed) expect_refused(seed, 1.0, false);
}

TEST(SolveField, RefusesScrambledFieldsWhenASolutionIsAtHand) {
  expect_refused(2, 1.0, true);
  for (std::uint64_t seed = 100; seed < 106; ++seed) expect_refused(seed, 0.2, true);
}

TEST(SolveField, RefusesAnotherFieldsSources) {
  SkyFieldOptions o;
  o.false_share = 0.3;
  SkyField f = support::make_sky_field(o);
  o.seed = 2;
  f.sources = support::make_sky_field(o).sources;
  sky::SolveConfig config;
  config.pointing_tolerance_deg = 0.2;
  EXPECT_THROW(sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, 4.0}, config, &f.truth),
               Error);
}

}  // namespace

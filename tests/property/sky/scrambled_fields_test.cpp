// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// labels: slow
// timeout: 600
// A thousand fields of random sources, a third of them with a solution of the same camera at hand
// and a third with sources of another field: none is solved.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;
using support::SkyField;
using support::SkyFieldOptions;

TEST(SolveField, RefusesAThousandScrambledFields) {
  double best = -1e9;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SkyFieldOptions o;
    o.seed = 20000 + seed;
    o.radius_deg = 1.2;
    o.stars_per_frame = seed % 2 == 0 ? 40.0 : 150.0;
    SkyField f = support::make_sky_field(o);
    if (seed % 3 == 2) {
      SkyFieldOptions other = o;
      other.seed = 90000 + seed;
      other.rotation_deg = static_cast<double>(seed);
      f.sources = support::make_sky_field(other).sources;
    } else {
      support::scramble_sources(f, seed % 5 == 0 ? 300 : 60, seed);
    }
    sky::SolveConfig config;
    config.pointing_tolerance_deg = 0.2;
    try {
      const auto s = sky::solve_field(f.sources, f.nx, f.ny, f.stars, {o.centre, 4.0}, config,
                                      seed % 3 == 1 ? &f.truth : nullptr);
      ADD_FAILURE() << "seed " << seed << " accepted with odds " << s.log_odds;
    } catch (const Error& e) {
      ASSERT_TRUE(e.test().has_value());
      if (e.test()->name == "log_odds") best = std::max(best, e.test()->measured);
    }
  }
  std::printf("best log odds of 1000 scrambled fields: %.1f; 20.7 are needed\n", best);
}

}  // namespace

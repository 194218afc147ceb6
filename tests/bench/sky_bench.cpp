// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Plate solutions at the default settings: 60 catalogue stars on the frame, 40 % false sources.
#include <benchmark/benchmark.h>

#include "core/error.hpp"
#include "sky/solve.hpp"
#include "support/sky_field.hpp"

namespace {

using namespace skyweft;

const support::SkyField& field() {
  static const support::SkyField made = [] {
    support::SkyFieldOptions o;
    o.rotation_deg = 71.0;
    o.false_share = 0.4;
    o.distortion_px = 3.0;
    return support::make_sky_field(o);
  }();
  return made;
}

sky::SolveHint hint_half_a_degree_off() {
  return {sky::TangentPlane{field().truth.centre}.deproject({0.4, -0.3}), 4.1};
}

void solve_with_hint(benchmark::State& state) {
  const auto& f = field();
  for (auto _ : state)
    benchmark::DoNotOptimize(sky::solve_field(
        f.sources, f.nx, f.ny, f.stars, hint_half_a_degree_off(), sky::SolveConfig{}, nullptr));
}

void solve_with_previous(benchmark::State& state) {
  const auto& f = field();
  Wcs previous = f.truth;
  previous.cx[0] += 37.0;
  for (auto _ : state)
    benchmark::DoNotOptimize(sky::solve_field(
        f.sources, f.nx, f.ny, f.stars, hint_half_a_degree_off(), sky::SolveConfig{}, &previous));
}

/// What a frame costs that shows something else: every quad is tried.
void fail_to_solve(benchmark::State& state) {
  support::SkyFieldOptions o;
  o.seed = 99;
  o.false_share = 0.4;
  const support::SkyField other = support::make_sky_field(o);
  const auto& f = field();
  for (auto _ : state) {
    try {
      benchmark::DoNotOptimize(sky::solve_field(other.sources, f.nx, f.ny, f.stars,
                                                hint_half_a_degree_off(), sky::SolveConfig{},
                                                nullptr));
    } catch (const Error& e) {
      benchmark::DoNotOptimize(e.what());
    }
  }
}

BENCHMARK(solve_with_hint)->Unit(benchmark::kMillisecond);
BENCHMARK(solve_with_previous)->Unit(benchmark::kMillisecond);
BENCHMARK(fail_to_solve)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

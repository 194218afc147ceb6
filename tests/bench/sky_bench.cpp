// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Plate solutions at the default settings: 60 catalogue stars on the frame, 40 % false sources; and
// the large frames that a survey camera delivers.
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

/// 4096² pixels at 5″ (5.7°), a cubic of 10 px in the corner, 20 000 catalogue stars on the frame
/// and some 30 000 around it; the brightest `n_source` of its sources.
support::SkyField large_field(std::size_t n_source) {
  static const support::SkyField all = [] {
    support::SkyFieldOptions o;
    o.nx = 4096;
    o.ny = 4096;
    o.scale_arcsec_px = 5.0;
    o.radius_deg = 5.0;
    o.stars_per_frame = 20000.0;
    o.rotation_deg = 71.0;
    o.false_share = 0.1;
    o.distortion_px = 10.0;
    o.seed = 8;
    return support::make_sky_field(o);
  }();
  support::SkyField f = all;
  for (auto* column : {&f.sources.x_px, &f.sources.y_px}) column->resize(n_source);
  for (auto* column : {&f.sources.flux_e, &f.sources.snr, &f.sources.fwhm_px})
    column->resize(n_source);
  return f;
}

void solve_large(benchmark::State& state, bool with_previous) {
  const support::SkyField f = large_field(static_cast<std::size_t>(state.range(0)));
  Wcs previous = f.truth;
  previous.cx[0] += 37.0;
  sky::SolveConfig config;
  config.distortion_order = 5;
  config.choose_order = false;
  const sky::SolveHint hint{sky::TangentPlane{f.truth.centre}.deproject({0.4, -0.3}), 5.1};
  sky::Solution s;
  for (auto _ : state)
    s = sky::solve_field(f.sources, f.nx, f.ny, f.stars, hint, config,
                         with_previous ? &previous : nullptr);
  state.counters["matched"] = static_cast<double>(s.n_matched);
  state.counters["order"] = s.wcs.order;
  state.counters["rms_px"] = s.rms_px;
  state.counters["condition"] = s.condition;
}
BENCHMARK_CAPTURE(solve_large, hint, false)->Arg(4000)->Arg(20000)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(solve_large, previous, true)
    ->Arg(4000)
    ->Arg(20000)
    ->Unit(benchmark::kMillisecond);

BENCHMARK(solve_with_hint)->Unit(benchmark::kMillisecond);
BENCHMARK(solve_with_previous)->Unit(benchmark::kMillisecond);
BENCHMARK(fail_to_solve)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

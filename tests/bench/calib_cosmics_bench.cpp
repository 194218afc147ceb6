// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <benchmark/benchmark.h>

#include "calib/cosmic_rays.hpp"
#include "support/calib_cosmics.hpp"

using namespace skyweft;

namespace {

/// Cosmic rays in 2048 × 2048 px with `range` stars and 2000 hits; the copy of the mask that each
/// run starts from is part of the time. For comparison, on the same frame, one core:
///   OMP_NUM_THREADS=1 python3 -c "astroscrappy.detect_cosmics(a, invar=v, sepmed=False)"
void cosmic_rays_of_2048(benchmark::State& state) {
  auto scene = support::cosmic_scene({.nx = 2048,
                                      .ny = 2048,
                                      .n_star = static_cast<int>(state.range(0)),
                                      .n_hit = 2000,
                                      .seed = 41});
  const Mask clean = scene.frame.mask;
  for (auto _ : state) {
    scene.frame.mask = clean;
    const auto count = calib::mark_cosmic_rays(scene.frame, scene.stars, 2.5, {.cosmics = true});
    state.counters["marked"] = static_cast<double>(count.n_px);
    state.counters["rounds"] = count.rounds;
  }
}
BENCHMARK(cosmic_rays_of_2048)->Arg(0)->Arg(2000)->Arg(20000)->Unit(benchmark::kMillisecond);

}  // namespace
BENCHMARK_MAIN();

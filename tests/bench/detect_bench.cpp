// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <random>

#include <benchmark/benchmark.h>

#include "detect/detect.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;

namespace {
const Frame& star_field() {
  static const Frame field = [] {
    Frame f = support::sky_frame(4096, 4096, 200.0, 10.0, 1);
    std::mt19937 random{2};
    std::uniform_real_distribution<double> u{0.0, 1.0};
    for (int i = 0; i < 20000; ++i) {
      const double x = 4096 * u(random), y = 4096 * u(random);
      support::add_star(f, x, y, 800 / (u(random) * 0.99 + 0.01), 2.5);
    }
    return f;
  }();
  return field;
}

void background_of_4096(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(detect::estimate_background(star_field()));
}
void detect_20k_stars(benchmark::State& state) {
  const auto background = detect::estimate_background(star_field());
  for (auto _ : state)
    benchmark::DoNotOptimize(
        detect::detect_sources(star_field(), background, {.max_sources = 100000}));
}
BENCHMARK(background_of_4096)->Unit(benchmark::kMillisecond);
BENCHMARK(detect_20k_stars)->Unit(benchmark::kMillisecond);
}  // namespace
BENCHMARK_MAIN();

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// What background, peak finding and the whole detection of 20 000 stars in 4096 x 4096 px cost.
#include <random>

#include <benchmark/benchmark.h>

#include "detect/detect.hpp"
#include "detect/peaks.hpp"
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
void background_into_the_last_frames_maps(benchmark::State& state) {
  auto background = detect::estimate_background(star_field());
  for (auto _ : state) detect::estimate_background_into(background, star_field());
}
void peaks_of_20k_stars(benchmark::State& state) {
  const auto background = detect::estimate_background(star_field());
  for (auto _ : state) benchmark::DoNotOptimize(detect::find_peaks(star_field(), background, {}));
}
void detect_20k_stars(benchmark::State& state) {
  const auto background = detect::estimate_background(star_field());
  for (auto _ : state)
    benchmark::DoNotOptimize(
        detect::detect_sources(star_field(), background, {.max_sources = 100000}));
}
BENCHMARK(background_of_4096)->Unit(benchmark::kMillisecond);
BENCHMARK(background_into_the_last_frames_maps)->Unit(benchmark::kMillisecond);
BENCHMARK(peaks_of_20k_stars)->Unit(benchmark::kMillisecond);
BENCHMARK(detect_20k_stars)->Unit(benchmark::kMillisecond);
}  // namespace
BENCHMARK_MAIN();

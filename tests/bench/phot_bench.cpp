// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// 20 000 stars on a 2048 × 2048 frame, 10 apertures and the annulus.
#include <random>

#include <benchmark/benchmark.h>

#include "phot/apertures.hpp"

namespace {

void measure_20000_stars(benchmark::State& state) {
  using namespace skyweft;
  std::mt19937_64 random(1);
  std::normal_distribution<float> noise(200.0F, 15.0F);
  Frame frame;
  frame.signal_e = Grid<float>(2048, 2048);
  frame.variance_e2 = Grid<float>(2048, 2048, 225.0F);
  frame.mask = Mask(2048, 2048);
  for (float& v : frame.signal_e.pixels()) v = noise(random);
  std::uniform_real_distribution<double> place(0.0, 2047.0);
  std::vector<double> x(20000);
  std::vector<double> y(20000);
  for (double& v : x) v = place(random);
  for (double& v : y) v = place(random);
  const std::vector<float> mag(20000, 12.0F);
  phot::ApertureConfig config;
  config.radii_px = {1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5, 6};
  for (auto _ : state)
    benchmark::DoNotOptimize(phot::measure_frame(frame, {}, {}, x, y, mag, 2.2, config));
}
BENCHMARK(measure_20000_stars)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

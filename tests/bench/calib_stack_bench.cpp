// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Robust stack of 10, 30 and 100 frames, beside the same sums by the slow twin and one plain pass
// over the samples; items are samples (pixels × frames).
#include <random>
#include <string>

#include <benchmark/benchmark.h>

#include "calib/stack.hpp"
#include "support/calib_stack_twin.hpp"

namespace {

using namespace skyweft;

constexpr std::int64_t kPixels = 65536;

/// Bias-like samples with a cosmic ray in one of a thousand.
std::vector<float> samples_of(std::int64_t n_frame) {
  std::mt19937_64 random{1};
  std::normal_distribution<float> gauss{1000.0F, 5.0F};
  std::uniform_int_distribution<int> dice{0, 999};
  std::vector<float> v(static_cast<std::size_t>(n_frame * kPixels));
  for (float& x : v) x = gauss(random) + (dice(random) == 0 ? 500.0F : 0.0F);
  return v;
}

void stack(benchmark::State& state, const std::string& combine) {
  const std::int64_t n_frame = state.range(0);
  const auto samples = samples_of(n_frame);
  const calib::StackConfig config{.combine = combine};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        calib::stack_strip(samples, n_frame, kPixels, 1.0, 5.0, config, 1000.0));
  state.SetItemsProcessed(state.iterations() * n_frame * kPixels);
}
BENCHMARK_CAPTURE(stack, clip, "clip")->Arg(10)->Arg(30)->Arg(100)->Arg(300)->Arg(1000);
BENCHMARK_CAPTURE(stack, median, "median")->Arg(30);
BENCHMARK_CAPTURE(stack, minmax, "minmax")->Arg(30);
BENCHMARK_CAPTURE(stack, mean, "mean")->Arg(30);

void stack_twin(benchmark::State& state) {
  const std::int64_t n_frame = state.range(0);
  const auto samples = samples_of(n_frame);
  const calib::StackConfig config;
  const auto rule = calib::stack_rule(config, 1.0, 5.0, 1000.0);
  for (auto _ : state)
    benchmark::DoNotOptimize(support::stack_twin(samples, n_frame, kPixels, config, rule));
  state.SetItemsProcessed(state.iterations() * n_frame * kPixels);
}
BENCHMARK(stack_twin)->Arg(10)->Arg(30)->Arg(100);

/// The least any stack does: every sample read once and added.
void read_once(benchmark::State& state) {
  const std::int64_t n_frame = state.range(0);
  const auto samples = samples_of(n_frame);
  std::vector<float> sum(kPixels);
  for (auto _ : state) {
    std::ranges::fill(sum, 0.0F);
    for (std::size_t k = 0; k < samples.size(); k += kPixels)
      for (std::size_t i = 0; i < kPixels; ++i) sum[i] += samples[k + i];
    benchmark::DoNotOptimize(sum.data());
  }
  state.SetItemsProcessed(state.iterations() * n_frame * kPixels);
}
BENCHMARK(read_once)->Arg(30)->Arg(100);

}  // namespace

BENCHMARK_MAIN();

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// Magnitude fit of one frame of 20 000 stars; EPD and TFA of one star of 3000 frames, and the
// choice of 500 templates among 100 000 stars.
#include <random>

#include <benchmark/benchmark.h>

#include "lc/epd.hpp"
#include "lc/magfit.hpp"
#include "lc/tfa.hpp"
#include "support/lc_simulation.hpp"

namespace {

using namespace skyweft;

void fit_frame_20000_stars(benchmark::State& state) {
  const auto sim = support::simulate_lc({.n_frame = 2, .n_star = 20000});
  const lc::MagfitConfig config;
  const auto model = lc::magfit_model(config);
  const auto reference = lc::reference_from_frame(sim.frame(0), config);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        lc::fit_frame(sim.frame(1), sim.frame_columns(), sim.star_mag, reference, model, config));
}
BENCHMARK(fit_frame_20000_stars)->Unit(benchmark::kMillisecond);

void correct_star_3000_frames(benchmark::State& state) {
  const auto sim = support::simulate_lc({.n_frame = 3000, .n_star = 40});
  const lc::MagfitConfig config;
  const auto model = lc::magfit_model(config);
  const auto reference = lc::reference_from_frame(sim.frame(0), config);
  std::vector<lc::FrameFit> fits;
  for (std::size_t f = 0; f < sim.n_frame; ++f)
    fits.push_back(
        lc::fit_frame(sim.frame(f), sim.frame_columns(), sim.star_mag, reference, model, config));
  const auto x = sim.of_star(sim.x_px, 0);
  const auto y = sim.of_star(sim.y_px, 0);
  for (auto _ : state) {
    auto mag = sim.of_star(sim.mag, 0);
    auto quality = sim.of_star(sim.quality, 0);
    lc::correct_star(fits, model, sim.star_columns(0), sim.star_mag[0], x, y, mag, quality);
    benchmark::DoNotOptimize(mag.data());
  }
}
BENCHMARK(correct_star_3000_frames)->Unit(benchmark::kMicrosecond);

void epd_3000_frames(benchmark::State& state) {
  std::mt19937_64 random{1};
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::vector<std::vector<double>> columns(5, std::vector<double>(3000));
  for (auto& column : columns)
    for (double& v : column) v = gauss(random);
  lc::NamedColumns points;
  const char* names[] = {"x", "y", "bg", "fwhm", "airmass"};
  for (std::size_t k = 0; k < 5; ++k) points.add(names[k], columns[k]);
  std::vector<float> raw(3000);
  for (float& m : raw) m = static_cast<float>(10.0 + 0.01 * gauss(random));
  const Terms terms = Terms::parse("O1{x, y, bg, fwhm, airmass}");
  for (auto _ : state) {
    auto mag = raw;
    std::vector<QualityBits> quality(3000, 0);
    benchmark::DoNotOptimize(lc::detrend_external(mag, quality, points, terms, {}, {}));
  }
}
BENCHMARK(epd_3000_frames)->Unit(benchmark::kMicrosecond);

void tfa_3000_frames_300_templates(benchmark::State& state) {
  std::mt19937_64 random{1};
  std::normal_distribution<float> gauss{10.0F, 0.01F};
  std::vector<std::int64_t> rows;
  std::vector<lc::SkyPoint> at;
  for (std::int64_t j = 0; j < 300; ++j) {
    rows.push_back(j);
    at.push_back({static_cast<double>(j), 0.0});
  }
  std::vector<float> mags(300 * 3000);
  for (float& m : mags) m = gauss(random);
  const auto set = lc::make_templates(rows, at, mags, 3000, {});
  std::vector<float> raw(3000);
  for (float& m : raw) m = gauss(random);
  for (auto _ : state) {
    auto mag = raw;
    std::vector<QualityBits> quality(3000, 0);
    benchmark::DoNotOptimize(lc::detrend_star(mag, quality, -1, {-1.0, 0.0}, set, {}, {}));
  }
}
BENCHMARK(tfa_3000_frames_300_templates)->Unit(benchmark::kMillisecond);

void choose_500_of_100000(benchmark::State& state) {
  std::mt19937_64 random{1};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::vector<lc::TemplateCandidate> stars(100000);
  for (auto& s : stars)
    s = {8.0 + 5.0 * uniform(random), 0.01, 3000, {uniform(random), uniform(random)}, false};
  for (auto _ : state) benchmark::DoNotOptimize(lc::choose_templates(stars, 30000, {}));
}
BENCHMARK(choose_500_of_100000)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/magfit_stages.hpp"

#include <cmath>
#include <random>

#include <fmt/format.h>

#include "lc/magfit_correct.hpp"
#include "lc/magfit_frame.hpp"

namespace skyweft::bench {
namespace {

constexpr std::size_t kStars = 100'000;
constexpr std::size_t kFrames = 5'000;
constexpr const char* kTerms = "O3{x,y,mag}";  // 20 of them

/// One frame with noise and one outlier in a hundred, so that rounds of rejection are needed.
struct BigFrame {
  std::vector<float> mag, mag_err, x, y;
  std::vector<double> star_mag;
  std::vector<QualityBits> quality;
  lc::Reference reference;
  lc::NamedColumns columns;

  BigFrame() : quality(kStars, 0) {
    std::mt19937_64 random{3};
    std::normal_distribution<double> gauss;
    std::uniform_real_distribution<double> flat{0.0, 1.0};
    for (std::size_t i = 0; i < kStars; ++i) {
      star_mag.push_back(8.0 + 6.0 * flat(random));
      x.push_back(static_cast<float>(4096.0 * flat(random)));
      y.push_back(static_cast<float>(4096.0 * flat(random)));
      const double u = static_cast<double>(x[i]) / 4096.0;
      const double v = static_cast<double>(y[i]) / 4096.0;
      const double sigma = 0.005 + 0.03 * flat(random);
      double m = star_mag[i] + 0.3 + 0.1 * u * v + 0.05 * u * u * u +
                 0.01 * (star_mag[i] - 11.0) * u + sigma * gauss(random);
      if (i % 100 == 0) m += flat(random) - 0.5;
      mag.push_back(static_cast<float>(m));
      mag_err.push_back(static_cast<float>(sigma));
    }
    reference = {star_mag, std::vector<double>(kStars, 0.001),
                 std::vector<std::uint8_t>(kStars, 1)};
    columns.add("mag", star_mag);
  }
  BigFrame(const BigFrame&) = delete;
  FrameSlice slice() const {
    return {.mag = mag, .mag_err = mag_err, .x_px = x, .y_px = y, .quality = quality};
  }
};

lc::FrameFit time_frames(const Options& options, const Floors& floors, const BigFrame& at,
                         const lc::MagfitModel& model, const lc::MagfitConfig& config,
                         Table& table) {
  lc::FrameFit fit;
  for (const int n_ap : {1, 4}) {
    const Cost cost = median_cost(options.n_run, [&] {
      lc::FrameFitter fitter{at.x, at.y, at.columns, at.star_mag, model, config};
      for (int a = 0; a < n_ap; ++a) fit = fitter.fit(at.slice(), at.reference);
    });
    const double n_term = static_cast<double>(model.levels[0].n_term());
    Row row = make_row("light curves", fmt::format("magnitude fit, {} aperture(s)", n_ap),
                       fmt::format("{} stars x {:.0f} terms", kStars, n_term), cost, Clock::cpu, 1,
                       "frames/s");
    compare(row, "product", floors.gemm_gflop_s, "GFLOP/s",
            2e-9 * n_ap * static_cast<double>(kStars) * n_term * n_term);
    row.note = fmt::format(
        "{:.1f} ms per aperture, {} stars left by rejection, normal matrix "
        "counted once",
        1e3 * cost.cpu_s / n_ap, fit.n_used);
    table.add(std::move(row));
  }
  return fit;
}

void time_star(const Options& options, const lc::FrameFit& fit, const lc::MagfitModel& model,
               Table& table) {
  const lc::FrameCorrections corrections{{std::vector<lc::FrameFit>(kFrames, fit)}, model};
  const std::vector<float> x(kFrames, 100.0F);
  const std::vector<float> y(kFrames, 200.0F);
  std::vector<float> mag(kFrames, 10.0F);
  std::vector<QualityBits> quality(kFrames, 0);
  lc::NamedColumns star;
  star.add_scalar("mag", 10.0);
  const Cost cost = median_cost(options.n_run, [&] {
    for (int k = 0; k < 100; ++k) corrections.correct_star(star, 10.0, x, y, mag, quality);
  });
  Row row =
      make_row("light curves", "magnitude correction of a star",
               fmt::format("100 times {} frames x {} terms", kFrames, model.levels[0].n_term()),
               cost, Clock::cpu, 1e-6 * 100.0 * static_cast<double>(kFrames), "Mpoints/s");
  table.add(std::move(row));
}

}  // namespace

void time_magfit_stages(const Options& options, const Floors& floors, Table& table) {
  const BigFrame at;
  const lc::MagfitConfig config{.terms = {kTerms}};
  const lc::MagfitModel model = lc::magfit_model(config);
  const lc::FrameFit fit = time_frames(options, floors, at, model, config, table);
  std::vector<double> terms(kStars * static_cast<std::size_t>(model.levels[0].n_term()));
  const std::vector<double> x(at.x.begin(), at.x.end());
  const std::vector<double> y(at.y.begin(), at.y.end());
  lc::NamedColumns columns = at.columns;
  columns.add("x", x);
  columns.add("y", y);
  const Cost cost = median_cost(options.n_run, [&] {
    model.levels[0].evaluate_columns(columns.columns_of(model.levels[0]), kStars, terms.data(),
                                     kStars);
  });
  Row row = make_row("light curves", "evaluation of terms",
                     fmt::format("{} stars x {} terms", kStars, model.levels[0].n_term()), cost,
                     Clock::cpu, 1e-6 * static_cast<double>(terms.size()), "Mvalues/s");
  compare(row, "write", floors.copy_gb_s, "GB/s", 8e-9 * static_cast<double>(terms.size()));
  table.add(std::move(row));
  time_star(options, fit, model, table);
}

}  // namespace skyweft::bench

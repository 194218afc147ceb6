// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/tfa_stages.hpp"

#include <cmath>
#include <random>
#include <span>
#include <vector>

#include <Eigen/Dense>
#include <fmt/format.h>

#include "core/blas.hpp"
#include "lc/tfa.hpp"

namespace skyweft::bench {
namespace {

constexpr std::int64_t kFrames = 5000;
constexpr std::int64_t kTemplates = 200;
constexpr std::int64_t kStars = 1024;
constexpr std::int64_t kTwinStars = 3;
constexpr double kMissing = 0.05;

/// Five slow trends with loads of their own, and 5 mmag of noise: [star][frame].
std::vector<float> curves(std::int64_t n_star, unsigned seed) {
  std::mt19937_64 random{seed};
  std::normal_distribution<float> gauss{0.0F, 1.0F};
  std::uniform_real_distribution<double> uniform{0.0, 1.0};
  std::mt19937_64 common{7};
  std::vector<std::vector<float>> trends(5);
  for (auto& trend : trends) {
    float level = 0.0F;
    for (std::int64_t i = 0; i < kFrames; ++i) {
      level = 0.99F * level + 0.14F * gauss(common);
      trend.push_back(level);
    }
  }
  std::vector<float> out;
  for (std::int64_t s = 0; s < n_star; ++s) {
    std::vector<float> load;
    for (std::size_t t = 0; t < trends.size(); ++t) load.push_back(0.01F * gauss(random));
    for (std::size_t i = 0; i < static_cast<std::size_t>(kFrames); ++i) {
      float m = 11.0F + 0.005F * gauss(random);
      for (std::size_t t = 0; t < trends.size(); ++t) m += load[t] * trends[t][i];
      out.push_back(uniform(random) < kMissing ? NAN : m);
    }
  }
  return out;
}

/// GFLOP/s of the BLAS in use, double, one thread.
double product_floor(const Options& options, Table& table) {
  constexpr Eigen::Index kSide = 1024;
  const Eigen::MatrixXd a = Eigen::MatrixXd::Random(kSide, kSide);
  const Eigen::MatrixXd b = Eigen::MatrixXd::Random(kSide, kSide);
  Eigen::MatrixXd c = Eigen::MatrixXd::Zero(kSide, kSide);
  const Cost cost = median_cost(options.n_run, [&] {
    blas::product(c, 1.0, a, blas::Side::as_is, b, blas::Side::as_is, 0.0);
    keep(c);
  });
  table.add(make_row("floors", "matrix product, BLAS", "1024^3 double", cost, Clock::cpu,
                     2e-9 * std::pow(static_cast<double>(kSide), 3), "GFLOP/s"));
  return table.rows().back().rate;
}

/// The fit from scratch: least squares over the star's own points.
double twin_rms(std::span<const float> mag, const Eigen::MatrixXd& columns) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < mag.size(); ++i)
    if (std::isfinite(mag[i])) rows.push_back(static_cast<Eigen::Index>(i));
  const Eigen::MatrixXd a = columns(rows, Eigen::all);
  Eigen::VectorXd b(a.rows());
  for (std::size_t k = 0; k < rows.size(); ++k)
    b[static_cast<Eigen::Index>(k)] = static_cast<double>(mag[static_cast<std::size_t>(rows[k])]);
  const Eigen::VectorXd r = b - a * a.householderQr().solve(b);
  return std::sqrt(r.squaredNorm() / static_cast<double>(a.rows() - a.cols()));
}

}  // namespace

void time_tfa_stages(const Options& options, const Floors&, Table& table) {
  const double floor = product_floor(options, table);
  const lc::TfaConfig config;
  std::vector<std::int64_t> rows;
  std::vector<lc::SkyPoint> at;
  for (std::int64_t j = 0; j < kTemplates; ++j) {
    rows.push_back(j);
    at.push_back({static_cast<double>(j), 0.0});
  }
  const std::vector<float> templates = curves(kTemplates, 1);
  lc::TemplateSet set;
  const Cost setup = median_cost(
      options.n_run, [&] { set = lc::make_templates(rows, at, templates, kFrames, config); });
  const auto width = static_cast<double>(kTemplates + 1);
  const auto n_frame = static_cast<double>(kFrames);
  Row row = make_row("light curves", "TFA templates",
                     fmt::format("{} templates x {} frames", kTemplates, kFrames), setup,
                     Clock::cpu, 14e-9 * n_frame * width * width, "GFLOP/s");
  row.note = "gaps, normal matrices, orthonormal basis: once per group and aperture";
  table.add(std::move(row));

  const std::vector<float> stars = curves(kStars, 2);
  std::vector<lc::TfaStar> known;
  for (std::int64_t s = 0; s < kStars; ++s)
    known.push_back({.row = kTemplates + s, .at = {static_cast<double>(s), 9.0}});
  std::vector<float> mag;
  std::vector<QualityBits> quality;
  std::vector<lc::TfaFit> fits;
  const Cost cost = median_cost(
      options.n_run, [&] { fits = lc::detrend_tile(mag, quality, known, set, config); },
      [&] {
        mag = stars;
        quality.assign(stars.size(), 0);
      });
  // Of the two products with the templates; what the gaps cost is not counted.
  const double gflop = 4e-9 * n_frame * width * static_cast<double>(kStars);
  row = make_row("light curves", "TFA",
                 fmt::format("{} stars x {} frames x {} templates", kStars, kFrames, kTemplates),
                 cost, Clock::cpu, static_cast<double>(kStars), "curves/s");
  compare(row, "BLAS", floor, "GFLOP/s", gflop);
  row.note = fmt::format("{:.3f} ms per star, {:.1f} GFLOP/s of two products; gaps not counted",
                         1e3 * cost.cpu_s / static_cast<double>(kStars), gflop / cost.cpu_s);
  table.add(std::move(row));

  const Eigen::MatrixXd columns = lc::template_columns(templates, kTemplates, kFrames, config);
  double worst = 0.0;
  const Cost twin = median_cost(1, [&] {
    for (std::int64_t s = 0; s < kTwinStars; ++s) {
      const double rms = twin_rms(std::span{stars}.subspan(static_cast<std::size_t>(s * kFrames),
                                                           static_cast<std::size_t>(kFrames)),
                                  columns);
      worst = std::max(worst, std::abs(rms - fits[static_cast<std::size_t>(s)].rms_mag));
    }
  });
  row = make_row("light curves", "TFA from scratch", fmt::format("{} stars", kTwinStars), twin,
                 Clock::cpu, static_cast<double>(kTwinStars), "curves/s");
  row.note = fmt::format("{:.0f} ms per star; rms differs by {:.1e} mag at most",
                         1e3 * twin.cpu_s / static_cast<double>(kTwinStars), worst);
  table.add(std::move(row));
}

}  // namespace skyweft::bench

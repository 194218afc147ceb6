// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "bench/epd_stages.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <random>

#include <fmt/format.h>

#include "lc/epd_group.hpp"

namespace skyweft::bench {
namespace {

constexpr std::size_t kFrames = 5000;
constexpr std::size_t kStars = 64;

constexpr const char* kPolynomials = "O2{s, d, k, bg, x} + {airmass}";
constexpr const char* kHat =
    "{s, s^2, d, d^2, k, k^2, s*d, s*k, d*k, sin(2*pi*x), cos(2*pi*x), sin(2*pi*y), cos(2*pi*y), "
    "sin(4*pi*x), cos(4*pi*x), sin(4*pi*y), cos(4*pi*y), bg, airmass, hour_angle}";
constexpr const char* kFrameTerms = "O3{airmass, hour_angle, fwhm}";

/// Stars of one kind: what is random is drawn once.
struct Curves {
  std::vector<std::vector<double>> own;  ///< [name]
  std::vector<std::vector<double>> frame;
  std::vector<float> mag;  ///< [ap][frame]
  std::vector<QualityBits> quality = std::vector<QualityBits>(kFrames, 0);

  explicit Curves(std::size_t n_ap) {
    std::mt19937_64 random{3};
    std::normal_distribution<double> gauss{0.0, 1.0};
    std::uniform_real_distribution<double> flat{0.0, 1.0};
    const auto draw = [&](double mean, double sigma) {
      std::vector<double> column(kFrames);
      for (double& v : column) v = mean + sigma * gauss(random);
      return column;
    };
    own = {draw(1000.0, 3.0), draw(700.0, 3.0), draw(800.0, 50.0),
           draw(1.2, 0.1),    draw(0.0, 0.05),  draw(0.0, 0.05)};
    frame = {draw(1.4, 0.2), draw(0.0, 40.0), draw(2.5, 0.2)};
    std::vector<bool> is_gone(kFrames);
    for (std::size_t f = 0; f < kFrames; ++f) is_gone[f] = flat(random) < 0.03;
    for (std::size_t a = 0; a < n_ap; ++a) {
      for (std::size_t f = 0; f < kFrames; ++f) {
        double m = 11.0 + 0.05 * own[4][f] + 0.01 * frame[0][f] + 0.003 * gauss(random);
        if (flat(random) < 0.002) m += 0.1;
        mag.push_back(is_gone[f] ? std::numeric_limits<float>::quiet_NaN() : static_cast<float>(m));
      }
    }
  }
};

void time_terms(const Options& options, const Floors& floors, const char* kind, const char* text,
                std::size_t n_ap, bool has_own_products, Table& table) {
  const Curves curves{n_ap};
  const Terms terms = Terms::parse(text);
  lc::NamedColumns shared;
  constexpr std::array frame_names{"airmass", "hour_angle", "fwhm"};
  for (std::size_t k = 0; k < frame_names.size(); ++k) shared.add(frame_names[k], curves.frame[k]);
  constexpr std::array own_names{"x", "y", "bg", "s", "d", "k"};
  std::vector<std::int64_t> frames(kFrames);
  std::iota(frames.begin(), frames.end(), std::int64_t{0});
  const lc::EpdGroup group{terms, shared, frames, {}};
  std::vector<std::span<const double>> own;
  for (const std::string& name : group.own_names())
    own.emplace_back(
        curves
            .own[static_cast<std::size_t>(std::ranges::find(own_names, name) - own_names.begin())]);
  lc::EpdWork work;
  std::vector<float> mag;
  std::vector<QualityBits> quality;
  const Cost cost = median_cost(options.n_run, [&] {
    for (std::size_t star = 0; star < kStars; ++star) {
      mag = curves.mag;
      quality = curves.quality;
      group.detrend({.mag = mag, .quality = quality, .own = {.columns = own, .signals = {}}}, work);
    }
  });
  const auto n_curve = static_cast<double>(kStars * n_ap);
  const auto n_term = static_cast<double>(terms.n_term());
  const auto n_point = static_cast<double>(kFrames);
  // Products once per star (their lower triangle), right-hand side and model once per curve.
  const double gflop =
      1e-9 * n_point *
      ((has_own_products ? static_cast<double>(kStars) * n_term * (n_term + 1.0) : 0.0) +
       n_curve * 4.0 * n_term);
  Row row = make_row("light curves", fmt::format("EPD, {}, {} ap", kind, n_ap),
                     fmt::format("{} terms x {} frames", terms.n_term(), kFrames), cost, Clock::cpu,
                     n_curve, "curves/s");
  compare(row, "product", floors.gemm_gflop_s, "GFLOP/s", gflop);
  row.note = fmt::format("{:.3g} Mpoints/s, {:.1f} GFLOP/s of one round",
                         1e-6 * n_curve * n_point / cost.cpu_s, gflop / cost.cpu_s);
  table.add(std::move(row));
}

}  // namespace

void time_epd_stages(const Options& options, const Floors& floors, Table& table) {
  for (const std::size_t n_ap : {1U, 6U}) {
    time_terms(options, floors, "polynomials of the star", kPolynomials, n_ap, true, table);
    time_terms(options, floors, "HAT's terms", kHat, n_ap, true, table);
    time_terms(options, floors, "terms of the frame", kFrameTerms, n_ap, false, table);
  }
}

}  // namespace skyweft::bench

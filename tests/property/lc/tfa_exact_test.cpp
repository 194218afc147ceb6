// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
// TFA against fresh least squares over each star's own points, whatever is missing or barred.
#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "lc/tfa.hpp"
#include "lc/tfa_system.hpp"
#include "support/lc_tfa_twin.hpp"

namespace skyweft::lc {
namespace {

using support::dense_tfa;

/// Templates that share three trends of 10 mmag, with 2 mmag of noise of their own; [star][frame].
std::vector<float> series(std::int64_t n_star, std::int64_t n_frame, std::mt19937_64& random) {
  std::normal_distribution<double> gauss{0.0, 1.0};
  std::vector<double> load;
  std::vector<float> out;
  for (std::int64_t s = 0; s < n_star; ++s) {
    load = {gauss(random), gauss(random), gauss(random)};
    for (std::int64_t i = 0; i < n_frame; ++i) {
      double m = 11.0 + 0.002 * gauss(random);
      for (std::size_t t = 0; t < 3; ++t)
        m += 0.01 * load[t] *
             std::sin(0.01 * static_cast<double>((t + 1) * static_cast<std::size_t>(i)));
      out.push_back(static_cast<float>(m));
    }
  }
  return out;
}

TEST(TfaExact, EqualsLeastSquaresOverTheStarsOwnPoints) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937_64 random{seed};
    std::uniform_real_distribution<double> uniform{0.0, 1.0};
    const auto n_template = static_cast<std::int64_t>(2 + random() % 40);
    const auto n_frame =
        static_cast<std::int64_t>(6 * n_template + 20 + static_cast<std::int64_t>(random() % 900));
    const std::vector<float> templates = series(n_template, n_frame, random);
    std::vector<std::int64_t> rows;
    std::vector<SkyPoint> at;
    for (std::int64_t j = 0; j < n_template; ++j) {
      rows.push_back(10 + j);
      at.push_back({0.01 * static_cast<double>(j), 0.0});  // 36 arcsec apart
    }
    TfaConfig config;
    config.reject = 1e6;
    config.exclude_radius_arcsec = 40.0 * static_cast<double>(random() % 3);  // 0, 2 or 4 others
    const TemplateSet set = make_templates(rows, at, templates, n_frame, config);
    const Eigen::MatrixXd columns = template_columns(templates, n_template, n_frame, config);
    std::vector<float> star = series(1, n_frame, random);
    // Random gaps, a gap of a third of the time, or both.
    const double share = seed % 4 == 0 ? 0.55 : 0.1 * uniform(random);
    for (std::size_t i = 0; i < star.size(); ++i)
      if (uniform(random) < share || (seed % 3 == 0 && i < star.size() / 3)) star[i] = NAN;
    const std::int64_t own = seed % 2 == 0 ? static_cast<std::int64_t>(random()) % n_template : -1;
    const SkyPoint place = own >= 0 ? at[static_cast<std::size_t>(own)] : SkyPoint{50.0, 50.0};
    std::vector<QualityBits> quality(star.size(), 0);
    const std::vector<float> before = star;
    const TfaFit fit =
        detrend_star(star, quality, own >= 0 ? 10 + own : -1, place, set, {}, config);

    std::vector<Eigen::Index> kept{0};
    for (std::int64_t j = 0; j < n_template; ++j) {
      const double away_arcsec = 36.0 * static_cast<double>(std::abs(j - own));
      const bool is_out = own >= 0 && (j == own || away_arcsec <= config.exclude_radius_arcsec);
      if (!is_out) kept.push_back(j + 1);
    }
    EXPECT_EQ(fit.n_template, static_cast<std::int64_t>(kept.size()) - 1);
    if (fit.outcome != TfaOutcome::fitted) continue;
    const auto twin = dense_tfa(before, columns(Eigen::all, kept), support::finite_points(before));
    EXPECT_EQ(fit.n_used, twin.n_used);
    EXPECT_EQ(fit.rank, twin.rank);
    // Stationary at the solution: see solve_systems. Residuals are kept as float: 1e-7 of 30 mmag.
    EXPECT_NEAR(fit.rms_mag, twin.rms, 1e-10) << seed;
    double mean = 0.0;
    for (const float m : before)
      mean += std::isfinite(m) ? static_cast<double>(m) / static_cast<double>(twin.n_used) : 0.0;
    for (std::size_t i = 0; i < star.size(); ++i) {
      if (!std::isfinite(before[i])) continue;
      // Half a step of float at 11 mag, 4.8e-7, and 1e-7 of a model of 30 mmag where the star sees
      // a tenth of a direction at least.
      ASSERT_NEAR(static_cast<double>(star[i]), twin.residual[i] + mean, 4.8e-7 + 3e-8) << seed;
    }
  }
}

TEST(TfaExact, FindsTheSolutionWhereConjugateGradientsWouldBeSlow) {
  // The star sees 1e-3 of one direction: templates that vary 30 times more in the third it lacks.
  std::mt19937_64 random{3};
  constexpr std::int64_t kFrames = 600;
  std::vector<float> templates = series(12, kFrames, random);
  std::normal_distribution<float> gauss{0.0F, 0.1F};
  for (std::size_t j = 0; j < 12; ++j)
    for (std::size_t i = 0; i < 200; ++i) templates[j * kFrames + i] += gauss(random);
  std::vector<std::int64_t> rows(12);
  std::vector<SkyPoint> at(12, SkyPoint{9.0, 9.0});
  for (std::size_t j = 0; j < 12; ++j) rows[j] = static_cast<std::int64_t>(j);
  TfaConfig config;
  config.reject = 1e6;
  const TemplateSet set = make_templates(rows, at, templates, kFrames, config);
  std::vector<float> star = series(1, kFrames, random);
  std::fill_n(star.begin(), 200, NAN);
  const auto twin = dense_tfa(star, template_columns(templates, 12, kFrames, config),
                              support::finite_points(star));
  std::vector<QualityBits> quality(kFrames, 0);
  const TfaFit fit = detrend_star(star, quality, -1, {0.0, 0.0}, set, {}, config);
  EXPECT_EQ(fit.rank, 13);
  EXPECT_NEAR(fit.rms_mag, twin.rms, 1e-9);
  // A factor gives the same.
  std::vector<std::uint8_t> used(kFrames, 1);
  std::fill_n(used.begin(), 200, 0);
  const UsedPoints points = list_points(used);
  const StarFactor factor{set, points, Eigen::MatrixXd(set.basis.rows(), 0)};
  Eigen::VectorXd right = Eigen::VectorXd::Zero(set.basis.rows());
  for (Eigen::Index i = 200; i < kFrames; ++i)
    right += (static_cast<double>(star[static_cast<std::size_t>(i)]) - 11.0) * set.basis.col(i);
  std::vector<StarSystem> systems{{.points = &points, .right = right, .x = {}}};
  solve_systems(set, systems);
  if (systems[0].is_solved) {
    const Eigen::VectorXd off = systems[0].x - factor.solve(right);
    EXPECT_LT(off.norm(), 1e-7 * right.norm() / 1e-3);  // the rest over the smallest eigenvalue
  }
}

TEST(TfaExact, IsDefinedForDegenerateStars) {
  std::mt19937_64 random{4};
  constexpr std::int64_t kFrames = 90;
  const std::vector<float> templates = series(6, kFrames, random);
  const std::vector<std::int64_t> rows{0, 1, 2, 3, 4, 5};
  const std::vector<SkyPoint> at(6, SkyPoint{1.0, 1.0});
  const TfaConfig config;
  const TemplateSet set = make_templates(rows, at, templates, kFrames, config);
  const auto filtered = [&](std::vector<float> mag, SkyPoint place, TfaOutcome outcome) {
    const std::vector<float> before = mag;
    std::vector<QualityBits> quality(mag.size(), 0);
    const TfaFit fit = detrend_star(mag, quality, -1, place, set, {}, config);
    EXPECT_EQ(fit.outcome, outcome);
    const bool is_fitted = outcome == TfaOutcome::fitted;
    EXPECT_EQ(quality[0] == quality::tfa_not_fitted, !is_fitted);
    EXPECT_TRUE(std::isfinite(fit.rms_mag));
    for (std::size_t i = 0; i < mag.size(); ++i) {
      EXPECT_EQ(std::isfinite(mag[i]), std::isfinite(before[i]));
      if (!is_fitted && std::isfinite(before[i])) {
        EXPECT_EQ(mag[i], before[i]);
      }
    }
  };
  const SkyPoint far{9.0, 9.0};
  std::vector<float> one(kFrames, NAN);
  filtered(one, far, TfaOutcome::too_few_points);
  one[4] = 11.0f;
  filtered(one, far, TfaOutcome::too_few_points);
  filtered(std::vector<float>(kFrames, 11.0f), far, TfaOutcome::fitted);
  filtered(std::vector<float>(kFrames, INFINITY), far, TfaOutcome::too_few_points);
  filtered(series(1, kFrames, random), {1.0, 1.0}, TfaOutcome::no_template);  // all are neighbours
  std::vector<float> wild = series(1, kFrames, random);
  wild[3] = 3e38f;
  wild[4] = -3e38f;
  filtered(wild, far, TfaOutcome::fitted);
}

TEST(TfaExact, IsDefinedForDegenerateTemplates) {
  TfaConfig config;
  const std::vector<std::int64_t> rows{0, 1, 2};
  const std::vector<SkyPoint> at(3, SkyPoint{1.0, 1.0});
  // One frame; all NaN; constant; all the same.
  const TemplateSet one = make_templates(rows, at, std::vector<float>(3, 11.0f), 1, config);
  EXPECT_EQ(one.rank, 1);
  for (const float value : {NAN, 11.0f}) {
    const TemplateSet flat = make_templates(rows, at, std::vector<float>(300, value), 100, config);
    EXPECT_EQ(flat.rank, 1);
    std::vector<float> mag(100, 12.0f);
    mag[7] = 12.1f;
    std::vector<QualityBits> quality(100, 0);
    const TfaFit fit = detrend_star(mag, quality, -1, {5.0, 5.0}, flat, {}, config);
    EXPECT_EQ(fit.outcome, TfaOutcome::fitted);
    for (std::size_t i = 0; i < 100; ++i) {
      EXPECT_NEAR(mag[i], i == 7 ? 12.1f : 12.0f, 1e-6f);
    }
  }
  EXPECT_EQ(make_templates({}, {}, {}, 50, config).rank, 1);
}

}  // namespace
}  // namespace skyweft::lc

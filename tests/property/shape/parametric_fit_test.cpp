// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/parametric_fit.hpp"

#include <cmath>
#include <random>

#include <Eigen/Dense>
#include <gtest/gtest.h>

#include "shape/lower_terms.hpp"
#include "support/shape_models_twin.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

/// S, D, K, β as 1, u, v; Gaussians leave β out.
constexpr std::array<std::array<double, 4>, 3> kTruth{{
    {1.20, 0.10, -0.06, 3.0},
    {-0.08, 0.03, 0.02, 0.2},
    {0.05, -0.02, 0.04, -0.1},
}};

struct Scene {
  Frame frame;
  std::vector<double> x, y, flux, sky, u, v;
  NamedColumns columns;
};

constexpr std::int64_t kSide = 240;

std::array<double, 4> truth_at(double u, double v) {
  std::array<double, 4> p{};
  for (std::size_t k = 0; k < 4; ++k) p[k] = kTruth[0][k] + u * kTruth[1][k] + v * kTruth[2][k];
  return p;
}

/// n × n stars on a jittered lattice, every third with a companion 3 px away; light within `reach`.
Scene scene_of(PsfKind kind, std::int64_t n, double reach, const SubPixelMap& map, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> flat(-1.0, 1.0);
  Scene s;
  const double step = static_cast<double>(kSide) / static_cast<double>(n);
  for (std::int64_t i = 0; i < n * n; ++i) {
    s.x.push_back((static_cast<double>(i % n) + 0.5) * step + flat(random));
    s.y.push_back((static_cast<double>(i / n) + 0.5) * step + flat(random));
    s.flux.push_back(std::exp(9.5 + flat(random)));
    if (i % 3 != 0) continue;
    s.x.push_back(s.x.back() + 2.4);
    s.y.push_back(s.y.back() - 1.8);
    s.flux.push_back(0.7 * s.flux.back());
  }
  s.sky.assign(s.x.size(), 0.0);
  s.frame = support::dark_frame(kSide, kSide);
  Grid<double> light(kSide, kSide, 0.0);
  const PlaceColumns place(s.x, s.y, kSide, kSide);
  s.u = place.u;
  s.v = place.v;
  for (std::size_t i = 0; i < s.x.size(); ++i)
    support::add_star(light, kind, truth_at(s.u[i], s.v[i]), s.x[i], s.y[i], s.flux[i], reach, map);
  for (std::size_t i = 0; i < light.pixels().size(); ++i)
    s.frame.signal_e.pixels()[i] = static_cast<float>(light.pixels()[i]);
  s.columns.add("u", s.u);
  s.columns.add("v", s.v);
  return s;
}

/// Makes σ of a pixel its value and 30 e⁻, so that what rounds pixels to 24 bits weighs alike.
void weigh_alike(Scene& s) {
  for (std::size_t i = 0; i < s.frame.signal_e.pixels().size(); ++i) {
    const float v = s.frame.signal_e.pixels()[i];
    s.frame.variance_e2.pixels()[i] = 1e-6f * (v * v + 900.0f);
  }
}

StarInput input_of(const Scene& s) {
  return {.frame = &s.frame,
          .x_px = s.x,
          .y_px = s.y,
          .background_e = s.sky,
          .flux_e = s.flux,
          .columns = &s.columns};
}

void expect_truth(const ParametricFit& fit, std::size_t n_par, double tolerance) {
  ASSERT_EQ(fit.map.coefficient.size(), 3 * n_par);
  EXPECT_TRUE(fit.map.converged);
  for (std::size_t t = 0; t < 3; ++t)
    for (std::size_t p = 0; p < n_par; ++p)
      EXPECT_NEAR(fit.map.coefficient[t * n_par + p], kTruth[t][p], tolerance) << t << ' ' << p;
}

class Recovery : public testing::TestWithParam<bool> {
 protected:
  SubPixelMap map_ = GetParam() ? support::quarter_map() : SubPixelMap{};
};

TEST_P(Recovery, OfAGaussianMapWithoutNoiseIsExact) {
  Scene s = scene_of(PsfKind::gaussian, 7, 6.0, map_, 5);
  weigh_alike(s);
  const auto fit = fit_parametric_map(input_of(s), map_,
                                      {.terms = "O1{u,v}",
                                       .start_fwhm_px = 2.6,
                                       .reach_px = 6.0,
                                       .tolerance = 1e-10,
                                       .smooth_variances = false});
  // Pixels are stored with 24 bits, errors of at most 6e-8 of each, rms 2e-8. Some 20 a star count,
  // with ∂ ln φ/∂S of order 1: 5e-9 a star, 1e-9 of a coefficient of u or v of 65 stars.
  expect_truth(fit, 3, 1e-8);
  EXPECT_EQ(fit.star.size(), s.x.size());
  for (std::size_t i = 0; i < fit.star.size(); ++i)
    EXPECT_NEAR(fit.flux_e[i] / s.flux[static_cast<std::size_t>(fit.star[i])], 1.0, 1e-7);
}

TEST_P(Recovery, OfAMoffatMapWithoutNoiseIsExact) {
  Scene s = scene_of(PsfKind::moffat, 5, 9.0, map_, 6);
  weigh_alike(s);
  const auto fit = fit_parametric_map(input_of(s), map_,
                                      {.kind = PsfKind::moffat,
                                       .terms = "O1{u,v}",
                                       .start_fwhm_px = 2.2,
                                       .reach_px = 9.0,
                                       .tolerance = 1e-10,
                                       .smooth_variances = false});
  // As above with 34 stars; flux, S and β trade the wings, which costs a factor of 30: 5e-8.
  expect_truth(fit, 4, 1e-6);
}

INSTANTIATE_TEST_SUITE_P(UniformAndQuarterPixels, Recovery, testing::Values(false, true));

/// Σ (c − truth)ᵀ C⁻¹ (c − truth) over 18 fits of 9 coefficients: χ² of 162 with σ = 18.
double scatter_over_covariance(bool measured_variance) {
  double sum = 0.0;
  const Scene clean = scene_of(PsfKind::gaussian, 7, 6.0, {}, 7);
  for (unsigned seed = 1; seed <= 18; ++seed) {
    Scene s = clean;
    s.columns.add("u", s.u);
    s.columns.add("v", s.v);
    std::mt19937_64 random(100 + seed);
    std::normal_distribution<double> noise;
    for (std::size_t i = 0; i < s.frame.signal_e.pixels().size(); ++i) {
      const double variance = 50.0 + static_cast<double>(clean.frame.signal_e.pixels()[i]);
      s.frame.variance_e2.pixels()[i] = static_cast<float>(variance);
      s.frame.signal_e.pixels()[i] +=
          static_cast<float>(40.0 + std::sqrt(variance) * noise(random));
      if (measured_variance)
        s.frame.variance_e2.pixels()[i] = std::max(10.0f, s.frame.signal_e.pixels()[i] + 10.0f);
    }
    s.sky.assign(s.x.size(), 40.0);
    const auto fit = fit_parametric_map(
        input_of(s), {}, {.terms = "O1{u,v}", .start_fwhm_px = 2.6, .reach_px = 6.0});
    if (fit.map.coefficient.size() != 9u) return kNaN;
    EXPECT_TRUE(fit.map.converged);
    EXPECT_NEAR(fit.map.chi2_dof, 1.0, 5.0 * std::sqrt(2.0 / static_cast<double>(fit.map.n_pixel)));
    Eigen::VectorXd off(9);
    for (Eigen::Index t = 0; t < 3; ++t)
      for (Eigen::Index p = 0; p < 3; ++p)
        off[3 * t + p] = fit.map.coefficient[static_cast<std::size_t>(3 * t + p)] -
                         kTruth[static_cast<std::size_t>(t)][static_cast<std::size_t>(p)];
    const Eigen::Map<const Eigen::MatrixXd> covariance(fit.covariance.data(), 9, 9);
    sum += off.dot(covariance.ldlt().solve(off));
  }
  return sum;
}

TEST(ParametricFit, ScattersByItsCovariance) {
  EXPECT_NEAR(scatter_over_covariance(false), 162.0, 4.0 * 18.0);
}

TEST(ParametricFit, IsNotBiasedByVariancesThatFollowThePixels) {
  EXPECT_NEAR(scatter_over_covariance(true), 162.0, 4.0 * 18.0);
}

TEST(ParametricFit, LeavesOutStruckPixelsAndStrangeStars) {
  Scene s = scene_of(PsfKind::gaussian, 7, 6.0, {}, 8);
  std::mt19937_64 random(3);
  std::normal_distribution<double> noise;
  for (float& v : s.frame.signal_e.pixels()) v += static_cast<float>(noise(random));
  const std::size_t struck = 5;
  const std::size_t masked = 9;
  const auto pixel = [&](std::size_t i, std::int64_t dx) -> std::pair<std::int64_t, std::int64_t> {
    return {std::llround(s.x[i]) + dx, std::llround(s.y[i])};
  };
  const auto [hx, hy] = pixel(struck, 3);
  s.frame.signal_e(hx, hy) += 5000.0f;
  const auto [mx, my] = pixel(masked, 0);
  s.frame.mask(mx, my) = mask::oversaturated;
  s.frame.signal_e(mx, my) = 1e7f;
  const std::size_t wide = 20;
  for (std::int64_t dy = -5; dy <= 5; ++dy)
    for (std::int64_t dx = -5; dx <= 5; ++dx)
      s.frame.signal_e(std::llround(s.x[wide]) + dx, std::llround(s.y[wide]) + dy) += 300.0f;
  // Variance 1, flux e^8.5 to e^10.5: the relative error of S of one star is some 1e-3, of 60 in a
  // coefficient of u or v 3e-4; five of them.
  const auto fit = fit_parametric_map(input_of(s), {},
                                      {.terms = "O1{u,v}", .start_fwhm_px = 2.6, .reach_px = 6.0});
  expect_truth(fit, 3, 1.5e-3);
  EXPECT_GE(fit.n_rejected_pixel, 1);
  EXPECT_GE(fit.n_rejected_star, 1);
  EXPECT_EQ(std::ranges::count(fit.star, static_cast<std::int64_t>(wide)), 0);
  EXPECT_EQ(std::ranges::count(fit.star, static_cast<std::int64_t>(masked)), 0);
  EXPECT_EQ(std::ranges::count(fit.star, static_cast<std::int64_t>(struck)), 1);
}

TEST(ParametricFit, LowersItsTermsWhereStarsAreFew) {
  const Scene s = scene_of(PsfKind::gaussian, 2, 6.0, {}, 9);  // 6 stars
  const ParametricConfig config{.terms = "O2{u,v}", .start_fwhm_px = 2.6, .reach_px = 6.0};
  const auto fit = fit_parametric_map(input_of(s), {}, config);
  EXPECT_EQ(fit.map.terms, "O0{u,v}");
  EXPECT_EQ(fit.map.n_term(), 1);
  EXPECT_EQ(fit.map.n_star, 6);
}

TEST(ParametricFit, OfNoStarIsNone) {
  Scene s = scene_of(PsfKind::gaussian, 2, 6.0, {}, 9);
  s.flux.assign(s.flux.size(), kNaN);
  EXPECT_EQ(fit_parametric_map(input_of(s), {}, {}).map.kind, PsfKind::none);
  s.x.assign(s.x.size(), kNaN);
  s.flux.assign(s.flux.size(), 1e5);
  EXPECT_EQ(fit_parametric_map(input_of(s), {}, {}).map.kind, PsfKind::none);
}

}  // namespace

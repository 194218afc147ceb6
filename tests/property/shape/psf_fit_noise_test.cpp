// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>

#include "tests/support/shape_fit_frames.hpp"
#include "tests/support/shape_fit_twin.hpp"
#include <gtest/gtest.h>

#include "shape/smoothing.hpp"

namespace skyweft::test {
namespace {

using shape::fit_psf_map;
using shape::ShapeConfig;
using shape::ShapeFit;
using shape::ShapeFrame;

const std::vector<double> kLines{-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};

/// Stars at random places, their fluxes evenly spread in magnitude.
ShapeStars random_stars(int n, double size_px, double faintest_e, double brightest_e,
                        std::mt19937_64& random) {
  std::uniform_real_distribution<double> part(0.0, 1.0);
  ShapeStars s;
  for (int i = 0; i < n; ++i) {
    const double x = part(random) * size_px;
    const double y = part(random) * size_px;
    s.add(x, y, faintest_e * std::pow(brightest_e / faintest_e, part(random)));
  }
  return s;
}

ShapeFit fit_one(const ShapeStars& s, const ShapeConfig& config) {
  const ShapeFrame frame = s.view();
  return fit_psf_map({&frame, 1}, {}, config);
}

TEST(PsfFitNoisy, IsTheShapeThatDenseLeastSquaresFindsAtItsFluxes) {
  // With `parity` weights are the given ones; all data are above the background. At the end the
  // shape is the best for the fluxes, which is what the twin computes. Both solve for some 190
  // unknowns of condition 1e4; the fit stops at 1e-9 of the light.
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v}", 1.3, 1.1);
  std::mt19937_64 random(11);
  ShapeStars s = random_stars(14, 60.0, 2e4, 2e5, random);
  draw(s, truth, {}, 60, 60, 0.0);
  add_noise(s, 3.0, random);
  for (float& v : s.frame.signal_e.pixels()) v = std::max(v, 0.0F);
  ShapeConfig config = shape_config(truth);
  config.parity = true;
  config.tolerance = 1e-9;
  config.min_snr = 0.0;
  config.max_misfit = 1e3;
  config.max_rounds = 2000;
  const ShapeFit fit = fit_one(s, config);
  ASSERT_TRUE(fit.map.converged);
  ASSERT_EQ(fit.map.n_star, 14);
  const std::vector<double> twin = shape_by_dense_rows(s, fit.map, fit.frames[0].flux_e);
  EXPECT_LT(difference(fit.map.coefficient, twin), 1e-10);
}

TEST(PsfFitNoisy, Chi2IsOneAndErrorsAreTheScatter) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O1{u,v}", 1.4, 1.3, 0.01);
  std::mt19937_64 random(12);
  ShapeStars s = random_stars(600, 1000.0, 3e3, 3e5, random);
  draw(s, truth, {}, 1000, 1000, 300.0);
  add_noise(s, 5.0, random);
  const ShapeFit fit = fit_one(s, shape_config(truth));
  EXPECT_TRUE(fit.map.converged);
  EXPECT_GT(fit.map.n_star, 500);
  // χ² of ν degrees of freedom scatters by √(2ν); five of them. Weights from the star's own level,
  // known to 1/√120 of a pixel's error, add 1e-4.
  const auto dof = static_cast<double>(fit.map.n_pixel - fit.map.n_star - 3 * 63);
  EXPECT_NEAR(fit.map.chi2_dof, 1.0, 5.0 * std::sqrt(2.0 / dof) + 1e-4);
  double sum = 0.0;
  double squares = 0.0;
  double n = 0.0;
  for (std::size_t i = 0; i < s.x.size(); ++i) {
    if (fit.frames[0].used[i] == 0) continue;
    const double pull = (fit.frames[0].flux_e[i] - s.flux[i]) / fit.frames[0].flux_err_e[i];
    sum += pull;
    squares += pull * pull;
    n += 1.0;
  }
  // Mean 0 ± 1/√n. The rms is 1 ± 1/√(2n); the common shape adds less than n_free · K / n_pixel.
  EXPECT_NEAR(sum / n, 0.0, 5.0 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(squares / n), 1.0, 5.0 / std::sqrt(2.0 * n));
}

TEST(PsfFitNoisy, FaintStarsHaveNoBiasUnlessParityIsAskedFor) {
  // Stars of signal-to-noise 10 to 30 over a sky of 50 e-. Weights from pixels' own noise make each
  // pixel about 1 e- too low, clipping at zero makes those without light some 3 e- too high: the
  // shape gets wings. Share of light further than 3 px out in x, over 12 skies.
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.3, 1.3);
  const auto wings = [](const PsfMap& map) {
    const StarShape shape = shape::shape_of(map, std::vector<double>{1.0});
    return 1.0 - shape::integral_over(shape, -3.0, 3.0, -5.0, 5.0);
  };
  constexpr int kSkies = 12;
  std::vector<double> found, parity;
  for (int seed = 0; seed < kSkies; ++seed) {
    std::mt19937_64 random(100 + static_cast<unsigned>(seed));
    ShapeStars s = random_stars(250, 600.0, 1000.0, 3000.0, random);
    draw(s, truth, {}, 600, 600, 50.0);
    add_noise(s, 5.0, random);
    ShapeConfig config = shape_config(truth);
    config.min_snr = 0.0;
    ShapeFit fit = fit_one(s, config);
    ASSERT_TRUE(fit.map.converged);
    found.push_back(wings(fit.map) - wings(truth));
    config.parity = true;
    fit = fit_one(s, config);
    parity.push_back(wings(fit.map) - wings(truth));
  }
  const auto mean_and_error = [](const std::vector<double>& v) {
    double mean = 0.0, square = 0.0;
    for (const double d : v) mean += d / kSkies;
    for (const double d : v) square += (d - mean) * (d - mean);
    return std::pair{mean, std::sqrt(square / (kSkies - 1) / kSkies)};
  };
  const auto [bias, error] = mean_and_error(found);
  const auto [parity_bias, parity_error] = mean_and_error(parity);
  EXPECT_NEAR(bias, 0.0, 4.0 * error);  // Student's t of 11: 0.2 %
  EXPECT_GT(parity_bias, 4.0 * parity_error);
}

TEST(PsfFitNoisy, DropsPixelsThatCosmicRaysHit) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  std::mt19937_64 random(14);
  ShapeStars s = random_stars(60, 300.0, 2e4, 1e5, random);
  draw(s, truth, {}, 300, 300, 100.0);
  add_noise(s, 5.0, random);
  ShapeStars hit = s;
  ShapeStars masked = s;
  std::int64_t n_hit = 0;
  for (std::size_t i = 0; i < s.x.size(); i += 6) {
    const auto x = std::lround(s.x[i]) + 2;
    const auto y = std::lround(s.y[i]) - 1;
    if (!s.frame.mask.contains(x, y)) continue;
    hit.frame.signal_e(x, y) += 2e4F;
    hit.frame.variance_e2(x, y) += 2e4F;
    masked.frame.mask(x, y) |= mask::cosmic;
    ++n_hit;
  }
  ASSERT_GT(n_hit, 5);
  const ShapeConfig config = shape_config(truth);
  const ShapeFit with_hits = fit_one(hit, config);
  const ShapeFit without = fit_one(masked, config);
  EXPECT_TRUE(with_hits.map.converged);
  EXPECT_EQ(with_hits.map.n_pixel, without.map.n_pixel);
  // The same pixels in the end: equal but for where two fits stop.
  EXPECT_LT(difference(with_hits.map.coefficient, without.map.coefficient), 1e-8);
}

TEST(PsfFitNoisy, DropsAGalaxy) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.2, 1.2);
  const PsfMap wide = bicubic_map(kLines, kLines, "O0{}", 2.2, 2.2);
  std::mt19937_64 random(15);
  ShapeStars s;
  std::uniform_real_distribution<double> part(-1.0, 1.0);
  for (int i = 0; i < 49; ++i)
    s.add(15.0 + 30.0 * (i % 7) + part(random),
          15.0 + 30.0 * static_cast<double>(i / 7) + part(random), 5e4);
  ShapeStars galaxy;
  galaxy.add(s.x[24], s.y[24], 1e5);
  s.flux[24] = 0.0;
  draw(s, truth, {}, 220, 220, 50.0);
  draw(galaxy, wide, {}, 220, 220, 0.0);
  for (std::int64_t y = 0; y < 220; ++y)
    for (std::int64_t x = 0; x < 220; ++x) s.frame.signal_e(x, y) += galaxy.frame.signal_e(x, y);
  add_noise(s, 5.0, random);
  const ShapeFit fit = fit_one(s, shape_config(truth));
  EXPECT_TRUE(fit.map.converged);
  EXPECT_EQ(fit.map.n_star, 48);
  EXPECT_EQ(fit.frames[0].why[24], shape::not_used::bad_fit);
  // Without it the map is the truth within its noise: χ² says so.
  EXPECT_NEAR(fit.map.chi2_dof, 1.0,
              5.0 * std::sqrt(2.0 / static_cast<double>(fit.map.n_pixel - 48 - 63)) + 1e-4);
}

TEST(PsfFitNoisy, SmoothingLowersThePenaltyAndKeepsTheIntegral) {
  const PsfMap truth = bicubic_map(kLines, kLines, "O0{}", 1.4, 1.2);
  std::mt19937_64 random(16);
  ShapeStars s = random_stars(30, 300.0, 3e3, 1e4, random);
  draw(s, truth, {}, 300, 300, 100.0);
  add_noise(s, 5.0, random);
  const Eigen::MatrixXd penalty = shape::smoothing_matrix(kLines, kLines);
  const auto bend = [&](const PsfMap& map) {
    const Eigen::Map<const Eigen::VectorXd> q(map.coefficient.data(), penalty.rows());
    return q.dot(penalty * q);
  };
  ShapeConfig config = shape_config(truth);
  const ShapeFit rough = fit_one(s, config);
  config.smoothing = 4.0;
  const ShapeFit smooth = fit_one(s, config);
  config.smoothing = 6.0;
  const ShapeFit smoother = fit_one(s, config);
  EXPECT_TRUE(rough.map.converged && smooth.map.converged && smoother.map.converged);
  EXPECT_LT(bend(smooth.map), bend(rough.map));
  EXPECT_LT(bend(smoother.map), bend(smooth.map));
  EXPECT_GT(smoother.map.chi2_dof, rough.map.chi2_dof);
  EXPECT_NEAR(shape::total_of(shape::shape_of(smoother.map, std::vector<double>{1.0})), 1.0, 1e-12);
}

}  // namespace
}  // namespace skyweft::test

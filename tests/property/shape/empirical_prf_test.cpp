// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/empirical_prf.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "shape/lower_terms.hpp"
#include "shape/star_shape.hpp"
#include "support/shape_models_twin.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

constexpr double kFwhmPerSigma = 2.3548200450309493;

/// Pixels that see less at their edges, 1 on average.
SubPixelMap edgy_map() {
  SubPixelMap map;
  map.sensitivity = Grid<double>(3, 3, 0.85);
  map.sensitivity(1, 1) = 1.7;
  map.sensitivity(0, 1) = 1.1;
  double sum = 0.0;
  for (const double v : map.sensitivity.pixels()) sum += v;
  for (double& v : map.sensitivity.pixels()) v *= 9.0 / sum;
  return map;
}

struct Truth {
  double fwhm_px = 1.0;  ///< of the optics, before pixels
  SubPixelMap map;
  double spread = 0.0;  ///< widths at u = ±1: a mixture that is linear in u
  double at(double u, double dx, double dy) const {
    const double a = (1.0 - spread) * fwhm_px / kFwhmPerSigma;
    const double b = (1.0 + spread) * fwhm_px / kFwhmPerSigma;
    if (spread == 0.0) return support::erf_pixel(a, 0.9 * a, dx, dy, map);
    return 0.5 * (1.0 - u) * support::erf_pixel(a, 0.9 * a, dx, dy, map) +
           0.5 * (1.0 + u) * support::erf_pixel(b, 0.9 * b, dx, dy, map);
  }
};

struct Scene {
  Frame frame;
  std::vector<double> x, y, flux, sky, u, v;
  NamedColumns columns;
  StarInput input() const {
    return {.frame = &frame,
            .x_px = x,
            .y_px = y,
            .background_e = sky,
            .flux_e = flux,
            .columns = &columns};
  }
};

/// Side² stars 12 px apart with any pixel phase; every fourth has a companion 2.5 px away.
void make_scene(Scene& s, const Truth& truth, std::int64_t side, unsigned seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> flat(-0.5, 0.5);
  const std::int64_t n_pixel = 12 * side;
  for (std::int64_t i = 0; i < side * side; ++i) {
    s.x.push_back(5.5 + 12.0 * static_cast<double>(i % side) + flat(random));
    s.y.push_back(5.5 + 12.0 * static_cast<double>(i / side) + flat(random));
    s.flux.push_back(std::exp(10.0 + 2.0 * flat(random)));
    if (i % 4 != 0) continue;
    s.x.push_back(s.x.back() + 2.0);
    s.y.push_back(s.y.back() + 1.5);
    s.flux.push_back(0.5 * s.flux.back());
  }
  s.sky.assign(s.x.size(), 0.0);
  const PlaceColumns place(s.x, s.y, n_pixel, n_pixel);
  s.u = place.u;
  s.v = place.v;
  s.columns.add("u", s.u);
  s.columns.add("v", s.v);
  s.frame = support::dark_frame(n_pixel, n_pixel);
  Grid<double> light(n_pixel, n_pixel, 0.0);
  for (std::size_t k = 0; k < s.x.size(); ++k)
    for (std::int64_t iy = std::llround(s.y[k]) - 5; iy <= std::llround(s.y[k]) + 5; ++iy)
      for (std::int64_t ix = std::llround(s.x[k]) - 5; ix <= std::llround(s.x[k]) + 5; ++ix)
        if (light.contains(ix, iy))
          light(ix, iy) += s.flux[k] * truth.at(s.u[k], static_cast<double>(ix) - s.x[k],
                                                static_cast<double>(iy) - s.y[k]);
  for (std::size_t i = 0; i < light.pixels().size(); ++i)
    s.frame.signal_e.pixels()[i] = static_cast<float>(light.pixels()[i]);
}

struct Difference {
  double most = 0.0;
  double rms = 0.0;
};

/// Of the fitted PRF from the truth over offsets to 2.5 px, in units of the peak.
Difference difference_of(const PsfMap& map, const Truth& truth, double u, double v) {
  std::vector<double> kappa{1.0, u, v};
  kappa.resize(static_cast<std::size_t>(map.n_term()));
  const StarShape shape = shape_of(map, kappa);
  Difference out;
  double n = 0.0;
  for (double dy = -2.5; dy <= 2.5; dy += 0.137) {
    for (double dx = -2.5; dx <= 2.5; dx += 0.137) {
      const double off = (value_at(shape, dx, dy) - truth.at(u, dx, dy)) / truth.at(u, 0.0, 0.0);
      out.most = std::max(out.most, std::abs(off));
      out.rms += off * off;
      n += 1.0;
    }
  }
  out.rms = std::sqrt(out.rms / n);
  return out;
}

/// Scatter of measured over true flux about their mean ratio.
double flux_scatter(const std::vector<double>& measured, const std::vector<double>& truth) {
  double mean = 0.0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    mean += measured[i] / truth[i] / static_cast<double>(truth.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < truth.size(); ++i)
    sum += std::pow(measured[i] / truth[i] / mean - 1.0, 2.0);
  return std::sqrt(sum / static_cast<double>(truth.size()));
}

std::vector<double> true_flux(const Scene& s, const EmpiricalPrf& fit) {
  std::vector<double> out;
  for (const std::int64_t i : fit.star) out.push_back(s.flux[static_cast<std::size_t>(i)]);
  return out;
}

/// What a cubic spline of step h cannot follow: h⁴/384 of the fourth derivative along each axis, in
/// units of the peak.
double spline_error(const Truth& truth, double u, double h) {
  const double e = 0.05;
  double most_x = 0.0;
  double most_y = 0.0;
  for (double c = -2.0; c <= 2.0; c += e) {
    const auto fourth = [&](auto&& f) {
      return std::abs(f(c - 2 * e) - 4 * f(c - e) + 6 * f(c) - 4 * f(c + e) + f(c + 2 * e)) /
             std::pow(e, 4);
    };
    most_x = std::max(most_x, fourth([&](double x) { return truth.at(u, x, 0.0); }));
    most_y = std::max(most_y, fourth([&](double y) { return truth.at(u, 0.0, y); }));
  }
  return std::pow(h, 4) / 384.0 * (most_x + most_y) / truth.at(u, 0.0, 0.0);
}

/// Of sums of 5 × 5 pixels over the true flux, stars without a companion.
double box_scatter(const Scene& s) {
  std::vector<double> sum;
  std::vector<double> flux;
  for (std::size_t k = 0; k < s.x.size(); ++k) {
    const auto near = [&](std::size_t o) {
      return std::hypot(s.x[o] - s.x[k], s.y[o] - s.y[k]) < 5;
    };
    if ((k > 0 && near(k - 1)) || (k + 1 < s.x.size() && near(k + 1))) continue;
    sum.push_back(0.0);
    flux.push_back(s.flux[k]);
    for (std::int64_t dy = -2; dy <= 2; ++dy)
      for (std::int64_t dx = -2; dx <= 2; ++dx)
        sum.back() += static_cast<double>(
            s.frame.signal_e(std::llround(s.x[k]) + dx, std::llround(s.y[k]) + dy));
  }
  return flux_scatter(sum, flux);
}

TEST(EmpiricalPrf, RecoversUndersampledStarsWithoutNoise) {
  for (const bool edgy : {false, true}) {
    for (const double fwhm : {1.0, 1.2}) {
      SCOPED_TRACE(testing::Message() << fwhm << (edgy ? " edgy" : ""));
      const Truth truth{.fwhm_px = fwhm, .map = edgy ? edgy_map() : SubPixelMap{}};
      Scene s;
      make_scene(s, truth, 25, 3);
      const auto fit = fit_empirical_prf(s.input(), fwhm, {.recentre = false});
      EXPECT_TRUE(fit.map.converged);
      EXPECT_EQ(fit.star.size(), s.x.size());
      const double error = spline_error(truth, 0.0, 0.25);
      // The penalty adds 1e-4 of the coefficients' third differences, a fifth of the peak.
      EXPECT_LT(difference_of(fit.map, truth, 0.0, 0.0).most, error + 2e-5);
      // Some 9 pixels say what the flux is; those beside the brightest have a sixth of its light,
      // so that `error` is 6 of that: 6/√9.
      const double scatter = flux_scatter(fit.flux_e, true_flux(s, fit));
      EXPECT_LT(scatter, 2.0 * error);
      EXPECT_TRUE(!edgy || box_scatter(s) > 10.0 * scatter);  // what phases do to a plain sum
    }
  }
}

TEST(EmpiricalPrf, HasATotalOfOneAndNothingAtItsEdge) {
  const Truth truth{.fwhm_px = 1.1, .map = edgy_map(), .spread = 0.1};
  Scene s;
  make_scene(s, truth, 12, 4);
  const auto fit =
      fit_empirical_prf(s.input(), 1.1, {.oversampling = 3, .reach_px = 3.5, .terms = "O1{u,v}"});
  ASSERT_EQ(fit.map.n_term(), 3);
  for (const double u : {-1.0, 0.0, 0.7}) {
    const StarShape shape = shape_of(fit.map, std::vector<double>{1.0, u, -u});
    EXPECT_NEAR(total_of(shape), 1.0, 1e-12);  // 400 cells of at most 0.1 rounded at 1e-16 each
    EXPECT_EQ(value_at(shape, 3.5, 0.3), 0.0);
  }
}

TEST(EmpiricalPrf, FollowsAShapeThatVariesOverTheFrame) {
  const Truth truth{.fwhm_px = 1.3, .map = {}, .spread = 0.15};
  Scene s;
  make_scene(s, truth, 25, 5);
  const auto fit = fit_empirical_prf(s.input(), 1.3, {.terms = "O1{u,v}", .recentre = false});
  EXPECT_EQ(fit.map.terms, "O1{u,v}");
  EXPECT_TRUE(fit.map.converged);
  for (const double u : {-0.8, 0.0, 0.8}) {
    // As above; the error of the term in u, taken from the narrow side, adds as much there.
    EXPECT_LT(difference_of(fit.map, truth, u, 0.0).most,
              2.0 * spline_error(truth, -1.0, 0.25) + 2e-5);
  }
}

/// Poisson noise on 100 e⁻² of sky, and places wrong by `shift_px` (1 σ) an axis.
void add_noise(Scene& s, double shift_px, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> noise;
  for (std::size_t i = 0; i < s.frame.signal_e.pixels().size(); ++i) {
    const double variance = 100.0 + static_cast<double>(s.frame.signal_e.pixels()[i]);
    s.frame.variance_e2.pixels()[i] = static_cast<float>(variance);
    s.frame.signal_e.pixels()[i] += static_cast<float>(std::sqrt(variance) * noise(random));
  }
  for (double& x : s.x) x += shift_px * noise(random);
  for (double& y : s.y) y += shift_px * noise(random);
}

TEST(EmpiricalPrf, IsAsGoodAsTheNoiseAllows) {
  for (const unsigned seed : {1u, 2u, 3u}) {
    const Truth truth{.fwhm_px = 1.1, .map = edgy_map()};
    Scene s;
    make_scene(s, truth, 25, seed);
    add_noise(s, 0.0, 10 + seed);
    const auto fit = fit_empirical_prf(s.input(), 1.1, {});
    EXPECT_TRUE(fit.map.converged);
    EXPECT_NEAR(fit.map.chi2_dof, 1.0, 0.05);  // 1 % of model error at 100 σ adds some per cent
    // 49 samples a spline, each with √(F/2 + 100)/F = 5e-3 in the core (peak 0.5, F = 2e4): 7e-4,
    // 1.4e-3 of the peak; five of them. Outside, 9 px² in 10, √100/F: 1.3e-4; rms 3e-4, twice.
    const Difference d = difference_of(fit.map, truth, 0.0, 0.0);
    EXPECT_LT(d.most, 7e-3);
    EXPECT_LT(d.rms, 6e-4);
  }
}

TEST(EmpiricalPrf, MovesStarsToWhereTheirLightIs) {
  const Truth truth{.fwhm_px = 1.1, .map = {}};
  Scene s;
  make_scene(s, truth, 25, 6);
  const std::vector<double> x = s.x;
  add_noise(s, 0.03, 16);
  const auto moved = fit_empirical_prf(s.input(), 1.1, {});
  const auto still = fit_empirical_prf(s.input(), 1.1, {.recentre = false});
  double sum = 0.0;
  for (std::size_t k = 0; k < moved.star.size(); ++k) {
    const auto i = static_cast<std::size_t>(moved.star[k]);
    sum += std::pow(s.x[i] + moved.dx_px[k] - x[i], 2.0);
  }
  // Noise alone: a pixel's √m of 1e4 e⁻ in a slope of 1.2/px: 5e-3 px. What places have in common
  // with the phase in the pixel stays, some 20 smooth functions of it: 0.03 √(20/782) = 4.8e-3.
  EXPECT_LT(std::sqrt(sum / static_cast<double>(moved.star.size())), 1.4e-2);  // twice 7e-3
  EXPECT_LT(flux_scatter(moved.flux_e, true_flux(s, moved)),
            0.5 * flux_scatter(still.flux_e, true_flux(s, still)));
}

TEST(EmpiricalPrf, LeavesOutWhatIsNoStarOfTheFrame) {
  const Truth truth{.fwhm_px = 1.1, .map = {}};
  Scene s;
  make_scene(s, truth, 15, 7);
  add_noise(s, 0.0, 17);
  const std::size_t wide = 50;
  const std::size_t masked = 70;
  for (std::int64_t dy = -2; dy <= 2; ++dy)
    for (std::int64_t dx = -2; dx <= 2; ++dx)
      s.frame.signal_e(std::llround(s.x[wide]) + dx, std::llround(s.y[wide]) + dy) +=
          static_cast<float>(0.05 * s.flux[wide]);
  s.frame.mask(std::llround(s.x[masked]), std::llround(s.y[masked])) = mask::oversaturated;
  s.frame.signal_e(std::llround(s.x[masked]), std::llround(s.y[masked])) = 1e8f;
  s.frame.signal_e(std::llround(s.x[100]) + 3, std::llround(s.y[100])) += 1e5f;  // a struck pixel
  s.flux[3] = kNaN;
  const auto fit = fit_empirical_prf(s.input(), 1.1, {});
  for (const std::size_t i : {wide, masked, std::size_t{3}})
    EXPECT_EQ(std::ranges::count(fit.star, static_cast<std::int64_t>(i)), 0);
  // As in IsAsGoodAsTheNoiseAllows with a third of the stars.
  EXPECT_LT(difference_of(fit.map, truth, 0.0, 0.0).most, 1.3e-2);
}

TEST(EmpiricalPrf, OfNoStarIsNoneAndOfFewHasFewerTerms) {
  Scene s;
  make_scene(s, {.fwhm_px = 1.1, .map = {}}, 4, 8);
  EXPECT_EQ(fit_empirical_prf(s.input(), 1.1, {.terms = "O2{u,v}"}).map.terms, "O0{u,v}");
  s.flux.assign(s.flux.size(), kNaN);
  EXPECT_EQ(fit_empirical_prf(s.input(), 1.1, {}).map.kind, PsfKind::none);
}

}  // namespace

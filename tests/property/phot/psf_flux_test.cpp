// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/psf_flux.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::PsfFluxConfig;
using phot::PsfFluxes;
using support::PsfSky;

namespace {

PsfFluxes fit(const PsfSky& sky, const SubPixelMap& subpixels, const PsfFluxConfig& config = {}) {
  return phot::fit_psf_fluxes(sky.frame, sky.x, sky.y, sky.background, sky.background_err,
                              sky.shapes, subpixels, sky.mag, config);
}

/// Signals are floats, rounded by 2^-25/√3 rms of themselves: a flux from some ten pixels is off by
/// 5e-9 rms. Neighbours add to that by the square root of the variance they cost.
void expect_recovered(const PsfSky& sky, const SubPixelMap& subpixels, const PsfFluxConfig& config,
                      double inflation, const char* what) {
  const PsfFluxes out = fit(sky, subpixels, config);
  double sum = 0.0;
  for (std::size_t i = 0; i < sky.flux.size(); ++i) {
    ASSERT_EQ(out.quality[i], 0) << what << ' ' << i;
    const double relative = out.flux_e[i] / sky.flux[i] - 1.0;
    sum += relative * relative;
    EXPECT_LT(std::abs(relative), 3e-8 * std::sqrt(inflation)) << what << ' ' << i;
  }
  EXPECT_LT(std::sqrt(sum / static_cast<double>(sky.flux.size())), 1e-8 * std::sqrt(inflation))
      << what;
}

TEST(PsfFluxes, OfNoiselessStarsAreExact) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> log_flux(3.0, 6.0);
  std::uniform_real_distribution<double> shift(-2.5, 2.5);
  const PsfMap map = support::bicubic_map();
  for (const SubPixelMap& subpixels : {SubPixelMap{}, support::bayer_quarter()})
    for (const int n_each : {1, 2, 4}) {
      std::vector<double> x;
      std::vector<double> y;
      support::lattice(6, 30.0, random, x, y);
      std::vector<double> all_x;
      std::vector<double> all_y;
      std::vector<double> flux;
      for (std::size_t i = 0; i < x.size(); ++i)
        for (int k = 0; k < n_each; ++k) {
          // Companions in different quadrants, at least 1.5 px apart.
          all_x.push_back(x[i] + (k % 2 == 1 ? 3.0 : 0.0) + 0.3 * shift(random));
          all_y.push_back(y[i] + (k / 2 == 1 ? 3.0 : 0.0) + 0.3 * shift(random));
          flux.push_back(n_each == 1 ? std::pow(10.0, log_flux(random))
                                     : 1e4 * (1.0 + 0.5 * shift(random) / 2.5));
        }
      const PsfSky sky = support::painted_sky(map, subpixels, 180, 180, all_x, all_y, flux);
      for (const double radius : {0.0, 4.0}) {
        PsfFluxConfig config;
        config.fit_radius_px = radius;
        expect_recovered(sky, subpixels, config, n_each == 1 ? 1.0 : 9.0, "annulus");
        config.max_group = 2;
        if (n_each == 4) expect_recovered(sky, subpixels, config, 9.0, "in pieces");
      }
    }
}

TEST(PsfFluxes, AndALevelOfNoiselessGroupsAreExact) {
  std::mt19937_64 random(6);
  std::vector<double> x;
  std::vector<double> y;
  support::lattice(4, 9.0, random, x, y);  // one group of 16
  const std::vector<double> flux(x.size(), 3e4);
  PsfSky sky = support::painted_sky(support::bicubic_map(), {}, 36, 36, x, y, flux, 64.0);
  sky.background.assign(x.size(), 60.0);
  PsfFluxConfig config;
  config.background = "joint";
  for (const std::int64_t most : {64, 4}) {
    config.max_group = most;
    const PsfFluxes out = fit(sky, {}, config);
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(out.group_size[i], 16);
      // Floats of up to 4000 e hold 1e-4 e: averaged over tens of pixels, 3e-5 e of the level.
      EXPECT_NEAR(out.background_e[i], 64.0, 3e-5);
      EXPECT_NEAR(out.flux_e[i], 3e4, 3e4 * 3e-8 * 3.0 + 3e-5 * 20.0);
    }
  }
}

TEST(PsfFluxes, OfStarsOnePixelApartAreExact) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> angle(0.0, 2.0 * kPi);
  std::vector<double> x;
  std::vector<double> y;
  support::lattice(8, 20.0, random, x, y);
  std::vector<double> flux(x.size(), 2e4);
  for (std::size_t i = 0; i < 64; ++i) {
    const double a = angle(random);
    x.push_back(x[i] + std::cos(a));
    y.push_back(y[i] + std::sin(a));
    flux.push_back(1e4);
  }
  for (const SubPixelMap& subpixels : {SubPixelMap{}, support::bayer_quarter()}) {
    const PsfSky sky =
        support::painted_sky(support::gaussian_map(2.5), subpixels, 160, 160, x, y, flux);
    // Overlap of Gaussians exp(−d²/4σ²) = 0.80: variances are 2.8 times those of single stars, the
    // rounding is of three times the fainter star's light. Lone quarters of pixels do no better
    // than a third of that.
    expect_recovered(sky, subpixels, {}, 2.8 * 9.0 * 3.0, "pair");
  }
}

TEST(PsfFluxes, InAThickFieldDoNotDependOnPieces) {
  // 400 stars on 100 × 100 px: one group; pieces and iterations give what one system gives.
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> place(4.0, 95.0);
  std::uniform_real_distribution<double> log_flux(3.0, 5.0);
  std::normal_distribution<double> noise;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> flux;
  for (int i = 0; i < 400; ++i) {
    x.push_back(place(random));
    y.push_back(place(random));
    flux.push_back(std::pow(10.0, log_flux(random)));
  }
  PsfSky sky = support::painted_sky(support::bicubic_map(), {}, 100, 100, x, y, flux, 200.0);
  for (std::size_t p = 0; p < 10000; ++p)
    sky.frame.signal_e.pixels()[p] += static_cast<float>(
        noise(random) * std::sqrt(static_cast<double>(sky.frame.variance_e2.pixels()[p])));
  PsfFluxConfig config;
  config.max_group = 500;
  config.weights = "data";  // the same weights for both
  const PsfFluxes whole = fit(sky, {}, config);
  config.max_group = 32;
  const PsfFluxes pieces = fit(sky, {}, config);
  double worst_err = 0.0;
  double z2 = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_EQ(whole.group_size[i], 400);
    // Iterations end at 1e-12 of the right side.
    EXPECT_NEAR(pieces.flux_e[i], whole.flux_e[i], 1e-6 * whole.flux_err_e[i]) << i;
    if ((whole.quality[i] & quality::psf_unreliable) != 0) continue;
    worst_err = std::max(worst_err, std::abs(pieces.flux_err_e[i] / whole.flux_err_e[i] - 1.0));
    z2 += std::pow((whole.flux_e[i] - flux[i]) / whole.flux_err_e[i], 2) / 400.0;
  }
  EXPECT_LT(worst_err, 0.02);  // neighbours of neighbours are taken as known
  EXPECT_NEAR(z2, 1.0, 4.0 * std::sqrt(2.0 / 400.0));
}

}  // namespace

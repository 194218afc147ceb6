// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/kron.hpp"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "phot/forced.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;
using phot::Ellipse;

namespace {

constexpr phot::LocalSky kNoSky{.level_e = 0.0, .level_err_e = 0.0, .pixel_variance_e2 = 1.0};
constexpr double kPeak = 1e5;

double gaussian(double r) {
  return kPeak * std::exp(-0.5 * r * r);
}
double exponential(double r) {
  return kPeak * std::exp(-r);
}

/// ∫ r^n profile(r) dr from 0 to `end` by Simpson's rule.
template <class Profile>
double radial(int n, double end, Profile profile) {
  constexpr int kSteps = 20000;
  const double h = end / kSteps;
  double sum = 0.0;
  for (int i = 0; i <= kSteps; ++i)
    sum += (i == 0 || i == kSteps ? 1.0
            : i % 2 == 1          ? 4.0
                                  : 2.0) *
           std::pow(i * h, n) * profile(i * h);
  return sum * h / 3.0;
}

/// What a cusp in the middle, like that of |r|, adds to a sum over pixel centres, relative to a
/// whole of 2π b²: by Poisson's sum, Σ k⁻³ over the lattice (9.03) / (4π² · 2π b³); b is the
/// shorter axis in pixels.
double cusp(double b_px) {
  return 9.04 / (8.0 * std::pow(kPi, 3) * std::pow(b_px, 3));
}

TEST(AdaptiveShape, OfAGaussianIsItsCovariance) {
  for (const Ellipse truth : {Ellipse{6.0, 4.0, 25.0}, Ellipse{3.0, 1.5, -80.0},
                              Ellipse{2.0, 2.0, 0.0}, Ellipse{12.0, 3.0, 90.0}}) {
    Frame frame = support::even_frame(160, 150, 0.0F, 1.0F);
    support::add_source(frame, 80.2, 70.7, truth, gaussian);
    const auto shape = phot::adaptive_shape(frame, kNoSky, 80.2, 70.7, 2.5);
    ASSERT_TRUE(shape.measured);
    // Cut at 4 sigma of the window the moments lack 16 e⁻¹⁶ (2e-6), which the division by the
    // window makes four times as much; it stops when nothing moves by 1e-5.
    EXPECT_NEAR(shape.rms.a_px, truth.a_px, 2e-5 * truth.a_px);
    EXPECT_NEAR(shape.rms.b_px, truth.b_px, 2e-5 * truth.b_px);
    if (truth.a_px > truth.b_px) {
      EXPECT_NEAR(shape.rms.theta_deg, truth.theta_deg, 2e-3);
    }
  }
}

TEST(KronRadius, OfGaussianAndExponentialIsTheFirstMoment) {
  Frame frame = support::even_frame(200, 200, 0.0F, 1.0F);
  const Ellipse e{6.0, 4.0, 25.0};
  support::add_source(frame, 100.2, 99.7, e, gaussian);
  const double first = radial(2, 6.0, gaussian) / radial(1, 6.0, gaussian);
  EXPECT_NEAR(first, std::sqrt(0.5 * kPi), 1e-6);  // nearly all of it
  EXPECT_NEAR(phot::kron_radius(frame, kNoSky, 100.2, 99.7, e), first, cusp(4.0));

  // An exponential disc of scale 4 by 3 px has an rms of √3 of these; its own cusp and that of r I.
  Frame disc = support::even_frame(200, 200, 0.0F, 1.0F);
  support::add_source(disc, 100.2, 99.7, {4.0, 3.0, 25.0}, exponential);
  const double root3 = std::sqrt(3.0);
  const double moment =
      radial(2, 6.0 * root3, exponential) / radial(1, 6.0 * root3, exponential) / root3;
  // The sum over centres within 6 rms is a lattice count: its rim of 2π 6 · 5.9 px has light
  // e^(−10.4) each, random by half a pixel: 3e-4 of 2π · 12 px², weighted by r = 6.
  EXPECT_NEAR(phot::kron_radius(disc, kNoSky, 100.2, 99.7, {4.0 * root3, 3.0 * root3, 25.0}),
              moment, 3.0 * cusp(3.0) + 6.0 * 0.5 * std::sqrt(222.0) * std::exp(-10.4) / 75.0);
}

/// Flux of a Kron aperture over all light.
double measured_share(const Frame& frame, double x, double y, Ellipse rms, double min_radius,
                      double whole, double& kron) {
  phot::ForcedConfig config;
  config.shape = "kron";
  config.background = "none";
  config.kron_min_radius = min_radius;
  const std::vector<phot::ForcedTarget> at{{x, y, rms.a_px, rms.b_px, rms.theta_deg}};
  const auto row =
      phot::measure_targets(frame, {}, {}, {}, at, {.fwhm_px = 6.0}, config).rows.at(0);
  EXPECT_EQ(row.quality, 0);
  kron = row.kron_radius;
  return row.flux_e / whole;
}

TEST(KronFlux, OfAGaussianIsItsAnalyticShare) {
  const Ellipse e{6.0, 4.0, 25.0};
  Frame frame = support::even_frame(200, 200, 0.0F, 1.0F);
  support::add_source(frame, 100.2, 99.7, e, gaussian);
  const double whole = kPeak * 2.0 * kPi * e.a_px * e.b_px;
  const double first = std::sqrt(0.5 * kPi);
  for (const double min_radius : {0.0, 3.5})
    for (const bool given : {true, false}) {
      double kron = 0.0;
      const double share =
          measured_share(frame, 100.2, 99.7, given ? e : Ellipse{}, min_radius, whole, kron);
      const double reach = std::max(2.5 * first, min_radius);
      // Values at centres, weighted by exact areas: the light of a pixel on the rim (perimeter
      // < 2π a reach) errs by at most 1/8 of its change over a pixel (reach/b of its value).
      const double rim = 2.0 * kPi * e.a_px * reach * std::exp(-0.5 * reach * reach) * reach /
                         e.b_px / 8.0 / (2.0 * kPi * e.a_px * e.b_px);
      const double shape = 2e-5 + 2.5 * cusp(4.0);  // of the reach: dF/dr = r exp(−r²/2)
      EXPECT_NEAR(share, 1.0 - std::exp(-0.5 * reach * reach),
                  rim + shape * reach * std::exp(-0.5 * reach * reach))
          << min_radius << given;
      EXPECT_NEAR(kron, first, cusp(4.0) + 3e-5);
    }
}

TEST(KronFlux, OfAnExponentialDiscIsItsAnalyticShare) {
  // The adaptive width w of exp(−r) is where the moments in a window of w are w²/2 per axis; then
  // come the first moment within 6 w and the light within 2.5 of these.
  double low = 0.5;
  double high = 3.0;
  while (high - low > 1e-9) {
    const double w = 0.5 * (low + high);
    const auto windowed = [w](double r) { return std::exp(-r - 0.5 * r * r / (w * w)); };
    const bool wider = radial(3, 4.0 * w, windowed) / radial(1, 4.0 * w, windowed) > w * w;
    (wider ? low : high) = w;
  }
  const double w = low;
  const double first = radial(2, 6.0 * w, exponential) / radial(1, 6.0 * w, exponential);
  const double reach = std::max(2.5 * first, 3.5 * w);
  const double share = 1.0 - (1.0 + reach) * std::exp(-reach);
  EXPECT_GT(share, 0.9);

  const Ellipse scale{6.0, 5.0, -40.0};
  Frame frame = support::even_frame(300, 300, 0.0F, 1.0F);
  support::add_source(frame, 150.2, 149.7, scale, exponential);
  const auto shape = phot::adaptive_shape(frame, kNoSky, 150.2, 149.7, 2.5);
  ASSERT_TRUE(shape.measured);
  // The window holds less than half of the light, so that the cusp weighs twice; the rim of the
  // window is cut at whole pixels, e⁻⁸ of the light there.
  const double width_error = 4.0 * cusp(5.0) + std::exp(-8.0);
  EXPECT_NEAR(shape.rms.a_px, 6.0 * w, 6.0 * w * width_error);
  EXPECT_NEAR(shape.rms.b_px, 5.0 * w, 5.0 * w * width_error);
  double kron = 0.0;
  const double whole = kPeak * 2.0 * kPi * scale.a_px * scale.b_px;
  const double got = measured_share(frame, 150.2, 149.7, {}, 3.5, whole, kron);
  EXPECT_NEAR(kron * w, first, first * 2.0 * width_error);
  const double rim = 2.0 * kPi * scale.a_px * reach * std::exp(-reach) / scale.b_px / 8.0 /
                     (2.0 * kPi * scale.a_px * scale.b_px);
  EXPECT_NEAR(got, share, rim + cusp(5.0) + 2.0 * width_error * reach * reach * std::exp(-reach));
}

TEST(KronAperture, WithoutLightIsTheLeastCircleAndSaysSo) {
  Frame frame = support::even_frame(80, 80, 100.0F, 25.0F);
  support::add_noise(frame, 4);
  phot::ForcedConfig config;
  config.shape = "kron";
  const std::vector<phot::ForcedTarget> at{{40.0, 40.0}};
  const auto row = phot::measure_targets(frame, {}, {}, {}, at, {.fwhm_px = 3.0}, config).rows[0];
  EXPECT_EQ(row.quality, quality::psf_unreliable);
  EXPECT_NEAR(row.shape.a_px, 3.5 * 3.0 / 2.3548200450309493, 1e-12);
  EXPECT_EQ(row.shape.a_px, row.shape.b_px);
  EXPECT_LT(std::abs(row.flux_e), 5.0 * row.noise_e);
}

TEST(KronAperture, WidensTheAnnulusBeyondItself) {
  // A Gaussian of 10 px rms: its ellipse of 35 px reaches far over the stars' annulus (12 to 21
  // px).
  Frame frame = support::even_frame(240, 240, 50.0F, 100.0F);
  support::add_source(frame, 120.0, 120.0, {10.0, 10.0, 0.0}, gaussian);
  phot::ForcedConfig config;
  config.shape = "kron";
  const std::vector<phot::ForcedTarget> at{{120.0, 120.0, 10.0, 10.0, 0.0}};
  const auto row = phot::measure_targets(frame, {}, {}, {}, at, {.fwhm_px = 3.0}, config).rows[0];
  // Inside the ring the light is below that at 3.5 sigma, 2e-3 of the peak.
  EXPECT_GT(row.background_e, 50.0);
  EXPECT_LT(row.background_e, 50.0 + kPeak * std::exp(-0.5 * 3.5 * 3.5));
  EXPECT_EQ(row.quality, 0);
}

}  // namespace

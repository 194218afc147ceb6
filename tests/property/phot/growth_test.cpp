// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/growth.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "phot/apertures.hpp"
#include "support/phot_forced_frames.hpp"

using namespace skyweft;

namespace {

constexpr double kAlpha = 5.0;
constexpr double kBeta = 4.0;

/// Light of a Moffat per px² at r, and inside r, of a whole of 1.
double moffat(double r) {
  return (kBeta - 1.0) / (kPi * kAlpha * kAlpha) *
         std::pow(1.0 + r * r / (kAlpha * kAlpha), -kBeta);
}
double moffat_inside(double r) {
  // Values at pixel centres weighted by exact areas are the light of a Moffat blurred by one pixel
  // (variance 1/12 per axis): the flow of 1/24 of its gradient over the rim is added.
  const double u = 1.0 + r * r / (kAlpha * kAlpha);
  const double slope = -2.0 * kBeta * r / (kAlpha * kAlpha) / u * moffat(r);
  return 1.0 - std::pow(u, 1.0 - kBeta) + 2.0 * kPi * r * slope / 24.0;
}

TEST(GrowthCurve, OfMoffatStarsIsTheMoffats) {
  // 100 stars of 1e5 to 1e6 e- on a sky of 100 e-, 70 px apart.
  constexpr int kSide = 10;
  constexpr std::int64_t kCell = 70;
  Frame frame = support::even_frame(kSide * kCell, kSide * kCell, 100.0F, 100.0F);
  std::mt19937_64 random(20260104);
  std::uniform_real_distribution<double> any(0.0, 1.0);
  std::vector<double> x;
  std::vector<double> y;
  std::vector<float> mag;
  for (int i = 0; i < kSide * kSide; ++i) {
    const double flux = 1e5 * std::pow(10.0, any(random));
    x.push_back(35.0 + static_cast<double>(kCell * (i % kSide)) + any(random));
    y.push_back(35.0 + static_cast<double>(kCell * (i / kSide)) + any(random));
    mag.push_back(static_cast<float>(-2.5 * std::log10(flux)));
    for (std::int64_t iy = kCell * (i / kSide); iy < kCell * (i / kSide + 1); ++iy)
      for (std::int64_t ix = kCell * (i % kSide); ix < kCell * (i % kSide + 1); ++ix) {
        const auto light =
            static_cast<float>(flux * moffat(std::hypot(static_cast<double>(ix) - x.back(),
                                                        static_cast<double>(iy) - y.back())));
        frame.signal_e(ix, iy) += light;
        frame.variance_e2(ix, iy) += light;
      }
  }
  support::add_noise(frame, 3);
  phot::ApertureConfig apertures;
  apertures.radii_px = {3.0, 4.0, 5.0, 7.0, 10.0, 14.0, 20.0};
  apertures.annulus_inner_px = 24.0;
  apertures.annulus_outer_px = 33.0;
  const auto out = phot::measure_frame(frame, {}, {}, x, y, mag, 4.35, apertures);
  const auto curve = phot::growth_curve(out, mag, apertures.radii_px, {});
  EXPECT_TRUE(curve.usable);
  EXPECT_EQ(curve.n_selected, 100);
  for (std::size_t k = 0; k < apertures.radii_px.size(); ++k) {
    const double truth = moffat_inside(apertures.radii_px[k]) / moffat_inside(20.0);
    // Four standard errors; the light in the annulus, at most moffat(24) = 3e-8 per px² of 1257
    // px²; the next order of the blur is (1/12)²/α⁴ of it, below 1e-4.
    EXPECT_NEAR(curve.ratio[k], truth, 4.0 * curve.ratio_err[k] + 4e-5 + 1e-4)
        << apertures.radii_px[k];
    if (k + 1 == apertures.radii_px.size()) continue;
    EXPECT_GT(curve.ratio_err[k], 0.0);
    EXPECT_LT(curve.ratio_err[k], 1e-3);
    // Between the nodes a line would err by h²/8 of the curvature of the light inside r, and so at
    // most does the cubic, whose slopes come from the intervals beside.
    const double h = apertures.radii_px[k + 1] - apertures.radii_px[k];
    const double r = apertures.radii_px[k] + 0.5 * h;
    double curvature = 0.0;
    for (double t = r - 1.5 * h; t <= r + 1.5 * h; t += 0.01 * h)
      curvature = std::max(curvature, std::abs(moffat_inside(t + 0.01) + moffat_inside(t - 0.01) -
                                               2.0 * moffat_inside(t)) *
                                          1e4);
    const auto between = phot::aperture_correction(curve, r);
    EXPECT_NEAR(between.ratio, moffat_inside(r) / moffat_inside(20.0),
                h * h / 8.0 * curvature + 4.0 * curve.ratio_err[k] + 4.0 * curve.ratio_err[k + 1])
        << r;
    EXPECT_GT(between.error_mag, 0.0);
  }
}

TEST(GrowthCurve, QuotesTheScatterOfItsMedian) {
  // 200 curves of 40 stars with ratios of scatter 0.01: the median's own scatter is the error.
  std::mt19937_64 random(12);
  std::normal_distribution<double> gauss;
  const std::vector<double> radii{3.0, 9.0};
  const std::vector<float> mag(40, 10.0F);
  double pulls = 0.0;
  double quoted = 0.0;
  for (int trial = 0; trial < 200; ++trial) {
    FramePhotometry stars;
    stars.n_star = 40;
    stars.n_ap = 2;
    stars.points.resize(40, 2);
    for (std::size_t i = 0; i < 40; ++i) {
      stars.points.x_px[i] = 100.0F * static_cast<float>(i);
      stars.points.y_px[i] = 0.0F;
      stars.points.quality[i] = 0;
      stars.points.flux_e[2 * i] = static_cast<float>(7e5 + 1e4 * gauss(random));
      stars.points.flux_e[2 * i + 1] = 1e6F;
      stars.points.flux_err_e[2 * i + 1] = 1e3F;
    }
    const auto curve = phot::growth_curve(stars, mag, radii, {});
    pulls += std::pow((curve.ratio[0] - 0.7), 2) / 200.0;
    quoted += curve.ratio_err[0] / 200.0;
  }
  // 200 values give their scatter to 1/√400; the median of 40 scatters 2 % less than √(π/2)σ/√n,
  // and its deviation is 2 % low.
  EXPECT_NEAR(std::sqrt(pulls) / quoted, 1.0, 4.0 / std::sqrt(400.0) + 0.04);
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/extended.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "support/detect_stars.hpp"

using namespace skyweft;
using support::add_star;
using support::sky_frame;

namespace {

ExtendedSources look(const Frame& frame, const detect::ExtendedConfig& config = {},
                     double star_fwhm_px = kNaN) {
  return detect::detect_extended(frame, detect::estimate_background(frame), star_fwhm_px, config);
}

/// Adds an elliptical Gaussian of the given rms along its axes, major axis `angle_deg` from +x.
void add_ellipse(Frame& frame, double x_px, double y_px, double flux_e, double a_px, double b_px,
                 double angle_deg) {
  const double c = std::cos(angle_deg * kRadPerDeg), s = std::sin(angle_deg * kRadPerDeg);
  for (std::int64_t y = 0; y < frame.ny(); ++y)
    for (std::int64_t x = 0; x < frame.nx(); ++x) {
      const double dx = static_cast<double>(x) - x_px, dy = static_cast<double>(y) - y_px;
      const double u = (c * dx + s * dy) / a_px, v = (c * dy - s * dx) / b_px;
      frame.signal_e(x, y) +=
          static_cast<float>(flux_e / (2.0 * kPi * a_px * b_px) * std::exp(-0.5 * (u * u + v * v)));
    }
}

}  // namespace

// Noise of a pixel 3 e; the ellipse of 2.5 Kron radii has some 500 pixels: 70 e.
TEST(ExtendedSources, OfAnEllipticalGaussianAreItsMoments) {
  Frame frame = sky_frame(200, 160, 100.0, 3.0, 4);
  constexpr double kFlux = 2e6;
  add_ellipse(frame, 90.3, 70.6, kFlux, 5.0, 3.0, 30.0);
  const detect::Background sky{.level_e = Grid<float>(200, 160, 100.0F),
                               .rms_e = Grid<float>(200, 160, 3.0F)};
  const ExtendedSources s = detect::detect_extended(frame, sky, kNaN, {.filter = "none"});
  ASSERT_GE(s.size(), 1);
  // Centre: rms/√(electrons) of light plus the sky's, √(n) 3 e × 10 px / 2e6 e = 3e-4 px.
  EXPECT_NEAR(s.x_px[0], 90.3, 2e-3);
  EXPECT_NEAR(s.y_px[0], 70.6, 2e-3);
  EXPECT_NEAR(s.x_win_px[0], 90.3, 2e-3);
  EXPECT_NEAR(s.y_win_px[0], 70.6, 2e-3);
  // The threshold, 1.5 × 3 e below a peak of 21221 e, cuts at r² = 2 ln(4700): outside is
  // (1 + r²/2) exp(−r²/2) = 0.2 % of the second moment, 0.1 % of the rms. Pixels add 1/12 px² to
  // the data of a real detector, but not to samples of a Gaussian.
  EXPECT_NEAR(s.a_px[0], 5.0, 0.01);
  EXPECT_NEAR(s.b_px[0], 3.0, 0.01);
  EXPECT_NEAR(s.theta_deg[0], 30.0, 0.05);
  EXPECT_NEAR(s.elongation[0], 5.0 / 3.0, 0.01);
  EXPECT_NEAR(s.fwhm_px[0], 2.0 * std::sqrt(std::log(2.0) * 34.0), 0.03);
  EXPECT_NEAR(s.peak_e[0], kFlux / (2.0 * kPi * 15.0), 0.02 * 21221);
  // The first moment of exp(−r²/2) in units of the rms: ∫r·r dr/∫r dr weighted = √(π/2) = 1.2533
  // over the whole plane; beyond 6 rms lies exp(−18).
  EXPECT_NEAR(s.kron_radius[0], std::sqrt(kPi / 2.0), 0.01);
  // 2.5 × 1.2533 = 3.133 rms: exp(−4.909) = 0.74 % of the light is left out.
  EXPECT_NEAR(s.flux_auto_e[0] / kFlux, 1.0 - std::exp(-0.5 * std::pow(2.5 * 1.2533, 2)), 5e-4);
  // √(π · 3.133² · 15) pixels = 21.5 of 3 e each.
  EXPECT_NEAR(s.flux_auto_err_e[0], 3.0 * std::sqrt(kPi * 9.817 * 15.0), 4.0);
  EXPECT_NEAR(s.snr[0], s.flux_auto_e[0] / s.flux_auto_err_e[0], 1.0);
  EXPECT_NEAR(s.flux_iso_err_e[0], 3.0 * std::sqrt(s.n_pix[0]), 0.02 * s.flux_iso_err_e[0]);
  // cxx = cos²/a² + sin²/b² and so on.
  EXPECT_NEAR(s.cxx[0], 0.75 / 25.0 + 0.25 / 9.0, 3e-4);
  EXPECT_NEAR(s.cyy[0], 0.25 / 25.0 + 0.75 / 9.0, 5e-4);
  EXPECT_NEAR(s.cxy[0], 2.0 * 0.5 * std::sqrt(0.75) * (1.0 / 25.0 - 1.0 / 9.0), 5e-4);
}

// A circular Gaussian within r: 1 − exp(−r²/2σ²); half the light of what flux_auto holds.
TEST(ExtendedSources, AperturesAndHalfLightRadiusFollowTheGrowthCurve) {
  Frame frame = sky_frame(120, 120, 50.0, 2.0, 8);
  constexpr double kFlux = 1e6;
  constexpr double kSigma = 2.0;
  add_star(frame, 60.2, 59.7, kFlux, kSigma * 2.3548);
  const ExtendedSources s = look(frame, {.aperture_px = {2.0, 4.0}});
  ASSERT_GE(s.size(), 1);
  ASSERT_EQ(s.n_ap(), 2);
  // Pixels are samples, not integrals: the sum over a circle of few pixels differs by the
  // curvature across a pixel, ∇²I/24 ≤ 2/(24 σ²) = 2 %, with both signs; 0.5 % in practice at 4 px.
  EXPECT_NEAR(s.aperture_flux_e[0] / kFlux, 1.0 - std::exp(-0.5), 0.02);
  EXPECT_NEAR(s.aperture_flux_e[1] / kFlux, 1.0 - std::exp(-2.0), 0.01);
  EXPECT_NEAR(s.aperture_err_e[1], 2.0 * std::sqrt(kPi * 16.0), 0.5);
  EXPECT_NEAR(s.half_light_px[0], kSigma * std::sqrt(2.0 * std::log(2.0)), 0.05);
  // Smoothing widens the moments, by 6 % with the pyramid and 40 % with a Gaussian as wide as the
  // star; the FWHM is free of it. A share of (1 + 9.5) exp(−9.5) of the moment lies below the
  // threshold, of the kernel's own variance 1 % beyond its reach.
  EXPECT_NEAR(s.fwhm_px[0], 2.3548 * kSigma, 0.05);
  EXPECT_GT(s.a_px[0], 1.04 * kSigma);
  EXPECT_NEAR(look(frame, {.filter = "matched"}, 2.3548 * kSigma).fwhm_px[0], 2.3548 * kSigma,
              0.05);
}

TEST(ExtendedSources, AreSortedIntoPointsExtendedOnesAndTraces) {
  Frame frame = sky_frame(400, 300, 100.0, 3.0, 21);
  for (int k = 0; k < 12; ++k) add_star(frame, 30.0 + 28 * k, 30.4, 4e4, 3.0);
  add_ellipse(frame, 100.0, 150.0, 4e5, 7.0, 5.0, 0.0);     // a galaxy
  add_ellipse(frame, 250.0, 150.0, 2e5, 15.0, 1.27, 60.0);  // a streak as wide as a star
  add_ellipse(frame, 200.0, 250.0, 4e5, 14.0, 4.0, -20.0);  // a galaxy on its edge: too wide
  const ExtendedSources s = look(frame);
  ASSERT_EQ(s.size(), 15);
  int n_point = 0;
  for (std::size_t i = 0; i < 15; ++i) {
    if (s.y_px[i] < 60.0) {
      EXPECT_EQ(s.kind[i], SourceClass::point) << i;
      EXPECT_EQ(s.flags[i], 0) << i;
      ++n_point;
    } else if (std::abs(s.x_px[i] - 250.0) < 2.0) {
      EXPECT_EQ(s.kind[i], SourceClass::trace);
      EXPECT_EQ(s.flags[i], source_flag::elongated);
    } else {
      EXPECT_EQ(s.kind[i], SourceClass::extended);
      EXPECT_EQ(s.flags[i], source_flag::wide);
    }
    if (i > 0) {
      EXPECT_GE(s.flux_auto_e[i - 1], s.flux_auto_e[i]);
    }
  }
  EXPECT_EQ(n_point, 12);
  // What the frame's stars look like may be told: as wide as the galaxies, nothing is extended.
  for (const SourceClass kind : look(frame, {}, 60.0).kind) EXPECT_NE(kind, SourceClass::extended);
}

TEST(ExtendedSources, NarrowOnesAreLeftOutOnRequest) {
  Frame frame = sky_frame(120, 120, 100.0, 3.0, 3);
  add_star(frame, 40.0, 40.0, 3e4, 3.0);
  for (int dx = 0; dx < 3; ++dx)
    for (int dy = 0; dy < 2; ++dy) frame.signal_e(80 + dx, 80 + dy) += 2000.0F;  // a cosmic ray
  EXPECT_EQ(look(frame, {.threshold_sigma = 5.0, .filter = "none"}).size(), 2);
  EXPECT_EQ(look(frame, {.threshold_sigma = 5.0, .filter = "none", .min_width_px = 2.5}).size(), 1);
}

TEST(ExtendedSources, CarryFlags) {
  Frame frame = sky_frame(200, 200, 100.0, 3.0, 5);
  add_star(frame, 1.0, 100.0, 5e4, 3.0);    // at the edge
  add_star(frame, 100.0, 100.0, 5e4, 3.0);  // with a bad pixel
  add_star(frame, 150.0, 60.0, 9e4, 3.0), add_star(frame, 155.5, 60.0, 9e4, 3.0);  // blended
  add_star(frame, 60.0, 160.0, 3e6, 3.0);                                          // saturated
  frame.mask(102, 100) = mask::hot;
  frame.signal_e(102, 100) = kNaNf;
  for (std::size_t i = 0; i < frame.signal_e.pixels().size(); ++i)
    if (frame.signal_e.pixels()[i] > 30000.0F) {
      frame.signal_e.pixels()[i] = 30000.0F;
      frame.mask.pixels()[i] = mask::oversaturated;
    }
  const ExtendedSources s = look(frame, {}, 3.0);
  ASSERT_EQ(s.size(), 5);
  for (std::size_t i = 0; i < 5; ++i) {
    const SourceBits flags = s.flags[i];
    EXPECT_EQ((flags & source_flag::edge) != 0, s.x_px[i] < 10.0) << i;
    EXPECT_EQ((flags & source_flag::blended) != 0, std::abs(s.x_px[i] - 152.75) < 4.0) << i;
    EXPECT_EQ((flags & source_flag::saturated) != 0, s.y_px[i] > 150.0) << i;
    EXPECT_EQ((flags & source_flag::bad_pixel) != 0, std::abs(s.x_px[i] - 100.0) < 5.0) << i;
  }
}

TEST(ExtendedSources, OfAnEmptySkyAreNone) {
  const ExtendedSources s = look(sky_frame(150, 100, 50.0, 3.0, 6), {.threshold_sigma = 5.0});
  EXPECT_EQ(s.size(), 0);
  EXPECT_EQ(detect::detect_extended({}, {}, 3.0).size(), 0);
}

// 490000 pixels above the threshold are more than SEP's usual stack of 300000 holds: it grows.
TEST(ExtendedSources, OfAFrameThatIsAllObjectAreFoundWithALargerStack) {
  Frame frame = sky_frame(700, 700, 0.0, 1.0, 6);
  for (float& v : frame.signal_e.pixels()) v += 100.0F;
  detect::Background sky{.level_e = Grid<float>(700, 700, 0.0F),
                         .rms_e = Grid<float>(700, 700, 1.0F)};
  const ExtendedSources s = detect::detect_extended(frame, sky, 3.0, {.deblend_levels = 1});
  ASSERT_EQ(s.size(), 1);
  EXPECT_EQ(s.n_pix[0], 700 * 700);
  EXPECT_EQ(s.kind[0], SourceClass::extended);
}

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/profile_pixels.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "shape/fast_exp.hpp"
#include "shape/gauss_legendre.hpp"
#include "support/shape_models_twin.hpp"

using namespace skyweft;
using namespace skyweft::shape;

namespace {

constexpr PixelWindow kWindow{.first_x = 3, .first_y = 5, .nx = 11, .ny = 9};

std::vector<double> pixels_of(PsfKind kind, PsfView view, const SubPixelMap& map,
                              const ProfileParameters& p, double x, double y) {
  ProfilePixels profile(kind, view, map);
  std::vector<double> out(static_cast<std::size_t>((1 + profile.n_parameter()) * kWindow.size()));
  profile.evaluate(p, x, y, kWindow, out);
  return out;
}

TEST(GaussLegendre, IsExactForPolynomialsOfItsDegree) {
  for (std::size_t n = 1; n <= kMostPoints; ++n) {
    const GaussLegendre rule = gauss_legendre(n);
    for (std::size_t power = 0; power < 2 * n; ++power) {
      double sum = 0.0;
      for (std::size_t i = 0; i < n; ++i)
        sum += rule.weight[i] * std::pow(2.0 * rule.point[i], static_cast<double>(power));
      // ∫ (2x)^k over [−½, ½]; 16 terms below 1 rounded at 1e-16 each, points at 1e-15.
      EXPECT_NEAR(sum, power % 2 == 1 ? 0.0 : 1.0 / static_cast<double>(power + 1), 1e-14);
    }
  }
}

TEST(FastExp, EqualsTheLibrarysToARounding) {
  for (double x = 0.0; x > -690.0; x -= 0.0137)
    EXPECT_NEAR(fast_exp(x) / std::exp(x), 1.0, 1e-15)
        << x;  // two roundings of 2.2e-16 and p's two
  EXPECT_LT(fast_exp(-1e9), 1e-300);
}

TEST(ProfilePixels, OfARoundGaussianAreProductsOfErrorFunctions) {
  const double sigma = 1.0 / 2.3548200450309493;  // FWHM 1 px
  const double s = 1.0 / (sigma * sigma);
  const double x = 8.3;
  const double y = 9.15;
  const auto out = pixels_of(PsfKind::gaussian, PsfView::psf, {}, {s, 0.0, 0.0, 0.0}, x, y);
  const auto part = [&](double d) {
    return 0.5 * (std::erf((d + 0.5) / (sigma * std::sqrt(2.0))) -
                  std::erf((d - 0.5) / (sigma * std::sqrt(2.0))));
  };
  for (std::int64_t iy = 0; iy < kWindow.ny; ++iy)
    for (std::int64_t ix = 0; ix < kWindow.nx; ++ix)
      EXPECT_NEAR(out[static_cast<std::size_t>(iy * kWindow.nx + ix)],
                  part(static_cast<double>(3 + ix) - x) * part(static_cast<double>(5 + iy) - y),
                  2e-10);  // 1e-10 an axis
}

TEST(ProfilePixels, OfTiltedShapesEqualTheSlowSum) {
  const ProfileParameters p{2.5, 0.6, -0.8, 2.4};
  for (const PsfKind kind : {PsfKind::gaussian, PsfKind::moffat}) {
    for (const bool bayer : {false, true}) {
      const SubPixelMap map = bayer ? support::quarter_map() : SubPixelMap{};
      const auto out = pixels_of(kind, PsfView::psf, map, p, 8.3, 9.15);
      for (std::int64_t i = 0; i < kWindow.size(); ++i) {
        const double dx = static_cast<double>(3 + i % kWindow.nx) - 8.3;
        const double dy = static_cast<double>(5 + i / kWindow.nx) - 9.15;
        // 1e-10 an axis of the rule and of the twin, times the largest sensitivity of 4 quarters.
        EXPECT_NEAR(out[static_cast<std::size_t>(i)], support::slow_pixel(kind, p, dx, dy, map),
                    4e-10);
      }
    }
  }
}

TEST(ProfilePixels, OfAPrfAreValuesAtPixelCentres) {
  // (1 + r²/4)⁻⁴ has its half maximum at r = 2 √(2^¼ − 1): FWHM 1.7399 px.
  const double s = 2.0;  // S/2β = 1/4
  const double half = 2.0 * std::sqrt(std::pow(2.0, 0.25) - 1.0);
  EXPECT_NEAR(2.0 * half, 1.7399, 5e-5);
  const auto out = pixels_of(PsfKind::moffat, PsfView::prf, support::quarter_map(),
                             {s, 0.0, 0.0, 4.0}, 8.0 + half, 9.0);
  const double peak = s / (2.0 * M_PI) * 3.0 / 4.0;
  EXPECT_NEAR(out[4 * 11 + 5], 0.5 * peak, 1e-15);
}

TEST(ProfilePixels, HaveTheDerivativesOfDifferences) {
  const ProfileParameters p{1.5, 0.2, -0.3, 3.2};
  for (const PsfKind kind : {PsfKind::gaussian, PsfKind::moffat}) {
    const auto at = pixels_of(kind, PsfView::psf, {}, p, 8.3, 9.15);
    const std::size_t n = static_cast<std::size_t>(kWindow.size());
    for (std::size_t k = 0; k < at.size() / n - 1; ++k) {
      const double h = 1e-4;
      ProfileParameters more = p;
      ProfileParameters less = p;
      more[k] += h;
      less[k] -= h;
      const auto up = pixels_of(kind, PsfView::psf, {}, more, 8.3, 9.15);
      const auto down = pixels_of(kind, PsfView::psf, {}, less, 8.3, 9.15);
      // Central differences err by h²/6 times a third derivative of order 1: 1.7e-9; twice 1e-10
      // of the rule over 2h would be 1e-6, but its error is smooth in p: of order 1e-10 itself.
      for (std::size_t i = 0; i < n; ++i)
        EXPECT_NEAR(at[(k + 1) * n + i], (up[i] - down[i]) / (2.0 * h), 1e-8) << k;
    }
  }
}

TEST(ProfilePixels, RefuseWhatIsNoEllipse) {
  EXPECT_TRUE(is_profile(PsfKind::gaussian, {1.0, 0.5, 0.5, 0.0}));
  EXPECT_FALSE(is_profile(PsfKind::gaussian, {1.0, 0.8, 0.7, 0.0}));
  EXPECT_FALSE(is_profile(PsfKind::gaussian, {-1.0, 0.0, 0.0, 0.0}));
  EXPECT_FALSE(is_profile(PsfKind::moffat, {1.0, 0.0, 0.0, 1.0}));
  EXPECT_FALSE(is_profile(PsfKind::moffat, {1.0, 0.0, 0.0, std::nan("")}));
  EXPECT_FALSE(is_profile(PsfKind::gaussian, {std::nan(""), 0.0, 0.0, 0.0}));
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/growth.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;

namespace {

const std::vector<double> kRadii{2.0, 4.0, 8.0};

/// Stars 100 px apart in a row, each with shares 0.5, 0.8, 1.0 of 1e6 (1 − i/100) e-, S/N 1000.
FramePhotometry row_of_stars(std::int64_t n) {
  FramePhotometry out;
  out.n_star = n;
  out.n_ap = 3;
  out.points.resize(n, 3);
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    out.points.x_px[i] = 100.0F * static_cast<float>(i);
    out.points.y_px[i] = 50.0F;
    out.points.quality[i] = 0;
    const float flux = 1e6F * (1.0F - 0.01F * static_cast<float>(i));
    const float share[] = {0.5F, 0.8F, 1.0F};
    for (std::size_t k = 0; k < 3; ++k) {
      out.points.flux_e[3 * i + k] = share[k] * flux;
      out.points.flux_err_e[3 * i + k] = 1e-3F * flux;
    }
  }
  return out;
}

TEST(GrowthCurve, IsTheMedianOfTheRatios) {
  auto stars = row_of_stars(11);
  const std::vector<float> mag(11, 10.0F);
  // Ratios 0.45 … 0.55 at the smallest radius: median 0.50, median deviation 0.03.
  for (std::size_t i = 0; i < 11; ++i)
    stars.points.flux_e[3 * i] =
        (0.45F + 0.01F * static_cast<float>(i)) * stars.points.flux_e[3 * i + 2];
  const auto curve = phot::growth_curve(stars, mag, kRadii, {});
  EXPECT_EQ(curve.reference_radius_px, 8.0);
  EXPECT_EQ(curve.n_selected, 11);
  EXPECT_EQ(curve.n_star, (std::vector<std::int64_t>{11, 11, 11}));
  // Fluxes are floats: 6e-8 each.
  EXPECT_NEAR(curve.ratio[0], 0.50, 2e-7);
  EXPECT_NEAR(curve.scatter[0], 1.482602218505602 * 0.03, 1e-6);
  EXPECT_NEAR(curve.ratio_err[0], curve.scatter[0] * std::sqrt(0.5 * kPi / 11.0), 1e-12);
  EXPECT_NEAR(curve.ratio[1], 0.8, 2e-7);
  EXPECT_EQ(curve.ratio[2], 1.0);
  EXPECT_EQ(curve.ratio_err[2], 0.0);
  EXPECT_EQ(curve.correction_mag(2), 0.0);
  EXPECT_NEAR(curve.correction_mag(0), 2.5 * std::log10(0.5), 1e-6);
  EXPECT_NEAR(curve.correction_err_mag(0), 1.0857362 * curve.ratio_err[0] / 0.5, 1e-6);
  EXPECT_TRUE(curve.usable);
  // A magnitude measured at 2 px and corrected is that at 8 px.
  const double small = -2.5 * std::log10(5e5);
  EXPECT_NEAR(small + curve.correction_mag(0), -2.5 * std::log10(1e6), 1e-6);
}

TEST(GrowthCurve, DropsAStarThatIsUnlikeTheOthers) {
  auto stars = row_of_stars(20);
  const std::vector<float> mag(20, 10.0F);
  for (std::size_t i = 0; i < 20; ++i)
    stars.points.flux_e[3 * i] *= 1.0F + 0.0001F * (static_cast<float>(i) - 9.5F);
  stars.points.flux_e[3 * 7] *= 1.2F;
  stars.points.flux_e[3 * 9 + 1] = kNaNf;
  const auto curve = phot::growth_curve(stars, mag, kRadii, {});
  EXPECT_EQ(curve.n_star, (std::vector<std::int64_t>{19, 19, 20}));
  EXPECT_NEAR(curve.ratio[0], 0.5, 0.5 * 0.0011);
  EXPECT_TRUE(curve.usable);
}

TEST(GrowthStars, AreBrightIsolatedAndUnflagged) {
  auto stars = row_of_stars(10);
  std::vector<float> mag(10, 10.0F);
  stars.points.quality[1] = quality::saturated;
  stars.points.quality[2] = quality::neighbour_1pc;
  stars.points.quality[3] = quality::uncalibrated | quality::recentred;  // no fault of the pixels
  stars.points.flux_err_e[3 * 4 + 2] = 0.02F * stars.points.flux_e[3 * 4 + 2];  // S/N 50
  stars.points.flux_e[3 * 5 + 2] = kNaNf;
  stars.points.x_px[6] = kNaNf;
  stars.points.x_px[7] = 915.0F;  // 15 px from star 9, less than twice the reference radius
  EXPECT_EQ(phot::growth_stars(stars, mag, kRadii, {}), (std::vector<std::int64_t>{0, 3, 8}));
  mag[7] = 15.5F;  // now too faint to harm star 9, which still harms it
  EXPECT_EQ(phot::growth_stars(stars, mag, kRadii, {}), (std::vector<std::int64_t>{0, 3, 8, 9}));
  mag[7] = kNaNf;  // unknown: it may be bright
  EXPECT_EQ(phot::growth_stars(stars, mag, kRadii, {}), (std::vector<std::int64_t>{0, 3, 8}));
  phot::GrowthConfig config;
  config.isolation_px = 14.0;
  EXPECT_EQ(phot::growth_stars(stars, mag, kRadii, config),
            (std::vector<std::int64_t>{0, 3, 7, 8, 9}));
  config.max_stars = 2;
  EXPECT_EQ(phot::growth_stars(stars, mag, kRadii, config), (std::vector<std::int64_t>{0, 3}));
}

TEST(GrowthCurve, SaysWhenItIsNotUsable) {
  const auto few = row_of_stars(5);
  const std::vector<float> mag(30, 10.0F);
  const auto curve = phot::growth_curve(few, std::span{mag}.first(5), kRadii, {});
  EXPECT_EQ(curve.n_selected, 5);
  EXPECT_FALSE(curve.usable);
  EXPECT_NEAR(curve.ratio[0], 0.5, 1e-6);
  const auto none = phot::growth_curve(row_of_stars(0), {}, kRadii, {});
  EXPECT_FALSE(none.usable);
  EXPECT_TRUE(std::isnan(none.ratio[0]));
  EXPECT_TRUE(std::isnan(none.correction_mag(2)));
  EXPECT_TRUE(std::isnan(phot::aperture_correction(none, 3.0).correction_mag));
  auto unsteady = row_of_stars(30);
  for (std::size_t i = 0; i < 30; ++i)
    unsteady.points.flux_e[3 * i] *= 1.0F + 0.01F * static_cast<float>(i);
  EXPECT_FALSE(phot::growth_curve(unsteady, mag, kRadii, {}).usable);
}

TEST(GrowthCurve, RefusesAReferenceThatIsNotMeasured) {
  const auto stars = row_of_stars(12);
  const std::vector<float> mag(12, 10.0F);
  phot::GrowthConfig config;
  config.reference_radius_px = 4.0;
  EXPECT_NEAR(phot::growth_curve(stars, mag, kRadii, config).ratio[2], 1.25, 1e-6);
  config.reference_radius_px = 5.0;
  EXPECT_THROW(phot::growth_curve(stars, mag, kRadii, config), Error);
  EXPECT_THROW(phot::growth_curve(stars, std::span{mag}.first(3), kRadii, {}), Error);
  const std::vector<double> two{2.0, 4.0};
  EXPECT_THROW(phot::growth_curve(stars, mag, two, {}), Error);
}

TEST(ApertureCorrection, PassesThroughTheCurveAndStaysMonotone) {
  const std::vector<float> mag(12, 10.0F);
  const auto curve = phot::growth_curve(row_of_stars(12), mag, kRadii, {});
  for (std::size_t k = 0; k < 3; ++k)
    EXPECT_NEAR(phot::aperture_correction(curve, kRadii[k]).ratio, curve.ratio[k], 1e-15);
  double last = 0.0;
  for (double r = 0.01; r <= 8.0; r += 0.01) {
    const auto here = phot::aperture_correction(curve, r);
    EXPECT_GT(here.ratio, last) << r;
    EXPECT_LE(here.ratio, 1.0 + 1e-15) << r;
    EXPECT_NEAR(here.correction_mag, 2.5 * std::log10(here.ratio), 1e-15);
    last = here.ratio;
  }
  EXPECT_TRUE(std::isnan(phot::aperture_correction(curve, 8.01).ratio));
  EXPECT_TRUE(std::isnan(phot::aperture_correction(curve, 0.0).ratio));
  EXPECT_TRUE(std::isnan(phot::aperture_correction(curve, kNaN).ratio));
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/zero_point.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "support/phot_zero_stars.hpp"

using namespace skyweft;
using namespace skyweft::phot;

namespace {

/// Eleven stars without noise at colours 0, 0.1, … 1, all with an error of 0.1 mag.
support::ZeroSky exact_stars() {
  support::ZeroSky sky;
  for (int i = 0; i < 11; ++i) {
    sky.colour.push_back(0.1 * i);
    sky.catalog.push_back(11.0 + 0.3 * ((7 * i) % 11));
    sky.instrumental.push_back(sky.catalog.back() - 20.0 - 0.5 * (0.1 * i - 0.5));
    sky.err.push_back(0.1);
    sky.u.push_back(0.2 * i - 1.0);
    sky.v.push_back(0.1 * ((3 * i) % 11) - 0.5);
    sky.usable.push_back(1);
  }
  return sky;
}

TEST(FitZeroPoint, IsTheLineOfExactStars) {
  const ZeroPoint z = fit_zero_point(exact_stars().stars(), {});
  ASSERT_TRUE(z.valid());
  EXPECT_EQ(z.colour_order, 1);
  EXPECT_EQ(z.n_used, 11);
  EXPECT_FALSE(z.is_limited);
  // Rounding of magnitudes of 20 in sums of eleven.
  EXPECT_NEAR(z.colour_zero, 0.5, 1e-15);
  EXPECT_NEAR(z.zero_point, 20.0, 1e-12);
  ASSERT_EQ(z.colour.size(), 1u);
  EXPECT_NEAR(z.colour[0], 0.5, 1e-12);
  EXPECT_EQ(z.intrinsic_mag, 0.0);
  // 0.1/√11, and 0.1/√Σ(C − 0.5)² = 0.1/√1.1; the grain of 1e-6 mag adds 5e-11 of them.
  EXPECT_NEAR(z.zero_point_err, 0.1 / std::sqrt(11.0), 1e-11);
  EXPECT_NEAR(z.colour_err[0], 0.1 / std::sqrt(1.1), 1e-11);
  EXPECT_NEAR(apply(z, -9.0, 0.9, 0.3, 0.1), -9.0 + 20.0 + 0.5 * 0.4, 1e-12);
  EXPECT_NEAR(apply_error(z, 0.9, 0.0, 0.0), 0.1 * std::sqrt(1.0 / 11.0 + 0.16 / 1.1), 1e-11);
}

TEST(FitZeroPoint, TakesAnUnknownColourForTheMiddleOne) {
  const ZeroPoint z = fit_zero_point(exact_stars().stars(), {});
  EXPECT_NEAR(apply(z, -9.0, kNaN, 0.0, 0.0), 11.0, 1e-12);
  // The median distance from 0.5 is 0.3 (0, .1 .1 .2 .2 .3 …).
  const double spread = 0.5 * 1.482602218505602 * 0.3;
  EXPECT_NEAR(apply_error(z, kNaN, 0.0, 0.0), std::hypot(0.1 / std::sqrt(11.0), spread), 1e-9);
}

TEST(FitZeroPoint, NeedsItsStars) {
  support::ZeroSky sky = exact_stars();
  const ZeroPoint none = fit_zero_point(sky.stars(), {.min_stars = 12});
  EXPECT_FALSE(none.valid());
  EXPECT_EQ(none.n_candidate, 11);
  EXPECT_TRUE(std::isnan(none.zero_point));
  EXPECT_TRUE(std::isnan(apply(none, 1.0, 0.5, 0.0, 0.0)));
  EXPECT_TRUE(std::isnan(apply_error(none, 0.5, 0.0, 0.0)));
  EXPECT_FALSE(fit_zero_point({}, {}).valid());
}

TEST(FitZeroPoint, LeavesOutWhatFewStarsDoNotCarry) {
  const ZeroPoint z =
      fit_zero_point(exact_stars().stars(), {.colour_order = 1, .position_order = 2});
  EXPECT_TRUE(z.is_limited);  // 2 + 5 terms ask for 21 stars
  EXPECT_EQ(z.colour_order, 1);
  EXPECT_EQ(z.position_order, 0);
}

TEST(FitZeroPoint, LeavesOutAColourThatAllShare) {
  support::ZeroSky sky = exact_stars();
  for (double& c : sky.colour) c = 0.7;
  const ZeroPoint z = fit_zero_point(sky.stars(), {});
  EXPECT_TRUE(z.is_limited);
  EXPECT_EQ(z.colour_order, 0);
  EXPECT_EQ(z.n_used, 11);
}

TEST(FitZeroPoint, DoesWithoutColoursWhenMostAreUnknown) {
  support::ZeroSky sky = exact_stars();
  for (std::size_t i = 0; i < 6; ++i) sky.colour[i] = kNaN;
  const ZeroPoint z = fit_zero_point(sky.stars(), {});
  EXPECT_EQ(z.n_candidate, 11);
  EXPECT_EQ(z.colour_order, 0);
  EXPECT_TRUE(z.is_limited);
  sky.colour[5] = 0.5;  // six of eleven are known
  EXPECT_EQ(fit_zero_point(sky.stars(), {}).n_candidate, 6);
}

TEST(FitZeroPoint, TakesOnlyTheStarsAskedFor) {
  support::ZeroSky sky = exact_stars();
  const auto n = [&](const ZeroPointConfig& config) {
    return fit_zero_point(sky.stars(), config).n_candidate;
  };
  // Magnitudes 11 + 0.3 k for k = 0 … 10.
  EXPECT_EQ(n({.mag_min = 11.5}), 9);
  EXPECT_EQ(n({.mag_max = 13.45}), 9);
  EXPECT_EQ(n({.colour_min = 0.05}), 10);
  EXPECT_EQ(n({.colour_max = 0.85}), 9);
  sky.usable[3] = 0;
  sky.err[4] = 0.0;
  sky.err[5] = kNaN;
  sky.catalog[6] = kNaN;
  EXPECT_EQ(n({}), 7);
  ZeroPointStars crowded = exact_stars().stars();
  const std::vector<double> light{0.0, 0.1, 0.05, 0.051, kNaN, 0, 0, 0, 0, 0, 0};
  const support::ZeroSky all = exact_stars();
  crowded = all.stars();
  crowded.contamination = light;
  EXPECT_EQ(fit_zero_point(crowded, {}).n_candidate, 9);
}

TEST(FitZeroPoint, RefusesUnequalColumns) {
  const support::ZeroSky sky = exact_stars();
  ZeroPointStars stars = sky.stars();
  stars.colour = stars.colour.first(5);
  EXPECT_THROW(fit_zero_point(stars, {}), Error);
}

}  // namespace

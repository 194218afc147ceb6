// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/sip.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "sky/projection.hpp"
#include "sky/wcs.hpp"
#include "support/sky_wcs.hpp"

namespace skyweft::sky {
namespace {

using support::at_deg;

double px_between(const PixelPos& a, const PixelPos& b) {
  return std::hypot(a.x_px - b.x_px, a.y_px - b.y_px);
}

TEST(TanSip, OfALinearSolutionIsItsMatrix) {
  // 3.6″ per pixel, +y to the north, +x to the west: CD is diag(−0.001, 0.001) degrees a pixel.
  const Wcs wcs = linear_wcs(at_deg(10.0, 30.0), 3.6, 0.0, false, {499.5, 399.5});
  const TanSip sip = fit_tan_sip(wcs, 1000, 800);
  EXPECT_EQ(sip.order, 1);
  EXPECT_EQ(sip.inverse_order, 0);
  EXPECT_TRUE(sip.a.empty());
  // Least squares of exact numbers: some hundred roundings of numbers below 1.
  const double limit = 1e-13 * 0.001 * 100;
  EXPECT_NEAR(sip.cd[0], -0.001, limit);
  EXPECT_NEAR(sip.cd[1], 0.0, limit);
  EXPECT_NEAR(sip.cd[2], 0.0, limit);
  EXPECT_NEAR(sip.cd[3], 0.001, limit);
  EXPECT_EQ(sip.reference, (PixelPos{499.5, 399.5}));
  EXPECT_NEAR(sip.centre.ra.deg(), 10.0, 1e-12);
  EXPECT_NEAR(sip.centre.dec.deg(), 30.0, 1e-12);
  EXPECT_LT(sip.forward_error_px, 1e-8);
}

TEST(TanSip, OfKnownPolynomialHasItsTerms) {
  // Sky → pixel with x = u + 0.01 u² (u in degrees / unit): the inverse begins u = x − 0.01 x² +
  // 2·0.01² x³ …, so A_2_0 in units of the half width is −0.01 up to the cube of 0.01.
  Wcs wcs;
  wcs.centre = at_deg(100.0, 0.0);
  wcs.unit_deg = 0.5;
  wcs.order = 2;
  const double half = 500.0;
  wcs.cx = {499.5, half, 0.0, 0.01 * half, 0.0, 0.0};
  wcs.cy = {499.5, 0.0, half, 0.0, 0.0, 0.0};
  const TanSip sip = fit_tan_sip(wcs, 1000, 1000);
  ASSERT_GE(sip.order, 3);
  EXPECT_NEAR(sip.a[3] * half, -0.01, 5.0 * 0.01 * 0.01 * 0.01);
  EXPECT_NEAR(sip.a[6] * half * half, 2e-4, 14.0 * 1e-6);  // next term: 14 · 0.01⁴/0.01
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(sip.a[k], 0.0) << k;
  EXPECT_NEAR(sip.b[5], 0.0, 1e-15);
}

TEST(TanSip, KeepsItsPromiseBetweenThePlacesItWasJudgedAt) {
  std::mt19937_64 random{3};
  int i_lens = 0;
  for (const support::Lens& lens : support::many_lenses()) {
    const Wcs wcs = support::wcs_of(lens);
    const TanSip sip = fit_tan_sip(wcs, lens.nx, lens.ny);
    std::printf("lens %d: order %d, error %.2g px, inverse %d, round trip %.2g px\n", i_lens,
                sip.order, sip.forward_error_px, sip.inverse_order, sip.round_trip_error_px);
    EXPECT_LT(sip.forward_error_px, 1e-3) << i_lens;
    EXPECT_LT(sip.round_trip_error_px, 0.02) << i_lens;
    std::uniform_real_distribution<double> x{-0.5, static_cast<double>(lens.nx) - 0.5};
    std::uniform_real_distribution<double> y{-0.5, static_cast<double>(lens.ny) - 0.5};
    double forward = 0.0;
    double round_trip = 0.0;
    for (int k = 0; k < 2000; ++k) {
      const PixelPos place{x(random), y(random)};
      const SkyPos seen = to_sky(sip, place);
      forward = std::max(forward, px_between(to_pixel(wcs, seen), place));
      round_trip = std::max(round_trip, px_between(to_pixel(sip, seen), place));
    }
    // The largest errors are at the corners, which were judged; between the places of a 61 × 61
    // grid a ripple of order 9 changes by less than a tenth of its height. 1e-8 px is rounding.
    EXPECT_LT(forward, 1.1 * sip.forward_error_px + 1e-8) << i_lens;
    EXPECT_LT(round_trip, 1.1 * sip.round_trip_error_px + 1e-8) << i_lens;
    ++i_lens;
  }
}

TEST(TanSip, SaysWhenOrderNineIsNotEnough) {
  // 5.6 % at the corner of 25°: the inverse of a lens of order 5 is no polynomial, and SIP ends at
  // order 9. The number is stated and still far below what a centroid is good for.
  support::Lens lens = support::many_lenses()[5];
  lens.k3 = 0.04;
  lens.k5 = -0.006;
  const TanSip sip = fit_tan_sip(support::wcs_of(lens), lens.nx, lens.ny);
  EXPECT_EQ(sip.order, 9);
  EXPECT_GT(sip.forward_error_px, 1e-3);
  EXPECT_LT(sip.forward_error_px, 0.02);
  EXPECT_LT(sip.round_trip_error_px, 0.02);
}

TEST(TanSip, OfAFixedOrderIsWorseWhenTheOrderIsTooLow) {
  const support::Lens lens = support::many_lenses()[5];
  const Wcs wcs = support::wcs_of(lens);
  double last = 1e9;
  for (const int order : {1, 3, 5, 7}) {
    const TanSip sip = fit_tan_sip(wcs, lens.nx, lens.ny, order);
    EXPECT_EQ(sip.order, order);
    EXPECT_LT(sip.forward_error_px, last);
    last = sip.forward_error_px;
  }
  EXPECT_GT(fit_tan_sip(wcs, lens.nx, lens.ny, 1).forward_error_px, 1.0);
}

TEST(TanSip, LeavesTheColourTermOutAndSaysSo) {
  Wcs wcs = linear_wcs(at_deg(10.0, 30.0), 3.6, 0.0, false, {49.5, 49.5});
  wcs.colour_zero = 0.8;
  wcs.colour_x_px = 0.02;
  wcs.colour_y_px = -0.01;
  const TanSip sip = fit_tan_sip(wcs, 100, 100);
  EXPECT_EQ(sip.left_out_px_per_mag, (PixelPos{0.02, -0.01}));
  EXPECT_EQ(sip.colour_zero, 0.8);
}

TEST(TanSip, InFilePixelsShowsTheSameSky) {
  for (const PixelMap& map :
       {PixelMap{.x_start = 20, .y_start = 3},
        PixelMap{.x_start = 1, .y_start = 0, .x_step = 2, .y_step = 2},
        PixelMap{.x_start = 2047, .y_start = 10, .x_step = -1, .y_step = 3}}) {
    const support::Lens lens = support::many_lenses()[4];
    const TanSip frame = fit_tan_sip(support::wcs_of(lens), lens.nx, lens.ny);
    const TanSip file = in_file_pixels(frame, map);
    for (const PixelPos& p : support::pixels_of(lens, 7)) {
      const PixelPos q{map.x_start + map.x_step * p.x_px, map.y_start + map.y_step * p.y_px};
      // Both are the same polynomial; 1e-9 px is rounding of numbers up to 1e4 px.
      EXPECT_LT(separation(to_sky(frame, p), to_sky(file, q)).arcsec(), 1e-8);
      const PixelPos back = to_pixel(file, to_sky(frame, p));
      const PixelPos same = to_pixel(frame, to_sky(frame, p));
      EXPECT_NEAR(back.x_px, map.x_start + map.x_step * same.x_px, 1e-7);
      EXPECT_NEAR(back.y_px, map.y_start + map.y_step * same.y_px, 1e-7);
    }
  }
}

TEST(TanSip, RefusesWhatHasNoSky) {
  EXPECT_THROW(fit_tan_sip(Wcs{}, 10, 10), Error);
  const Wcs good = linear_wcs(at_deg(10.0, 30.0), 3.6, 0.0, false, {49.5, 49.5});
  EXPECT_THROW(fit_tan_sip(good, 0, 10), Error);
  EXPECT_THROW(fit_tan_sip(good, 10, 10, 10), Error);
  // x = u − 0.5 u² has its top at u = 1, x = 0.5 of the half width: beyond it there is no sky.
  Wcs folded;
  folded.centre = at_deg(10.0, 30.0);
  folded.order = 2;
  folded.cx = {499.5, 500.0, 0.0, -250.0, 0.0, 0.0};
  folded.cy = {499.5, 0.0, 500.0, 0.0, 0.0, 0.0};
  try {
    fit_tan_sip(folded, 1000, 1000);
    FAIL() << "a fold was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::numeric);
    ASSERT_TRUE(error.test().has_value());
    EXPECT_EQ(error.test()->name, "wcs_folds");
  }
}

}  // namespace
}  // namespace skyweft::sky

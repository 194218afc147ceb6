// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/psf_flux.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::PsfFluxConfig;
using phot::PsfFluxes;
using support::PsfSky;

namespace {

PsfFluxes fit(const PsfSky& sky, const PsfFluxConfig& config = {}) {
  return phot::fit_psf_fluxes(sky.frame, sky.x, sky.y, sky.background, sky.background_err,
                              sky.shapes, {}, sky.mag, config);
}

PsfSky stars(std::vector<double> x, std::vector<double> y, std::vector<double> flux,
             double level = 100.0) {
  return support::painted_sky(support::gaussian_map(2.5), {}, 40, 40, std::move(x), std::move(y),
                              std::move(flux), level);
}

/// Every number that is missing has a flag, and only then.
void expect_none(const PsfFluxes& out, std::size_t i, QualityBits bits) {
  EXPECT_TRUE(std::isnan(out.flux_e[i]));
  EXPECT_TRUE(std::isnan(out.flux_err_e[i]));
  EXPECT_EQ(out.quality[i], bits) << quality_names(out.quality[i]);
}

TEST(PsfFlux, AndItsErrorAreThoseOfPlainSums) {
  PsfSky sky = stars({20.3}, {19.6}, {5000.0});
  sky.background_err = {0.7};
  PsfFluxConfig config;
  config.weights = "data";
  config.flat_error = 1e-3;
  const auto out = fit(sky, config);
  StarShape scratch;
  const StarShape& shape = sky.shapes.at(0, scratch);
  double pp = 0.0;
  double pd = 0.0;
  double p1 = 0.0;
  std::int32_t n = 0;
  const auto w = shape::window_of(shape, 20.3, 19.6, 40, 40);
  for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy)
    for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
      const double p = support::light_in_pixel(shape, {}, static_cast<double>(ix) - 20.3,
                                               static_cast<double>(iy) - 19.6);
      const double v = static_cast<double>(sky.frame.variance_e2(ix, iy));
      pp += p * p / v;
      pd += p * (static_cast<double>(sky.frame.signal_e(ix, iy)) - 100.0) / v;
      p1 += p / v;
      ++n;
    }
  EXPECT_EQ(out.quality[0], 0);
  EXPECT_EQ(out.n_pixel[0], n);
  EXPECT_EQ(out.group_size[0], 1);
  // Two ways to the same sums, in doubles.
  EXPECT_NEAR(out.flux_e[0], pd / pp, 1e-9 * 5000.0);
  const double expected =
      std::sqrt(1.0 / pp + std::pow(0.7 * p1 / pp, 2) + std::pow(1e-3 * pd / pp, 2));
  EXPECT_NEAR(out.flux_err_e[0], expected, 1e-9 * expected);
}

TEST(PsfFlux, OfModelWeightsHasTheSameErrorWhereTheVarianceIsTrue) {
  const PsfSky sky = stars({20.3}, {19.6}, {5000.0});
  PsfFluxConfig config;
  const auto model = fit(sky, config);
  config.weights = "data";
  const auto data = fit(sky, config);
  // The stated variances are those of the painted levels, rounded to floats.
  EXPECT_NEAR(model.flux_err_e[0], data.flux_err_e[0], 1e-6 * data.flux_err_e[0]);
  EXPECT_LT(model.chi2_dof[0], 1e-9);
  EXPECT_LT(model.qfit[0], 1e-6);
}

TEST(PsfFlux, ShowsWhatIsNotAStar) {
  PsfSky sky = stars({12.0, 28.0}, {20.0, 20.0}, {5000.0, 5000.0});
  sky.frame.signal_e(28, 20) += 2000.0F;
  sky.frame.variance_e2(28, 20) += 2000.0F;
  const auto out = fit(sky);
  EXPECT_LT(out.qfit[0], 1e-6);
  EXPECT_GT(out.qfit[1], 0.2);  // of the 2000 e about two thirds are not fitted away
  EXPECT_GT(out.chi2_dof[1], 10.0);
  PsfFluxConfig config;
  config.max_chi2 = 5.0;
  EXPECT_EQ(fit(sky, config).quality[1], quality::psf_unreliable);
  config.reject_sigma = 6.0;
  const auto rejected = fit(sky, config);
  EXPECT_EQ(rejected.quality[1], 0);
  EXPECT_EQ(rejected.n_pixel[1], out.n_pixel[1] - 1);
  EXPECT_NEAR(rejected.flux_e[1], 5000.0, 1e-3);  // floats of some 1000 e
}

TEST(PsfFlux, WithoutAPlaceAShapeOrABackgroundIsFlagged) {
  PsfSky sky = stars({10.0, 20.0, 30.0, 5.0}, {20.0, 20.0, 20.0, 5.0}, {1e4, 1e4, 1e4, 1e4});
  sky.x[0] = kNaN;
  sky.background[1] = kNaN;
  sky.background_err[2] = kNaN;
  sky.x[3] = 1e12;
  const auto out = fit(sky);
  expect_none(out, 0, quality::not_measured);
  expect_none(out, 1, quality::background_unreliable);
  expect_none(out, 2, quality::background_unreliable);
  expect_none(out, 3, quality::not_measured);

  PsfSky none = stars({20.0}, {20.0}, {1e4});
  none.shapes = {};
  expect_none(fit(none), 0, quality::psf_unreliable);
  PsfMap varying = support::bicubic_map();
  PsfSky colourless = stars({20.0}, {20.0}, {1e4});
  colourless.shapes = support::shapes_on(varying, {kNaN}, {20.0}, 40, 40);
  expect_none(fit(colourless), 0, quality::psf_unreliable);
}

TEST(PsfFlux, OfAStarPartlyOutsideIsFittedToWhatIsInside) {
  const PsfSky sky = stars({-0.3, 39.6, -1.9, 20.0, 20.0}, {20.0, 20.0, 10.0, 43.0, 60.0},
                           {1e4, 1e4, 1e4, 1e4, 1e4});
  const auto out = fit(sky);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(out.quality[i], quality::edge);
    EXPECT_NEAR(out.flux_e[i], 1e4, 1e-2);  // floats of 1000 e, sums of tens of pixels
  }
  EXPECT_GT(out.flux_err_e[0], fit(stars({20.3}, {20.0}, {1e4})).flux_err_e[0]);
  for (const std::size_t i : {2U, 3U})  // less than a quarter is inside
    expect_none(out, i, quality::edge | quality::psf_unreliable);
  expect_none(out, 4, quality::not_measured);
}

TEST(PsfFlux, LeavesUnusablePixelsOut) {
  PsfSky sky = stars({10.0, 30.0, 20.0}, {10.0, 10.0, 30.0}, {1e4, 1e4, 1e4});
  sky.frame.mask(10, 10) = mask::oversaturated;
  sky.frame.signal_e(10, 10) = 3e5F;
  for (std::int64_t iy = 0; iy < 40; ++iy) {
    sky.frame.mask(31, iy) = mask::fault;  // a dead column
    sky.frame.signal_e(31, iy) = kNaNf;
  }
  sky.frame.mask(19, 30) = mask::cosmic;
  sky.frame.signal_e(19, 30) += 1e5F;
  const auto out = fit(sky);
  EXPECT_EQ(out.quality[0], quality::saturated);
  EXPECT_EQ(out.quality[1], quality::bad_pixel);
  EXPECT_EQ(out.quality[2], quality::cosmic);
  for (const double flux : out.flux_e) EXPECT_NEAR(flux, 1e4, 1e-2);

  for (std::int64_t iy = 5; iy < 16; ++iy)
    for (std::int64_t ix = 5; ix < 16; ++ix) sky.frame.mask(ix, iy) = mask::oversaturated;
  expect_none(fit(sky), 0, quality::saturated | quality::psf_unreliable);
}

TEST(PsfFlux, OfStarsOnOnePlaceIsSplitByTheCatalogue) {
  // 3:1 in the catalogue, one place; a third star well apart.
  PsfSky sky = stars({20.3, 20.3, 24.0}, {20.1, 20.1, 21.0}, {3000.0, 1000.0, 500.0});
  const auto out = fit(sky);
  // The sum is held to the square of the prior's weight; floats of 900 e round at 3e-5 e.
  EXPECT_NEAR(out.flux_e[0] + out.flux_e[1], 4000.0, 1e-2);
  // The prior's own sum is short by half its weight, 5e-5, which moves a ratio of 3 by 2e-4.
  EXPECT_NEAR(out.flux_e[0] / out.flux_e[1], 3.0, 2.5e-4);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(out.quality[i], quality::psf_unreliable);
    EXPECT_GT(out.flux_err_e[i], 20.0 * out.flux_err_e[2]);  // 1/√(2e-4) times that of one star
  }
  EXPECT_EQ(out.quality[2], 0);
  EXPECT_NEAR(out.flux_e[2], 500.0, 1e-2);
  sky.mag[1] = kNaNf;
  const auto even = fit(sky);
  EXPECT_NEAR(even.flux_e[0] / even.flux_e[1], 1.0, 1e-4);
}

TEST(PsfFlux, OfStarsTooNearToBePartedWellIsFlagged) {
  // 0.1 px apart: Gaussians as wide as star and pixel together have exp(−d²/4σ²) in common, so
  // that the variance is 1/(1 − exp(−d²/2σ²)) = 240 to 250 times that of one star.
  const auto out = fit(stars({20.3, 20.4}, {20.1, 20.1}, {3000.0, 1000.0}));
  const auto lone = fit(stars({20.3}, {20.1}, {4000.0}));
  EXPECT_EQ(out.quality[0], quality::psf_unreliable);
  EXPECT_EQ(out.quality[1], quality::psf_unreliable);
  EXPECT_EQ(lone.quality[0], 0);
  const double inflation = std::pow(out.flux_err_e[0] / lone.flux_err_e[0], 2);
  EXPECT_GT(inflation, 150.0);
  EXPECT_LT(inflation, 350.0);
  EXPECT_NEAR(out.flux_e[0] + out.flux_e[1], 4000.0, 1e-3);  // floats of 900 e round at 3e-5 e
  EXPECT_NEAR(out.flux_e[0], 3000.0, 0.1);
}

TEST(PsfFlux, OfAPrfIsFittedToItsValuesAtPixelCentres) {
  PsfSky sky = stars({20.3}, {19.6}, {0.0});
  PsfMap map = support::gaussian_map(2.5);
  map.view = PsfView::prf;
  sky.shapes = support::shapes_on(map, sky.x, sky.y, 40, 40);
  StarShape scratch;
  for (std::int64_t iy = 0; iy < 40; ++iy)
    for (std::int64_t ix = 0; ix < 40; ++ix)
      sky.frame.signal_e(ix, iy) += static_cast<float>(
          5000.0 * shape::value_at(sky.shapes.at(0, scratch), static_cast<double>(ix) - 20.3,
                                   static_cast<double>(iy) - 19.6));
  // A Bayer map has no say in it.
  const auto out = phot::fit_psf_fluxes(sky.frame, sky.x, sky.y, sky.background, sky.background_err,
                                        sky.shapes, support::bayer_quarter(), sky.mag);
  EXPECT_NEAR(out.flux_e[0], 5000.0, 1e-3);  // floats of 800 e
}

TEST(PsfFlux, NeedsColumnsOfOneLength) {
  PsfSky sky = stars({20.0}, {20.0}, {1e4});
  sky.mag.clear();
  try {
    fit(sky);
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::internal);
  }
}

TEST(PsfFlux, OfNoStarsIsEmpty) {
  EXPECT_EQ(fit(stars({}, {}, {})).size(), 0);
}

}  // namespace

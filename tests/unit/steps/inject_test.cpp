// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "lc/injection.hpp"
#include "phot/overlap.hpp"
#include "shape/star_shape.hpp"
#include "steps/step.hpp"

namespace skyweft::steps {
namespace {

constexpr double kSky_e = 200.0;
constexpr double kStar_e = 50000.0;
constexpr double kMid_bjd = 2460000.0;
constexpr double kDepth_mag = 0.1;

PsfMap gaussian(double fwhm_px) {
  PsfMap map;
  map.kind = PsfKind::gaussian;
  map.view = PsfView::psf;
  const double sigma = fwhm_px / 2.354820045;
  map.coefficient = {1.0 / (sigma * sigma), 0.0, 0.0};
  return map;
}

/// A frame of one star of known light, in the middle of a transit.
struct Night {
  FrameWork work;
  FrameGivens givens;
  FrameOptions options;
  StarCatalog stars;
  std::vector<lc::Injection> injections;
  Frame before;

  explicit Night(double x_px, double y_px, double fwhm_px = 3.0) {
    Frame& frame = work.frame;
    frame.signal_e = Grid<float>{64, 64, static_cast<float>(kSky_e)};
    frame.variance_e2 = Grid<float>{64, 64, static_cast<float>(kSky_e + 100.0)};
    frame.mask = Mask{64, 64};
    const StarShape shape = shape::shape_of(gaussian(fwhm_px), std::vector<double>{1.0});
    const auto window = shape::window_of(shape, x_px, y_px, 64, 64);
    std::vector<double> light(static_cast<std::size_t>(window.size()));
    shape::pixel_values(shape, PsfView::psf, {}, x_px, y_px, window, light);
    for (std::int64_t k = 0; k < window.size(); ++k) {
      const std::int64_t ix = window.first_x + k % window.nx, iy = window.first_y + k / window.nx;
      const double added = kStar_e * light[static_cast<std::size_t>(k)];
      frame.signal_e(ix, iy) += static_cast<float>(added);
      frame.variance_e2(ix, iy) += static_cast<float>(added);
    }
    stars.id = {7};
    stars.ra_deg = {10.0};
    stars.dec_deg = {20.0};
    stars.mag = {10.0F};
    stars.colour = {0.5F};
    work.x_px = {x_px};
    work.y_px = {y_px};
    work.place_bits = {0};
    work.sky = {{.level_e = kSky_e}};
    work.psf = gaussian(fwhm_px);
    work.record.fwhm_px = fwhm_px;
    work.record.scale_arcsec_px = 1.0;
    work.record.time_tdb_mid_jd = kMid_bjd;
    for (double& v : work.record.observer_bary_ls) v = 0.0;
    options.phot.radii_px = {2.5, 4.0, 6.0};
    injections = {
        {.star_id = 7,
         .row = 0,
         .signal = {.kind = lc::Signal::Kind::transit, .mid_bjd = kMid_bjd, .duration_d = 0.1},
         .amplitude_mag = kDepth_mag}};
    before = frame;
  }
  void run() {
    givens.stars = &stars;
    givens.injections = injections;
    inject(work, givens, options);
  }
  double aperture_e(const Frame& frame, double radius_px) const {
    double sum = 0.0;
    for (std::int64_t iy = 0; iy < 64; ++iy)
      for (std::int64_t ix = 0; ix < 64; ++ix)
        sum += phot::circle_pixel_overlap(static_cast<double>(ix) - work.x_px[0],
                                          static_cast<double>(iy) - work.y_px[0], radius_px) *
               (static_cast<double>(frame.signal_e(ix, iy)) - kSky_e);
    return sum;
  }
  double lost_e() const {
    double sum = 0.0;
    for (std::size_t p = 0; p < before.signal_e.pixels().size(); ++p)
      sum += static_cast<double>(before.signal_e.pixels()[p]) -
             static_cast<double>(work.frame.signal_e.pixels()[p]);
    return sum;
  }
};

const double kFactor = std::pow(10.0, -0.4 * kDepth_mag);

TEST(Inject, TakesTheSignalsShareOfTheStarsLight) {
  for (const double x : {30.0, 30.31, 30.5}) {
    Night night{x, 31.77};
    night.run();
    // Pixels of up to 5000 e are floats of 2.4e-4 e; some 150 of them.
    EXPECT_NEAR(night.lost_e(), (1.0 - kFactor) * kStar_e, 1e-4 * (1.0 - kFactor) * kStar_e);
    for (const double radius : {2.5, 4.0, 6.0})
      EXPECT_NEAR(
          night.aperture_e(night.work.frame, radius) / night.aperture_e(night.before, radius),
          kFactor, 1e-5)
          << radius;
  }
}

TEST(Inject, ChangesTheVarianceByTheSamePhotons) {
  Night night{30.31, 31.77};
  night.run();
  for (std::size_t p = 0; p < night.before.signal_e.pixels().size(); ++p)
    EXPECT_NEAR(night.work.frame.variance_e2.pixels()[p] - night.before.variance_e2.pixels()[p],
                night.work.frame.signal_e.pixels()[p] - night.before.signal_e.pixels()[p], 2e-3F);
}

TEST(Inject, IsExactInTheMiddleApertureWhateverTheShape) {
  // Too wide a star is drawn: light moves between pixels, but the aperture loses what it should.
  Night night{30.31, 31.77};
  night.work.psf = {};
  night.work.record.fwhm_px = 3.6;
  night.run();
  EXPECT_NEAR(night.aperture_e(night.work.frame, 4.0) / night.aperture_e(night.before, 4.0),
              kFactor, 1e-5);
  EXPECT_GT(std::abs(night.aperture_e(night.work.frame, 2.5) / night.aperture_e(night.before, 2.5) -
                     kFactor),
            1e-3);
}

TEST(Inject, CountsUsablePixelsOnly) {
  Night night{30.31, 31.77};
  night.work.frame.mask(30, 32) = mask::fault;
  night.work.frame.signal_e(30, 32) = 1e6F;
  night.before = night.work.frame;
  night.run();
  EXPECT_EQ(night.work.frame.signal_e(30, 32), 1e6F);
  const auto next = [&](const Frame& f) {
    return static_cast<double>(f.signal_e(31, 32)) - kSky_e;
  };
  // Every other pixel of the star keeps the same share.
  EXPECT_NEAR(next(night.work.frame) / next(night.before), kFactor, 1e-5);
}

TEST(Inject, KeepsTheShareOfAStarAtTheEdge) {
  Night night{0.2, 31.77};
  night.run();
  const auto at = [&](const Frame& f) { return static_cast<double>(f.signal_e(1, 32)) - kSky_e; };
  EXPECT_NEAR(at(night.work.frame) / at(night.before), kFactor, 1e-5);
}

TEST(Inject, LeavesFramesAloneWhereNothingHappens) {
  Night outside{30.0, 30.0};
  outside.work.x_px = {kNaN};
  outside.run();
  EXPECT_EQ(outside.work.frame, outside.before);
  Night later{30.0, 30.0};
  later.work.record.time_tdb_mid_jd = kMid_bjd + 1.0;
  later.run();
  EXPECT_EQ(later.work.frame, later.before);
  Night none{30.0, 30.0};
  none.injections.clear();
  none.run();
  EXPECT_EQ(none.work.frame, none.before);
}

TEST(Registry, HasTheStepBeforeMeasure) {
  const auto steps =
      chain({"load", "calibrate", "background", "detect", "solve", "places", "inject", "measure"});
  EXPECT_EQ(steps[6].name, "inject");
}

}  // namespace
}  // namespace skyweft::steps

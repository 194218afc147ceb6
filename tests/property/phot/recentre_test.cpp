// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/recentre.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "phot/star_centre.hpp"
#include "support/phot_psf_sky.hpp"

using namespace skyweft;
using phot::RecentreConfig;
using phot::RecentredStars;
using support::PsfSky;

namespace {

void add_noise(PsfSky& sky, std::mt19937_64& random) {
  std::normal_distribution<double> gauss;
  for (std::size_t p = 0; p < sky.frame.signal_e.pixels().size(); ++p) {
    const double truth = static_cast<double>(sky.frame.variance_e2.pixels()[p]);
    const double read2 = truth - static_cast<double>(sky.frame.signal_e.pixels()[p]);
    const double value =
        static_cast<double>(sky.frame.signal_e.pixels()[p]) + std::sqrt(truth) * gauss(random);
    sky.frame.signal_e.pixels()[p] = static_cast<float>(value);
    sky.frame.variance_e2.pixels()[p] = static_cast<float>(std::max(value, 0.0) + read2);
  }
}

/// √ of the inverse Fisher information of x, with flux and y free, by rectangles and differences.
double cramer_rao_px(const StarShape& shape, const SubPixelMap& map, const Frame& truth, double x,
                     double y, double flux, double radius) {
  Eigen::Matrix3d fisher = Eigen::Matrix3d::Zero();
  const double h = 1e-3;
  for (std::int64_t iy = 0; iy < truth.ny(); ++iy)
    for (std::int64_t ix = 0; ix < truth.nx(); ++ix) {
      const double dx = static_cast<double>(ix) - x;
      const double dy = static_cast<double>(iy) - y;
      if (std::hypot(dx, dy) > radius) continue;
      const auto light = [&](double a, double b) {
        return support::light_in_pixel(shape, map, dx - a, dy - b);
      };
      const Eigen::Vector3d d{light(0, 0), flux * (light(h, 0) - light(-h, 0)) / (2 * h),
                              flux * (light(0, h) - light(0, -h)) / (2 * h)};
      fisher += d * d.transpose() / static_cast<double>(truth.variance_e2(ix, iy));
    }
  return std::sqrt(fisher.inverse()(1, 1));
}

TEST(FittedCentre, ReachesTheCramerRaoBound) {
  std::mt19937_64 random(21);
  for (const SubPixelMap& map : {SubPixelMap{}, support::bayer_quarter()})
    for (const double fwhm : {1.2, 2.5}) {
      std::vector<double> x;
      std::vector<double> y;
      support::lattice(30, 12.0, random, x, y);
      const double flux = 2e4;
      const std::vector<double> fluxes(x.size(), flux);
      PsfSky sky =
          support::painted_sky(support::gaussian_map(fwhm), map, 360, 360, x, y, fluxes, 100.0);
      const Frame truth = sky.frame;
      add_noise(sky, random);
      StarShape scratch;
      const StarShape& shape = sky.shapes.at(0, scratch);
      const double radius = 3.0;
      double z2 = 0.0;
      double ratio = 0.0;
      int n_bound = 0;
      std::uniform_real_distribution<double> off(-0.3, 0.3);
      for (std::size_t i = 0; i < x.size(); ++i) {
        // Started away from the truth, but with the pixels about the truth in the bound.
        const auto c = phot::fitted_centre(sky.frame, shape, PsfView::psf, map, 100.0,
                                           x[i] + off(random), y[i] + off(random), radius, 1.0);
        ASSERT_TRUE(c.is_found) << i;
        z2 += 0.5 * (std::pow((c.x_px - x[i]) / c.x_err_px, 2) +
                     std::pow((c.y_px - y[i]) / c.y_err_px, 2));
        if (i % 30 != 0) continue;
        ratio += c.x_err_px / cramer_rao_px(shape, map, truth, x[i], y[i], flux, radius);
        ++n_bound;
      }
      const auto n = static_cast<double>(x.size());
      // 2n numbers: the scatter is known to 1/√4n, 1.7 %; four of that.
      EXPECT_NEAR(std::sqrt(z2 / n), 1.0, 4.0 / std::sqrt(4.0 * n)) << fwhm;
      // Pixels come and go at the rim with the start; there is 1 % of the information.
      EXPECT_NEAR(ratio / n_bound, 1.0, 0.02) << fwhm;
    }
}

TEST(WindowedCentre, IsHonestForSampledStars) {
  std::mt19937_64 random(22);
  std::vector<double> x;
  std::vector<double> y;
  support::lattice(30, 14.0, random, x, y);
  const std::vector<double> fluxes(x.size(), 2e4);
  PsfSky sky = support::painted_sky(support::gaussian_map(3.0), {}, 420, 420, x, y, fluxes, 100.0);
  add_noise(sky, random);
  double z2 = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const auto c = phot::windowed_centre(sky.frame, 100.0, x[i] + 0.3, y[i] - 0.2, 3.0, 1.0);
    ASSERT_TRUE(c.is_found);
    z2 += 0.5 *
          (std::pow((c.x_px - x[i]) / c.x_err_px, 2) + std::pow((c.y_px - y[i]) / c.y_err_px, 2));
  }
  // A star wider than its window by the pixel (1/12 on 1.62 px²) moves by 2 Σ w I Δ / Σ w I times
  // (w² + v)/2w² = 1.026; the error is quoted without it.
  const auto n = static_cast<double>(x.size());
  EXPECT_NEAR(std::sqrt(z2 / n), 1.026, 4.0 / std::sqrt(4.0 * n));
}

/// 144 stars, every fourth bright, moved by a shift that grows over the frame.
struct Field {
  PsfSky sky;
  std::vector<double> x, y;  ///< predicted
};

constexpr double kShiftX = 0.21;
constexpr double kShiftY = -0.13;
constexpr double kGrowth = 0.05;  // of x with u, of y with −v

Field field(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Field out;
  support::lattice(12, 20.0, random, out.x, out.y);
  std::vector<double> x = out.x;
  std::vector<double> y = out.y;
  std::vector<double> flux;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] += kShiftX + kGrowth * (2.0 * out.x[i] / 239.0 - 1.0);
    y[i] += kShiftY - kGrowth * (2.0 * out.y[i] / 239.0 - 1.0);
    flux.push_back(i % 4 == 0 ? 1e5 : 300.0);
  }
  out.sky = support::painted_sky(support::gaussian_map(2.5), {}, 240, 240, x, y, flux, 100.0);
  add_noise(out.sky, random);
  return out;
}

RecentredStars recentred(const Field& f, const RecentreConfig& config,
                         const std::vector<std::uint8_t>& held = {}) {
  return phot::recentre_stars(f.sky.frame, f.x, f.y, f.sky.background, f.sky.mag, held,
                              f.sky.shapes, {}, 2.5, config);
}

TEST(Recentring, FindsTheShiftOfTheFrame) {
  const Field f = field(31);
  RecentreConfig config;
  config.mode = "common";
  const auto out = recentred(f, config);
  EXPECT_EQ(out.n_bright, 36);
  EXPECT_GE(out.n_used, 30);
  // Centres of 1e5 e over 2.5 px: 0.004 px each, √36 times less for the mean.
  EXPECT_LT(out.shift_err_px, 0.0012);
  EXPECT_NEAR(out.shift_x_px[0], kShiftX, 4.0 * out.shift_err_px);
  EXPECT_NEAR(out.shift_y_px[0], kShiftY, 4.0 * out.shift_err_px);
  // u is spread by 1/√3.
  EXPECT_NEAR(out.shift_x_px[1], kGrowth, 4.0 * 1.8 * out.shift_err_px);
  EXPECT_NEAR(out.shift_y_px[2], -kGrowth, 4.0 * 1.8 * out.shift_err_px);
  for (std::size_t i = 0; i < f.x.size(); ++i) {
    EXPECT_EQ(out.quality[i], quality::recentred);
    EXPECT_LT(std::hypot(out.x_px[i] - f.sky.x[i], out.y_px[i] - f.sky.y[i]),
              4.0 * std::sqrt(2.0 * 7.0) * out.shift_err_px);  // corners: 1 + 3 + 3 in variance
  }
}

TEST(Recentring, MovesOnlyBrightStarsToTheirOwnLight) {
  const Field f = field(32);
  RecentreConfig config;
  config.mode = "bright";
  const auto own = recentred(f, config);
  config.mode = "common";
  const auto common = recentred(f, config);
  int n_own = 0;
  for (std::size_t i = 0; i < f.x.size(); ++i) {
    n_own += own.x_px[i] != common.x_px[i] ? 1 : 0;
    if (i % 4 == 0) continue;
    EXPECT_EQ(own.x_px[i], common.x_px[i]);
  }
  EXPECT_EQ(n_own, 36);
}

TEST(Recentring, WithoutStarsToRelyOnMovesNobody) {
  const Field f = field(33);
  RecentreConfig config;
  const auto none = recentred(f, config);
  EXPECT_EQ(none.x_px, f.x);
  EXPECT_TRUE(std::isnan(none.shift_x_px[0]));
  config.mode = "common";
  config.min_stars = 37;
  const auto few = recentred(f, config);
  EXPECT_EQ(few.x_px, f.x);
  EXPECT_EQ(few.quality, std::vector<QualityBits>(f.x.size(), 0));
  EXPECT_EQ(few.n_bright, 36);
}

TEST(Recentring, LeavesHeldStarsAndStraysWhereTheyAre) {
  Field f = field(34);
  f.x[0] += 1.4;  // bright, 1.6 px from its light
  f.x[40] = kNaN;
  std::vector<std::uint8_t> held(f.x.size(), 0);
  held[4] = 1;  // bright
  held[5] = 1;
  RecentreConfig config;
  config.mode = "bright";
  config.max_shift_px = 0.9;
  const auto out = recentred(f, config, held);
  EXPECT_EQ(out.n_bright, 34);
  EXPECT_EQ(out.quality[0], quality::centroid_offset);
  EXPECT_EQ(out.x_px[0], f.x[0]);
  for (const std::size_t i : {4U, 5U}) {
    EXPECT_EQ(out.x_px[i], f.x[i]);
    EXPECT_EQ(out.y_px[i], f.y[i]);
    EXPECT_EQ(out.quality[i], 0);
  }
  EXPECT_TRUE(std::isnan(out.x_px[40]));
  EXPECT_EQ(out.quality[40], 0);
  EXPECT_NEAR(out.shift_x_px[0], kShiftX, 4.0 * out.shift_err_px);  // the stray has no part in it

  config.max_shift_px = 0.15;
  config.mode = "common";
  const auto far = recentred(f, config, held);
  EXPECT_EQ(far.x_px[1], f.x[1]);
  EXPECT_EQ(far.quality[1], quality::centroid_offset);
}

TEST(Recentring, DoesNotTrustBlendsOrSaturatedStars) {
  Field f = field(35);
  // A listed star of 5 % beside star 8; star 12 saturated.
  f.x.push_back(f.x[8] + 3.0);
  f.y.push_back(f.y[8]);
  f.sky.background.push_back(100.0);
  f.sky.mag.push_back(f.sky.mag[8] + 3.25F);
  f.sky.shapes = support::shapes_on(support::gaussian_map(2.5), f.x, f.y, 240, 240);
  f.sky.frame.mask(std::llround(f.sky.x[12]), std::llround(f.sky.y[12])) = mask::oversaturated;
  RecentreConfig config;
  config.mode = "common";
  EXPECT_EQ(recentred(f, config).n_bright, 34);
}

TEST(Recentring, WithoutShapesUsesAWindow) {
  Field f = field(36);
  f.sky.shapes = {};
  RecentreConfig config;
  config.mode = "common";
  const auto out = recentred(f, config);
  EXPECT_EQ(out.n_bright, 36);
  EXPECT_NEAR(out.shift_x_px[0], kShiftX, 4.0 * out.shift_err_px);
}

}  // namespace

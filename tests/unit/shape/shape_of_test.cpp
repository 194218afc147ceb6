// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/units.hpp"
#include "shape/star_shape.hpp"
#include "support/shape_quadrature.hpp"

namespace skyweft::shape {
namespace {

const std::vector<double> kOne{1.0};

PsfMap map_of(PsfKind kind, std::vector<double> coefficient) {
  PsfMap map;
  map.kind = kind;
  map.coefficient = std::move(coefficient);
  return map;
}

StarShape gaussian(double s, double d, double k) {
  return shape_of(map_of(PsfKind::gaussian, {s, d, k}), kOne);
}

StarShape moffat(double s, double d, double k, double beta) {
  return shape_of(map_of(PsfKind::moffat, {s, d, k, beta}), kOne);
}

double q_of(double s, double d, double k, double x, double y) {
  return s * (x * x + y * y) + d * (x * x - y * y) + 2.0 * k * x * y;
}

// A cubic Hermite function misses f by at most h⁴/384 · max|f⁗| (de Boor 1978); a Gaussian's fourth
// derivative is at most 3/σ⁴. A bicubic surface adds the errors of its two axes, and their product.
constexpr double kStepSigma = 0.3;
constexpr double kPerAxis = kStepSigma * kStepSigma * kStepSigma * kStepSigma / 128.0;
constexpr double kBound = 2.0 * kPerAxis + kPerAxis * kPerAxis;
// Light outside the ellipse of 1e-6, of which the rectangle holds a part.
constexpr double kLost = 1e-6;

TEST(ShapeOfGaussian, HasPixelIntegralsOfTheErrorFunction) {
  for (const double sigma : {0.2, 0.5, 1.0, 2.7}) {
    const double s = 1.0 / (sigma * sigma);
    const StarShape shape = gaussian(s, 0.0, 0.0);
    EXPECT_NEAR(total_of(shape), 1.0, 1e-14);
    const auto below = [&](double v) { return 0.5 * std::erf(v / (std::sqrt(2.0) * sigma)); };
    const double x = 10.3;
    const double y = 11.9;
    const PixelWindow window = window_of(shape, x, y, 40, 40);
    std::vector<double> out(static_cast<std::size_t>(window.size()));
    pixel_values(shape, PsfView::psf, {}, x, y, window, out);
    // Over a pixel, or over the star where that is smaller, at the peak's density.
    const double peak = s / (2.0 * kPi);
    const double area = std::min(1.0, 4.0 * kPi * sigma * sigma);
    for (std::int64_t iy = 0; iy < window.ny; ++iy)
      for (std::int64_t ix = 0; ix < window.nx; ++ix) {
        const double left = static_cast<double>(window.first_x + ix) - 0.5 - x;
        const double lower = static_cast<double>(window.first_y + iy) - 0.5 - y;
        const double exact =
            (below(left + 1.0) - below(left)) * (below(lower + 1.0) - below(lower));
        ASSERT_NEAR(out[static_cast<std::size_t>(iy * window.nx + ix)], exact,
                    kBound * peak * area + kLost)
            << sigma;
      }
  }
}

TEST(ShapeOfGaussian, FollowsATiltedEllipse) {
  const double s = 0.6;
  const double d = 0.2;
  const double k = -0.35;
  const StarShape shape = gaussian(s, d, k);
  const double peak = std::sqrt(s * s - d * d - k * k) / (2.0 * kPi);
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> any(-6.0, 6.0);
  for (int i = 0; i < 2000; ++i) {
    const double x = any(random);
    const double y = any(random);
    ASSERT_NEAR(value_at(shape, x, y), peak * std::exp(-0.5 * q_of(s, d, k, x, y)),
                (kBound + kLost) * peak);
  }
}

TEST(ShapeOfGaussian, LosesNoMoreThanAMillionthOutsideTheGrid) {
  // The grid's outer lines lie beyond the ellipse q = 2 ln 1e6.
  const StarShape shape = gaussian(0.5, 0.1, 0.2);
  const double det = 0.6 * 0.4 - 0.04;
  const double edge = 2.0 * std::log(1e6);
  EXPECT_GT(shape.x_node_px.back(), std::sqrt(edge * 0.4 / det));
  EXPECT_GT(shape.y_node_px.back(), std::sqrt(edge * 0.6 / det));
  EXPECT_LT(shape.x_node_px.back(), std::sqrt(edge * 0.4 / det) + 0.31 / std::sqrt(0.6));
  EXPECT_EQ(shape.x_node_px.front(), -shape.x_node_px.back());
}

/// max |f⁗| of (1 + x²/2β)^−β where a step is 1 at the centre and √(1 + x²/2β) away from it.
double moffat_fourth(double beta) {
  double most = 0.0;
  for (double x = 0.0; x < 30.0; x += 0.01) {
    const double u = 1.0 + x * x / (2.0 * beta);
    const double b = beta;
    const double f4 =
        3.0 * (b + 1) / b * std::pow(u, -b - 2) -
        6.0 * (b + 1) * (b + 2) / (b * b) * x * x * std::pow(u, -b - 3) +
        (b + 1) * (b + 2) * (b + 3) / (b * b * b) * x * x * x * x * std::pow(u, -b - 4);
    most = std::max(most, std::abs(f4) * u * u);
  }
  return most;
}

TEST(ShapeOfMoffat, FollowsTheProfile) {
  for (const double beta : {1.2, 2.5, 4.765, 50.0}) {
    const double s = 0.5;
    const double d = -0.15;
    const double k = 0.2;
    const StarShape shape = moffat(s, d, k, beta);
    EXPECT_NEAR(total_of(shape), 1.0, 1e-14);
    const double peak = value_at(shape, 0.0, 0.0);
    // Steps grow by a few per cent between the two ends of a cell.
    const double bound = 1.1 * 2.0 * moffat_fourth(beta) * std::pow(kStepSigma, 4) / 384.0;
    std::mt19937_64 random(5);
    std::uniform_real_distribution<double> any(-12.0, 12.0);
    for (int i = 0; i < 2000; ++i) {
      const double x = any(random);
      const double y = any(random);
      const double q = q_of(s, d, k, x, y);
      ASSERT_NEAR(value_at(shape, x, y) / peak, std::pow(1.0 + q / (2.0 * beta), -beta),
                  bound + kLost)
          << beta << ' ' << x << ' ' << y;
    }
  }
}

TEST(ShapeOfMoffat, EndsAtTwelveWidthsOrAMillionth) {
  // Wide wings: 12 FWHM = 24 √(2β (2^(1/β) − 1)) σ; the light beyond is counted inside.
  const StarShape wide = moffat(1.0, 0.0, 0.0, 2.5);
  const double reach = 24.0 * std::sqrt(5.0 * std::expm1(std::log(2.0) / 2.5));
  EXPECT_GT(wide.x_node_px.back(), reach);
  EXPECT_LT(wide.x_node_px.back(), 1.15 * reach);
  // Nearly Gaussian ones end there.
  const StarShape narrow = moffat(1.0, 0.0, 0.0, 1e6);
  EXPECT_NEAR(narrow.x_node_px.back(), gaussian(1.0, 0.0, 0.0).x_node_px.back(), 0.31);
  EXPECT_NEAR(value_at(narrow, 1.0, 0.5), value_at(gaussian(1.0, 0.0, 0.0), 1.0, 0.5),
              2.0 * kBound / (2.0 * kPi));
}

TEST(ShapeOf, ParametersOfNoStarGiveAnEmptyShape) {
  EXPECT_TRUE(gaussian(0.0, 0.0, 0.0).empty());
  EXPECT_TRUE(gaussian(-1.0, 0.0, 0.0).empty());
  EXPECT_TRUE(gaussian(1.0, 1.0, 0.0).empty());
  EXPECT_TRUE(gaussian(1.0, 0.8, 0.6).empty());
  EXPECT_TRUE(gaussian(kNaN, 0.0, 0.0).empty());
  EXPECT_TRUE(gaussian(HUGE_VAL, 0.0, 0.0).empty());
  EXPECT_TRUE(moffat(1.0, 0.0, 0.0, 1.0).empty());
  EXPECT_TRUE(moffat(1.0, 0.0, 0.0, kNaN).empty());
  EXPECT_TRUE(moffat(1.0, 0.0, 1.0, 3.0).empty());
  EXPECT_TRUE(shape_of(PsfMap{}, kOne).empty());
}

TEST(ShapeOf, TermsThatDoNotFitTheMapGiveAnEmptyShape) {
  const PsfMap map = map_of(PsfKind::gaussian, {1.0, 0.0, 0.0});
  const std::vector<double> two{1.0, 0.5};
  EXPECT_TRUE(shape_of(map, two).empty());
  EXPECT_TRUE(shape_of(map, {}).empty());
  EXPECT_TRUE(shape_of(map, std::vector<double>{kNaN}).empty());
  EXPECT_TRUE(shape_of(map_of(PsfKind::bicubic, {1.0}), kOne).empty());
}

TEST(ShapeOf, ExtremeStarsStayFinite) {
  for (const StarShape& shape :
       {gaussian(1e8, 0.0, 0.0), gaussian(1e-8, 0.0, 0.0), gaussian(1.0, 0.0, 0.9999999),
        moffat(1.0, 0.0, 0.9999, 1.0 + 1e-9), moffat(1e-6, 0.0, 0.0, 1e12)}) {
    ASSERT_FALSE(shape.empty());
    EXPECT_NEAR(total_of(shape), 1.0, 1e-12);
    EXPECT_LE(shape.x_node_px.size(), 600u);
    EXPECT_TRUE(std::ranges::all_of(shape.node, [](double v) { return std::isfinite(v); }));
  }
}

TEST(ShapeOfBicubic, AddsTheTermsIntoTheInnerNodes) {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.x_node_px = {-2.0, -1.0, 0.5, 2.0};
  map.y_node_px = {-1.0, 0.0, 1.5};
  for (int i = 0; i < 16; ++i) map.coefficient.push_back(0.5 * i);
  const std::vector<double> terms{1.0, -3.0};
  const StarShape shape = shape_of(map, terms);
  EXPECT_EQ(shape.x_node_px, map.x_node_px);
  EXPECT_EQ(shape.y_node_px, map.y_node_px);
  ASSERT_EQ(shape.node.size(), 48u);
  for (std::size_t iy = 0; iy < 3; ++iy)
    for (std::size_t ix = 0; ix < 4; ++ix)
      for (std::size_t k = 0; k < 4; ++k) {
        const double expected =
            iy == 1 && (ix == 1 || ix == 2)
                ? 0.5 * static_cast<double>(4 * (ix - 1) + k) * (1.0 - 3.0) - 3.0 * 0.5 * 8.0
                : 0.0;
        EXPECT_EQ(shape.node[4 * (4 * iy + ix) + k], expected) << iy << ' ' << ix << ' ' << k;
      }
}

}  // namespace
}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/smooth_surface.hpp"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

using namespace skyweft;
using calib::SmoothSurface;
using calib::SurfaceShape;

namespace {

/// The uniform cubic B-spline around 0 (de Boor 1978), written as one formula.
double bump(double t) {
  const double a = std::abs(t);
  if (a < 1.0) return 2.0 / 3.0 - a * a + a * a * a / 2.0;
  if (a < 2.0) return std::pow(2.0 - a, 3) / 6.0;
  return 0.0;
}

/// The surface as the sum over all its splines.
double twin(const SmoothSurface& s, double x_px, double y_px) {
  const SurfaceShape& shape = s.shape();
  const double u =
      (x_px + 0.5) * static_cast<double>(shape.n_node_x + 1) / static_cast<double>(shape.nx);
  const double v =
      (y_px + 0.5) * static_cast<double>(shape.n_node_y + 1) / static_cast<double>(shape.ny);
  double sum = 0.0;
  std::size_t k = 0;
  for (std::int64_t j = 0; j < shape.n_node_y + 4; ++j)
    for (std::int64_t i = 0; i < shape.n_node_x + 4; ++i)
      sum += s.coefficients()[k++] * bump(u - static_cast<double>(i - 1)) *
             bump(v - static_cast<double>(j - 1));
  return sum;
}

TEST(SmoothSurface, RowsAndPointsEqualTheSumOfAllSplines) {
  std::mt19937_64 random(21);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  std::uniform_int_distribution<std::int64_t> side(1, 60);
  std::uniform_int_distribution<std::int64_t> nodes(0, 9);
  for (int trial = 0; trial < 40; ++trial) {
    const SurfaceShape shape{.nx = side(random),
                             .ny = side(random),
                             .n_node_x = nodes(random),
                             .n_node_y = nodes(random)};
    std::vector<double> c(static_cast<std::size_t>(shape.n_coefficient()));
    for (double& v : c) v = uniform(random);
    const SmoothSurface s(shape, c);
    std::vector<float> row(static_cast<std::size_t>(shape.nx));
    for (std::int64_t iy = 0; iy < shape.ny; ++iy) {
      s.evaluate_row(iy, row);
      for (std::int64_t ix = 0; ix < shape.nx; ++ix) {
        const double expected = twin(s, static_cast<double>(ix), static_cast<double>(iy));
        EXPECT_NEAR(row[static_cast<std::size_t>(ix)], expected, 1.3e-7);  // one float rounding
        EXPECT_NEAR(s.at({.x_px = static_cast<double>(ix), .y_px = static_cast<double>(iy)}),
                    expected, 1e-13);
      }
    }
  }
}

TEST(SurfaceFit, FindsRandomCoefficientsAgain) {
  std::mt19937_64 random(22);
  std::uniform_real_distribution<double> uniform(0.5, 1.5);
  for (int trial = 0; trial < 10; ++trial) {
    const SurfaceShape shape{.nx = 101, .ny = 83, .n_node_x = trial % 5, .n_node_y = 4};
    std::vector<double> c(static_cast<std::size_t>(shape.n_coefficient()));
    for (double& v : c) v = uniform(random);
    const SmoothSurface truth(shape, c);
    std::vector<double> x;
    std::vector<double> y;
    for (double at = 1.0; at < 101.0; at += 3.0) x.push_back(at);
    for (double at = 0.0; at < 83.0; at += 2.0) y.push_back(at);
    Grid<float> z(static_cast<std::int64_t>(x.size()), static_cast<std::int64_t>(y.size()));
    for (std::size_t j = 0; j < y.size(); ++j)
      for (std::size_t i = 0; i < x.size(); ++i)
        z(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)) =
            static_cast<float>(truth.at({.x_px = x[i], .y_px = y[j]}));
    const auto fit = calib::fit_surface(shape, x, y, z);
    // Float rounding of the values is at most 6e-8; the penalty moves the worst determined corner
    // by up to 1e-5 of second differences of 1, seen through splines of at most 1/36 there.
    for (std::size_t j = 0; j < y.size(); ++j)
      for (std::size_t i = 0; i < x.size(); ++i)
        EXPECT_NEAR(fit.surface.at({.x_px = x[i], .y_px = y[j]}),
                    truth.at({.x_px = x[i], .y_px = y[j]}), 1e-6);
  }
}

}  // namespace

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/smooth_surface.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "core/error.hpp"

using namespace skyweft;
using calib::fit_surface;
using calib::SmoothSurface;
using calib::SurfaceShape;

namespace {

constexpr SurfaceShape kShape{.nx = 40, .ny = 30, .n_node_x = 4, .n_node_y = 3};

std::vector<double> axis(std::int64_t n) {
  std::vector<double> at;
  for (std::int64_t i = 0; i < n; ++i) at.push_back(static_cast<double>(i));
  return at;
}

template <class F>
Grid<float> sampled(F f) {
  Grid<float> z(kShape.nx, kShape.ny);
  for (std::int64_t iy = 0; iy < z.ny(); ++iy)
    for (std::int64_t ix = 0; ix < z.nx(); ++ix)
      z(ix, iy) = static_cast<float>(f(static_cast<double>(ix), static_cast<double>(iy)));
  return z;
}

std::string test_of(auto run) {
  try {
    run();
  } catch (const Error& e) {
    return e.test() ? e.test()->name : "no test";
  }
  return "no error";
}

TEST(SmoothSurface, HoldsAConstantExactly) {
  const auto s = SmoothSurface::constant(kShape, 1.25);
  std::vector<float> row(40);
  s.evaluate_row(7, row);
  for (const float v : row) EXPECT_FLOAT_EQ(v, 1.25F);  // the four splines add up to 1
  EXPECT_DOUBLE_EQ(s.at({.x_px = 3.3, .y_px = 29.5}), 1.25);
  EXPECT_DOUBLE_EQ(s.scaled(2.0).at({.x_px = 0.0, .y_px = 0.0}), 2.5);
}

TEST(SmoothSurface, ReproducesCubicPolynomials) {
  // Every cubic is in the spline's space. The values are floats near 1, rounded by 6e-8.
  const auto cubic = [](double x, double y) {
    const double u = x / 40.0;
    const double v = y / 30.0;
    return 1.0 + 0.3 * u - 0.2 * u * u * u + 0.1 * v * v + 0.2 * u * v * v * v;
  };
  const auto fit = fit_surface(kShape, axis(40), axis(30), sampled(cubic));
  EXPECT_EQ(fit.n_used, 1200);
  EXPECT_LT(fit.rms, 6e-8);
  EXPECT_NEAR(fit.surface.at({.x_px = 11.3, .y_px = 22.7}), cubic(11.3, 22.7), 3e-7);
  EXPECT_NEAR(fit.surface.at({.x_px = -0.5, .y_px = 29.5}), cubic(-0.5, 29.5), 3e-7);
}

TEST(SmoothSurface, IsAllInItsShapeAndCoefficients) {
  const auto fit = fit_surface(kShape, axis(40), axis(30),
                               sampled([](double x, double y) { return std::sin(x * y / 200.0); }));
  const auto c = fit.surface.coefficients();
  ASSERT_EQ(static_cast<std::int64_t>(c.size()), kShape.n_coefficient());
  EXPECT_EQ(kShape.n_coefficient(), 56);
  const SmoothSurface copy(fit.surface.shape(), {c.begin(), c.end()});
  EXPECT_EQ(copy, fit.surface);
  EXPECT_THROW(SmoothSurface(kShape, std::vector<double>(55)), Error);
  std::vector<float> row(39);
  EXPECT_THROW(copy.evaluate_row(0, row), Error);
}

TEST(SmoothSurface, DropsOutliersOnce) {
  Grid<float> z = sampled([](double x, double y) { return 2.0 + 0.01 * x - 0.02 * y; });
  z(20, 15) += 5.0F;
  const auto fit = fit_surface(kShape, axis(40), axis(30), z);
  EXPECT_EQ(fit.n_used, 1199);
  EXPECT_NEAR(fit.surface.at({.x_px = 20.0, .y_px = 15.0}), 1.9, 1e-6);
  const auto with = fit_surface(kShape, axis(40), axis(30), z, {.max_rounds = 0});
  EXPECT_EQ(with.n_used, 1200);
  EXPECT_GT(with.surface.at({.x_px = 20.0, .y_px = 15.0}), 1.95);
}

TEST(SmoothSurface, GoesOnSmoothlyAcrossAMaskedBlock) {
  // The block hides whole intervals; a plane has no second difference, so it comes back. The
  // penalty's weight of 1e-10 leaves 1e-16 / 1e-10 × condition ≲ 1e-5 of it undecided.
  const auto plane = [](double x, double y) { return 1.0 + 0.004 * x + 0.003 * y; };
  Grid<float> z = sampled(plane);
  for (std::int64_t iy = 0; iy < 22; ++iy)
    for (std::int64_t ix = 0; ix < 30; ++ix) z(ix, iy) = kNaNf;
  const auto fit = fit_surface(kShape, axis(40), axis(30), z);
  EXPECT_NEAR(fit.surface.at({.x_px = 2.0, .y_px = 2.0}), plane(2.0, 2.0), 1e-3);
  EXPECT_NEAR(fit.surface.at({.x_px = 35.0, .y_px = 25.0}), plane(35.0, 25.0), 1e-6);
}

TEST(SmoothSurface, IsConstantThroughOnePointAndFailsThroughNone) {
  Grid<float> z(kShape.nx, kShape.ny, kNaNf);
  EXPECT_EQ(test_of([&] { fit_surface(kShape, axis(40), axis(30), z); }), "surface_points");
  z(5, 5) = 3.0F;
  const auto fit = fit_surface(kShape, axis(40), axis(30), z);
  EXPECT_EQ(fit.n_used, 1);
  EXPECT_NEAR(fit.surface.at({.x_px = 39.0, .y_px = 29.0}), 3.0, 1e-9);
}

}  // namespace

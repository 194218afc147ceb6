// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/smoothing.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/shape_quadrature.hpp"

namespace skyweft::shape {
namespace {

/// ∫ (∂⁴f/∂x²∂y²)² cell by cell, by adaptive quadrature of the cell's polynomial.
double penalty_by_quadrature(const StarShape& shape, double tolerance) {
  double sum = 0.0;
  for (std::size_t iy = 0; iy + 1 < shape.y_node_px.size(); ++iy)
    for (std::size_t ix = 0; ix + 1 < shape.x_node_px.size(); ++ix) {
      const double x0 = shape.x_node_px[ix];
      const double y0 = shape.y_node_px[iy];
      const double wide = shape.x_node_px[ix + 1] - x0;
      const double high = shape.y_node_px[iy + 1] - y0;
      const Eigen::Matrix4d a = support::cell_coefficients(shape, ix, iy);
      sum += support::adaptive_integral(
          [&](double x, double y) {
            const Eigen::Vector4d xx{0.0, 0.0, 2.0, 6.0 * (x - x0) / wide};
            const Eigen::Vector4d yy{0.0, 0.0, 2.0, 6.0 * (y - y0) / high};
            const double d = xx.dot(a * yy) / (wide * wide * high * high);
            return d * d;
          },
          x0, x0 + wide, y0, y0 + high, tolerance);
    }
  return sum;
}

TEST(SmoothingMatrix, IsTheIntegralOfTheSquaredDerivative) {
  const std::vector<double> xs{-3.0, -1.2, 0.1, 0.9, 2.5};
  const std::vector<double> ys{-2.0, -0.4, 0.3, 3.1};
  const Eigen::MatrixXd matrix = smoothing_matrix(xs, ys);
  ASSERT_EQ(matrix.rows(), 24);
  std::mt19937_64 random(11);
  for (int k = 0; k < 20; ++k) {
    const StarShape shape = support::random_shape(xs, ys, random);
    Eigen::VectorXd q(24);
    for (std::size_t iy = 0; iy < 2; ++iy)
      for (std::size_t ix = 0; ix < 3; ++ix)
        for (std::size_t i = 0; i < 4; ++i)
          q[static_cast<Eigen::Index>(4 * (3 * iy + ix) + i)] =
              shape.node[4 * (5 * (iy + 1) + ix + 1) + i];
    const double penalty = q.dot(matrix * q);
    // The quadrature is exact up to its sixth degree; both sides round about 1e3 products of one
    // sign pattern, 1e-16 of the largest each.
    EXPECT_NEAR(penalty, penalty_by_quadrature(shape, 1e-10 * penalty), 1e-12 * penalty);
  }
}

TEST(SmoothingMatrix, OfOneNodeIsTheClosedForm) {
  // Along an axis, two cells of width 1 about a node: ∫ (value″)² = 24, (slope″)² = 8, no mixture.
  const std::vector<double> lines{-1.0, 0.0, 1.0};
  const Eigen::MatrixXd matrix = smoothing_matrix(lines, lines);
  const Eigen::Vector4d expected{24.0 * 24.0, 8.0 * 24.0, 24.0 * 8.0, 8.0 * 8.0};
  EXPECT_LT((matrix - Eigen::MatrixXd(expected.asDiagonal())).cwiseAbs().maxCoeff(), 1e-12);
}

TEST(SmoothingMatrix, IsSymmetricAndHasNoNegativeEigenvalue) {
  const std::vector<double> xs{-5.0, -3.0, -1.0, 1.0, 3.0, 5.0};
  const std::vector<double> ys{-4.0, -1.0, 0.0, 1.5, 4.0};
  const Eigen::MatrixXd matrix = smoothing_matrix(xs, ys);
  EXPECT_EQ((matrix - matrix.transpose()).cwiseAbs().maxCoeff(), 0.0);
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver{matrix, Eigen::EigenvaluesOnly};
  // A backward stable solver: n · 2e-16 of the largest, here 48.
  EXPECT_GT(solver.eigenvalues().minCoeff(), -1e-14 * solver.eigenvalues().maxCoeff());
}

}  // namespace
}  // namespace skyweft::shape

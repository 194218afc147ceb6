// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/node_basis.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/units.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::shape {
namespace {

const std::vector<double> kX{-3.0, -1.2, 0.1, 0.9, 2.5};  // 3 inner nodes
const std::vector<double> kY{-2.0, -0.4, 0.3, 3.1};       // 2 inner nodes
constexpr std::size_t kParameters = 24;

/// The surface of node parameters [iy][ix][4] of the inner nodes.
StarShape surface_of(const std::vector<double>& q) {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.x_node_px = kX;
  map.y_node_px = kY;
  map.coefficient = q;
  const std::vector<double> one{1.0};
  return shape_of(map, one);
}

StarShape basis_function(std::size_t p) {
  std::vector<double> q(kParameters, 0.0);
  q[p] = 1.0;
  return surface_of(q);
}

TEST(NodeIntegrals, AreThoseOfTheBasisFunctions) {
  const std::vector<double> integrals = node_integrals(kX, kY);
  ASSERT_EQ(integrals.size(), kParameters);
  // Products of widths up to 4.4 px: a few roundings.
  for (std::size_t p = 0; p < kParameters; ++p)
    EXPECT_NEAR(integrals[p], total_of(basis_function(p)), 1e-14) << p;
  // The first node by hand: (1.8 + 1.3)/2 and (1.3² − 1.8²)/12 in x, (1.6 + 0.7)/2 in y.
  EXPECT_NEAR(integrals[0], 1.55 * 1.15, 1e-14);
  EXPECT_NEAR(integrals[1], (1.69 - 3.24) / 12.0 * 1.15, 1e-14);
}

TEST(ComplementBasis, IsOrthonormalAndWithoutIntegral) {
  const std::vector<double> integrals = node_integrals(kX, kY);
  const Eigen::MatrixXd basis = complement_basis(integrals);
  ASSERT_EQ(basis.rows(), 24);
  ASSERT_EQ(basis.cols(), 23);
  const Eigen::Map<const Eigen::VectorXd> i{integrals.data(), 24};
  // 24 products of numbers of order one.
  EXPECT_LT((basis.transpose() * basis - Eigen::MatrixXd::Identity(23, 23)).cwiseAbs().maxCoeff(),
            1e-14);
  EXPECT_LT((basis.transpose() * i).cwiseAbs().maxCoeff(), 1e-14 * i.norm());
}

TEST(ComplementBasis, OfOneNumberHasNoColumns) {
  const std::vector<double> one{-3.0};
  EXPECT_EQ(complement_basis(one).rows(), 1);
  EXPECT_EQ(complement_basis(one).cols(), 0);
}

TEST(ComplementBasis, HoldsWhateverTheSignsOfTheIntegrals) {
  for (const std::vector<double>& integrals :
       {std::vector<double>{-1.0, 2.0, 0.0}, {0.0, 0.0, 5.0}, {1e-200, 1e-200, 0.0}}) {
    const Eigen::MatrixXd basis = complement_basis(integrals);
    const Eigen::Map<const Eigen::VectorXd> i{integrals.data(), 3};
    EXPECT_LT((basis.transpose() * i).cwiseAbs().maxCoeff(), 1e-15 * i.lpNorm<1>() * 4.0);
    EXPECT_LT((basis.transpose() * basis - Eigen::MatrixXd::Identity(2, 2)).norm(), 4e-15);
  }
}

TEST(ComplementBasis, GivesShapesOfIntegralOne) {
  const std::vector<double> integrals = node_integrals(kX, kY);
  const Eigen::MatrixXd basis = complement_basis(integrals);
  const Eigen::Map<const Eigen::VectorXd> i{integrals.data(), 24};
  std::mt19937_64 random(3);
  std::normal_distribution<double> any;
  for (int k = 0; k < 100; ++k) {
    Eigen::VectorXd u(23);
    for (double& v : u) v = any(random);
    const Eigen::VectorXd q = i / i.squaredNorm() + basis * u;
    // Σ of 24 terms |I| |q| of up to 10, rounded: 1e-14 with room to spare.
    EXPECT_NEAR(total_of(surface_of({q.begin(), q.end()})), 1.0, 1e-13);
  }
}

/// The axis tables' products for one pixel and parameter.
double product(const AxisValues& x, const AxisValues& y, std::int64_t px, std::int64_t py,
               std::size_t p, const SubPixelMap& map) {
  const std::size_t ix = p / 4 % 3;
  const std::size_t iy = p / 4 / 3;
  double sum = 0.0;
  for (std::int64_t sy = 0; sy < y.n_sub; ++sy)
    for (std::int64_t sx = 0; sx < x.n_sub; ++sx)
      sum += (x.n_sub * y.n_sub == 1 ? 1.0 : map.sensitivity(sx, sy)) *
             x.at(px, sx)[2 * ix + (p & 1)] * y.at(py, sy)[2 * iy + (p >> 1 & 1)];
  return sum;
}

TEST(AxisValues, MultiplyToTheBasisFunctionsOfPixels) {
  SubPixelMap map{Grid<double>{3, 2}};
  double s = 0.25;
  for (double& v : map.sensitivity.pixels()) v = (s += 0.2143);
  const PixelWindow window{7, 16, 9, 8};
  for (const PsfView view : {PsfView::psf, PsfView::prf})
    for (const SubPixelMap& parts : {SubPixelMap{}, map}) {
      const AxisValues x =
          axis_values(kX, 11.3, window.first_x, window.nx, parts.sensitivity.nx(), view);
      const AxisValues y =
          axis_values(kY, 19.8, window.first_y, window.ny, parts.sensitivity.ny(), view);
      EXPECT_EQ(x.n_function, 6);
      EXPECT_EQ(y.n_function, 4);
      EXPECT_EQ(x.n_sub, view == PsfView::prf ? 1 : parts.sensitivity.nx());
      std::vector<double> out(static_cast<std::size_t>(window.size()));
      for (std::size_t p = 0; p < kParameters; ++p) {
        pixel_values(basis_function(p), view, parts, 11.3, 19.8, window, out);
        for (std::int64_t py = 0; py < window.ny; ++py)
          for (std::int64_t px = 0; px < window.nx; ++px)
            EXPECT_NEAR(product(x, y, px, py, p, parts),
                        out[static_cast<std::size_t>(py * window.nx + px)], 1e-14);
      }
    }
}

TEST(AxisValues, SayWhichFunctionsAreNotZero) {
  for (const PsfView view : {PsfView::psf, PsfView::prf}) {
    const AxisValues x = axis_values(kX, 11.3, 5, 12, 2, view);
    for (std::int64_t i = 0; i < x.n_pixel * x.n_sub; ++i) {
      const auto row = x.at(i / x.n_sub, i % x.n_sub);
      const auto first = x.first[static_cast<std::size_t>(i)];
      const auto end = x.end[static_cast<std::size_t>(i)];
      EXPECT_EQ(first % 2, 0);
      EXPECT_EQ(end % 2, 0);
      EXPECT_LE(first, end);
      for (std::int32_t f = 0; f < 6; ++f)
        if (f < first || f >= end) {
          EXPECT_EQ(row[static_cast<std::size_t>(f)], 0.0);
        }
      // The part sees the grid, so some function is not zero there.
      double most = 0.0;
      for (const double v : row) most = std::max(most, std::abs(v));
      EXPECT_EQ(most > 0.0, end > first) << i;
    }
    EXPECT_EQ(x.end[0], 0);  // left of the grid
    EXPECT_EQ(x.end.back(), 0);
  }
}

std::string test_of(const std::vector<double>& nodes) {
  try {
    check_grid_lines(nodes, "x");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::bad_config);
    EXPECT_NE(error.text().find(" in x"), std::string::npos) << error.text();
    return error.test() ? error.test()->name : "none";
  }
  return "";
}

TEST(CheckGridLines, AcceptsWhatSpansTheStar) {
  EXPECT_EQ(test_of({-1.0, 0.0, 1.0}), "");
  EXPECT_EQ(test_of(kX), "");
  EXPECT_EQ(test_of({-1e-3, 1e-3, 5.0}), "");
}

TEST(CheckGridLines, SaysWhatIsWrong) {
  EXPECT_EQ(test_of({}), "n_grid_line");
  EXPECT_EQ(test_of({-5.0, 5.0}), "n_grid_line");
  EXPECT_EQ(test_of({-5.0, 1.0, 0.0, 5.0}), "grid_line_step");
  EXPECT_EQ(test_of({-5.0, 0.0, 0.0, 5.0}), "grid_line_step");
  EXPECT_EQ(test_of({-5.0, kNaN, 5.0}), "grid_line_step");
  EXPECT_EQ(test_of({-5.0, 0.0, HUGE_VAL}), "grid_line_step");
  EXPECT_EQ(test_of({-HUGE_VAL, 0.0, 1.0}), "grid_line_step");
  EXPECT_EQ(test_of({0.0, 1.0, 2.0}), "grid_line_span");
  EXPECT_EQ(test_of({-5.0, -1.0, 0.0}), "grid_line_span");
}

}  // namespace
}  // namespace skyweft::shape

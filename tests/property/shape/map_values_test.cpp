// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "core/terms.hpp"
#include "shape/node_basis.hpp"
#include "shape/star_shape.hpp"
#include "support/shape_quadrature.hpp"

namespace skyweft::shape {
namespace {

/// A random map of integral one everywhere: I/|I|² + E u for the constant, E u for other terms.
PsfMap random_map(std::vector<double> x_lines, std::vector<double> y_lines, const Terms& terms,
                  std::mt19937_64& random) {
  PsfMap map;
  map.kind = PsfKind::bicubic;
  map.terms = terms.text();
  map.x_node_px = std::move(x_lines);
  map.y_node_px = std::move(y_lines);
  const std::vector<double> integrals = node_integrals(map.x_node_px, map.y_node_px);
  const Eigen::MatrixXd basis = complement_basis(integrals);
  const Eigen::Map<const Eigen::VectorXd> i{integrals.data(), basis.rows()};
  std::normal_distribution<double> any(0.0, 0.1);
  for (std::int64_t t = 0; t < terms.n_term(); ++t) {
    Eigen::VectorXd u(basis.cols());
    for (double& v : u) v = any(random);
    Eigen::VectorXd q = basis * u;
    if (t == 0) q += i / i.squaredNorm();
    map.coefficient.insert(map.coefficient.end(), q.begin(), q.end());
  }
  return map;
}

/// The slow twin of what a fit does: a pixel is a row of numbers times the parameters.
double pixel_by_row(const AxisValues& x, const AxisValues& y, std::int64_t px, std::int64_t py,
                    const SubPixelMap& parts, const std::vector<double>& q) {
  const std::size_t n_x = static_cast<std::size_t>(x.n_function) / 2;
  double sum = 0.0;
  for (std::size_t p = 0; p < q.size(); ++p)
    for (std::int64_t sy = 0; sy < y.n_sub; ++sy)
      for (std::int64_t sx = 0; sx < x.n_sub; ++sx)
        sum += parts.sensitivity(sx, sy) * q[p] * x.at(px, sx)[2 * (p / 4 % n_x) + (p & 1)] *
               y.at(py, sy)[2 * (p / 4 / n_x) + (p >> 1 & 1)];
  return sum;
}

TEST(MapOfShapes, GivesEveryStarItsPixelsThroughNineSubpixelMaps) {
  std::mt19937_64 random(20260711);
  const Terms terms = Terms::parse("O2{x, y}*O1{mag}");
  const PsfMap map = random_map({-5, -3, -1, 0.5, 2, 4.5}, {-4, -1.5, 0, 1.5, 4}, terms, random);
  ASSERT_EQ(terms.n_term(), 12);
  std::uniform_real_distribution<double> place(-1.0, 1.0);
  for (const SubPixelMap& parts : support::nine_subpixel_maps())
    for (int k = 0; k < 6; ++k) {
      std::vector<double> term_values(12);
      const std::vector<double> variables{place(random), place(random), place(random)};
      terms.evaluate(variables, term_values);
      const StarShape shape = shape_of(map, term_values);
      ASSERT_FALSE(shape.empty());
      // Σ of 48 products of numbers of order one.
      EXPECT_NEAR(total_of(shape), 1.0, 1e-13);
      std::vector<double> q(48, 0.0);
      for (std::size_t t = 0; t < 12; ++t)
        for (std::size_t p = 0; p < 48; ++p) q[p] += term_values[t] * map.coefficient[48 * t + p];
      const double x = 10.0 + 12.0 * place(random);
      const double y = 10.0 + 12.0 * place(random);
      const PixelWindow window = window_of(shape, x, y, 21, 21);
      std::vector<double> out(static_cast<std::size_t>(window.size()));
      pixel_values(shape, PsfView::psf, parts, x, y, window, out);
      const AxisValues along_x = axis_values(map.x_node_px, x, window.first_x, window.nx,
                                             parts.sensitivity.nx(), PsfView::psf);
      const AxisValues along_y = axis_values(map.y_node_px, y, window.first_y, window.ny,
                                             parts.sensitivity.ny(), PsfView::psf);
      for (std::int64_t iy = 0; iy < window.ny; ++iy)
        for (std::int64_t ix = 0; ix < window.nx; ++ix)
          ASSERT_NEAR(out[static_cast<std::size_t>(iy * window.nx + ix)],
                      pixel_by_row(along_x, along_y, ix, iy, parts, q), 1e-13);
    }
}

}  // namespace
}  // namespace skyweft::shape

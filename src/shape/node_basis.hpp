// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <Eigen/Dense>

#include "data/psf_map.hpp"

namespace skyweft::shape {

// The basis of a bicubic map. A shape is Σ q[p] B_p, p = 4 (iy (n_x − 2) + ix) + k over the inner
// nodes, k = value, ∂/∂x, ∂/∂y, ∂²/∂x∂y, and B_p(x, y) = X[2 ix + (k & 1)](x) · Y[2 iy + (k >>
// 1)](y) with the cubic Hermite functions of each axis, two per inner node: one of value 1 and
// slope 0 there, one of value 0 and slope 1.

/// Checks the grid lines of one axis ("x" or "y"). Collective: no. Throws Error{bad_config} with
/// test "n_grid_line" (at least 3), "grid_line_step" (finite and ascending, by at least 1e-6 px) or
/// "grid_line_span" (the star, at 0, lies inside).
void check_grid_lines(std::span<const double> nodes, std::string_view axis);

/// Computes the integral of every basis function, [iy][ix][4]. Collective: no. Throws: never.
std::vector<double> node_integrals(std::span<const double> x_nodes,
                                   std::span<const double> y_nodes);

/// Computes E [n][n − 1], whose columns with I/|I| are an orthonormal basis, so that every shape of
/// integral 1 is q = I/|I|² + E u (autowisp.md 10.3): the last columns of the Householder
/// reflection that takes I to the first axis. `integrals` is I, not all zero. Collective: no.
/// Throws: never.
Eigen::MatrixXd complement_basis(std::span<const double> integrals);

/// What the Hermite functions of one axis give the parts of each pixel of a row or a column.
struct AxisValues {
  std::int64_t n_pixel = 0;
  std::int64_t n_sub = 0;       ///< parts of a pixel
  std::int64_t n_function = 0;  ///< 2 (n_node − 2)
  std::vector<double> value;    ///< [n_pixel][n_sub][n_function]
  /// Functions first … end − 1 are not zero, [n_pixel][n_sub]; even, 0 and 0 outside the grid.
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> end;

  /// The functions of one part, [n_function].
  std::span<const double> at(std::int64_t i_pixel, std::int64_t i_sub) const {
    return {value.data() + (i_pixel * n_sub + i_sub) * n_function,
            static_cast<std::size_t>(n_function)};
  }
};

/// Computes for pixels first_pixel … + n_pixel − 1 of an axis on which the star lies at
/// `star_coordinate`: for a PSF the integrals over each of the `n_sub` equal parts of the pixel,
/// for a PRF the values at the pixel's centre (n_sub of the result is 1). The row of a pixel in the
/// fit's matrix is then Σ over its parts of sensitivity × X × Y. Collective: no. Throws: never.
AxisValues axis_values(std::span<const double> nodes, double star_coordinate,
                       std::int64_t first_pixel, std::int64_t n_pixel, std::int64_t n_sub,
                       PsfView view);

}  // namespace skyweft::shape

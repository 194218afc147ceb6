// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include <Eigen/Dense>

#include "shape/shape_config.hpp"
#include "shape/star_patches.hpp"

namespace skyweft::shape {

/// Numbers by rows, so that a row can be handed to a kernel.
using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The space that the shapes of a grid live in: q = base + complement · u, all of integral 1, in
/// the order and padding of the patches ([nb][sa]).
struct MapSpace {
  Eigen::VectorXd base;            ///< I / |I|²
  Eigen::MatrixXd complement;      ///< [n_node][n_free]; zero rows at the padding
  Eigen::MatrixXd smoothing;       ///< [n_node][n_node], times its weight; empty without
  std::vector<std::size_t> place;  ///< of node parameter p in node_basis.hpp's order

  Eigen::Index n_free() const noexcept { return complement.cols(); }
  bool smooth() const noexcept { return smoothing.size() > 0; }
};

/// Collective: no. Throws Error{bad_config} as check_grid_lines().
MapSpace make_space(const ShapeConfig& config, const PatchLayout& layout);

/// The free parameters of a round Gaussian of this width, as far as the grid can show it.
Eigen::VectorXd gaussian_in(const MapSpace& space, const ShapeConfig& config,
                            const PatchLayout& layout, double sigma_px);

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include <Eigen/Dense>

namespace skyweft::shape {

/// Computes the matrix P of ∫ (∂⁴f/∂x²∂y²)² dA = qᵀ P q over the grid, in the node parameters q of
/// a bicubic map ([n][n], order of node_basis.hpp): what a fit adds, times a weight, to prefer
/// smooth shapes (autowisp.md 10.6). Symmetric, positive semidefinite; a tensor product of the
/// bending energies of the two axes. Collective: no. Throws: never.
Eigen::MatrixXd smoothing_matrix(std::span<const double> x_nodes, std::span<const double> y_nodes);

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include <Eigen/Dense>

namespace skyweft::lc {

/// The Cholesky factor of the part of a symmetric matrix that is not singular.
struct PivotedCholesky {
  std::vector<Eigen::Index> order;  ///< [pivot] row and column of the matrix
  Eigen::MatrixXd lower;            ///< [pivot][pivot]: L·Lᵀ = matrix(order, order)
  Eigen::Index rank() const noexcept { return static_cast<Eigen::Index>(order.size()); }

  /// A solution of matrix·x = h that is zero outside `order`. Collective: no. Throws: never.
  Eigen::VectorXd solve(const Eigen::VectorXd& h) const;
};

/// Factors a symmetric positive semi-definite `matrix`, of which the lower triangle is read: its
/// first row first unless that is zero, then always the largest pivot, until none exceeds `least`
/// (Higham 2002, section 10.3). n³/3 flops. Collective: no. Throws: never.
PivotedCholesky pivoted_cholesky(const Eigen::MatrixXd& matrix, double least);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include <Eigen/Dense>

namespace skyweft::lc {

/// A symmetric matrix C of standardised terms (about 1 on its diagonal), ready to solve C c = h.
/// Directions whose singular value in the design is below `singular_cut` of the greatest (so an
/// eigenvalue below its square) get nothing; `ridge` is added to the diagonal. Cholesky where no
/// direction can be that weak, eigenvectors else.
class SmallSolver {
 public:
  /// Collective: no. Throws: never.
  SmallSolver(Eigen::MatrixXd matrix, double ridge, double singular_cut);

  Eigen::VectorXd solve(const Eigen::VectorXd& right) const;
  std::int64_t n_dropped() const noexcept { return n_dropped_; }

 private:
  bool has_factor_ = false;
  std::int64_t n_dropped_ = 0;
  Eigen::MatrixXd inverse_lower_;  ///< L⁻¹ of C = L Lᵀ
  Eigen::MatrixXd vectors_;
  Eigen::VectorXd inverse_values_;
};

}  // namespace skyweft::lc

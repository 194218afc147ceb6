// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/small_solver.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::lc {
namespace {

// Sums of products in double resolve eigenvalues down to some 1e-15 of the greatest.
constexpr double kLeastCut = 1e-7;

/// Overwrites the lower triangle of C with L⁻¹. False when C is not positive definite.
bool invert_factor(Eigen::MatrixXd& c) {
  const Eigen::Index n = c.rows();
  for (Eigen::Index j = 0; j < n; ++j) {
    double pivot = c(j, j);
    for (Eigen::Index k = 0; k < j; ++k) pivot -= c(j, k) * c(j, k);
    if (!(pivot > 0.0)) return false;
    const double root = std::sqrt(pivot);
    c(j, j) = root;
    if (j + 1 == n) break;
    auto below = c.col(j).tail(n - j - 1);
    if (j > 0)
      below.noalias() -= c.block(j + 1, 0, n - j - 1, j).lazyProduct(c.row(j).head(j).transpose());
    below /= root;
  }
  for (Eigen::Index j = 0; j < n; ++j) {
    c(j, j) = 1.0 / c(j, j);
    for (Eigen::Index i = j + 1; i < n; ++i) {
      double sum = 0.0;
      for (Eigen::Index k = j; k < i; ++k) sum += c(i, k) * c(k, j);
      c(i, j) = -sum / c(i, i);
    }
  }
  return true;
}

}  // namespace

SmallSolver::SmallSolver(Eigen::MatrixXd matrix, double ridge, double singular_cut) {
  matrix.diagonal().array() += ridge;
  const double cut2 = std::max(singular_cut, kLeastCut) * std::max(singular_cut, kLeastCut);
  const double trace = matrix.trace();
  inverse_lower_ = matrix;
  if (invert_factor(inverse_lower_)) {
    // The least eigenvalue is above 1/trace(C⁻¹) and the greatest below trace(C).
    double inverse_trace = 0.0;
    for (Eigen::Index j = 0; j < matrix.rows(); ++j)
      inverse_trace += inverse_lower_.col(j).tail(matrix.rows() - j).squaredNorm();
    has_factor_ = 1.0 > cut2 * trace * inverse_trace;
  }
  if (has_factor_ || matrix.rows() == 0) return;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen{matrix};
  vectors_ = eigen.eigenvectors();
  inverse_values_ = eigen.eigenvalues();
  const double least = cut2 * inverse_values_.cwiseAbs().maxCoeff();
  for (double& value : inverse_values_) {
    const bool is_kept = value > least;
    n_dropped_ += is_kept ? 0 : 1;
    value = is_kept ? 1.0 / value : 0.0;
  }
}

Eigen::VectorXd SmallSolver::solve(const Eigen::VectorXd& right) const {
  if (right.size() == 0) return right;
  if (!has_factor_)
    return vectors_ * inverse_values_.cwiseProduct(vectors_.transpose() * right).eval();
  const auto lower = inverse_lower_.triangularView<Eigen::Lower>();
  const Eigen::VectorXd half = lower * right;
  return lower.transpose() * half;
}

}  // namespace skyweft::lc

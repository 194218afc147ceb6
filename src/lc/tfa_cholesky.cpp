// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa_cholesky.hpp"

#include <cmath>

namespace skyweft::lc {

Eigen::VectorXd PivotedCholesky::solve(const Eigen::VectorXd& h) const {
  Eigen::VectorXd along = h(order);
  lower.triangularView<Eigen::Lower>().solveInPlace(along);
  lower.transpose().triangularView<Eigen::Upper>().solveInPlace(along);
  Eigen::VectorXd out = Eigen::VectorXd::Zero(h.size());
  for (Eigen::Index k = 0; k < rank(); ++k) out[order[static_cast<std::size_t>(k)]] = along[k];
  return out;
}

PivotedCholesky pivoted_cholesky(const Eigen::MatrixXd& matrix, double least) {
  const Eigen::Index n = matrix.rows();
  PivotedCholesky out;
  const Eigen::MatrixXd full = matrix.selfadjointView<Eigen::Lower>();
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(n, n);  // [row of the matrix][pivot]
  Eigen::VectorXd left = full.diagonal();                // what each row has not yet explained
  for (Eigen::Index k = 0; k < n; ++k) {
    Eigen::Index pivot = 0;
    left.maxCoeff(&pivot);
    if (k == 0 && left[0] > least) pivot = 0;
    if (!(left[pivot] > least)) break;
    Eigen::VectorXd column = full.col(pivot);
    column.noalias() -= factor.leftCols(k) * factor.row(pivot).head(k).transpose();
    factor.col(k) = column / std::sqrt(left[pivot]);
    for (const Eigen::Index done : out.order) factor(done, k) = 0.0;
    factor(pivot, k) = std::sqrt(left[pivot]);
    left -= factor.col(k).cwiseAbs2();
    out.order.push_back(pivot);
    for (const Eigen::Index done : out.order) left[done] = -1.0;
  }
  out.lower = factor(out.order, Eigen::seqN(0, out.rank()));
  return out;
}

}  // namespace skyweft::lc

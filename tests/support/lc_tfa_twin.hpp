// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::support {

/// The slow twin of detrend_star without clipping: residuals of the finite points, in order, from
/// dense least squares over all columns of `templates` [frame][1 + M].
inline std::vector<double> dense_tfa_residual(std::span<const float> mag,
                                              const Eigen::MatrixXd& templates) {
  std::vector<Eigen::Index> rows;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (std::isfinite(mag[i])) rows.push_back(static_cast<Eigen::Index>(i));
  }
  const Eigen::MatrixXd a = templates(rows, Eigen::all);
  Eigen::VectorXd b(a.rows());
  for (std::size_t k = 0; k < rows.size(); ++k)
    b[static_cast<Eigen::Index>(k)] = static_cast<double>(mag[static_cast<std::size_t>(rows[k])]);
  const Eigen::VectorXd r = b - a * a.completeOrthogonalDecomposition().solve(b);
  return {r.data(), r.data() + r.size()};
}

}  // namespace skyweft::support

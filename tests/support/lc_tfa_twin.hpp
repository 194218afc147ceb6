// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::support {

/// What the slow twin finds.
struct DenseTfa {
  Eigen::VectorXd coefficients;  ///< [column]
  std::vector<double> residual;  ///< [frame], NaN where not used
  double rms = 0.0;              ///< √(Σr² / (n − rank))
  std::int64_t n_used = 0;
  std::int64_t rank = 0;
};

/// The slow twin of one round of detrend_star: fresh least squares, by orthogonal decomposition, of
/// the points in use alone over `columns` [frame][column]. Repeated `rounds` times without the
/// points whose residual exceeds `reject` rms.
inline DenseTfa dense_tfa(std::span<const float> mag, const Eigen::MatrixXd& columns,
                          std::vector<std::uint8_t> is_used, double reject = 1e9, int rounds = 0) {
  DenseTfa out;
  for (int round = 0;; ++round) {
    std::vector<Eigen::Index> rows;
    for (std::size_t i = 0; i < mag.size(); ++i)
      if (is_used[i] != 0) rows.push_back(static_cast<Eigen::Index>(i));
    const Eigen::MatrixXd a = columns(rows, Eigen::all);
    Eigen::VectorXd b(a.rows());
    for (std::size_t k = 0; k < rows.size(); ++k)
      b[static_cast<Eigen::Index>(k)] = static_cast<double>(mag[static_cast<std::size_t>(rows[k])]);
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
    solver.setThreshold(1e-7);
    solver.compute(a);
    out.coefficients = solver.solve(b);
    const Eigen::VectorXd r = b - a * out.coefficients;
    out.n_used = a.rows();
    out.rank = solver.rank();
    out.rms = std::sqrt(r.squaredNorm() / static_cast<double>(out.n_used - out.rank));
    out.residual.assign(mag.size(), NAN);
    bool is_changed = false;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const auto i = static_cast<std::size_t>(rows[k]);
      out.residual[i] = r[static_cast<Eigen::Index>(k)];
      if (std::abs(out.residual[i]) <= reject * out.rms) continue;
      is_used[i] = 0;
      is_changed = true;
    }
    if (round == rounds || !is_changed) return out;
  }
}

/// 1 where the point is finite.
inline std::vector<std::uint8_t> finite_points(std::span<const float> mag) {
  std::vector<std::uint8_t> out;
  for (const float m : mag) out.push_back(std::isfinite(m) ? 1 : 0);
  return out;
}

}  // namespace skyweft::support

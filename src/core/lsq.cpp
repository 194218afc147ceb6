// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/lsq.hpp"

#include <cmath>

namespace skyweft {
namespace {

/// Column-scaled, rank-revealing solution; rank is returned through `rank`.
Eigen::VectorXd solve_scaled(Eigen::MatrixXd a, const Eigen::VectorXd& b, int& rank) {
  Eigen::VectorXd scale = a.colwise().norm().transpose();
  for (Eigen::Index j = 0; j < scale.size(); ++j)
    if (!(scale[j] > 0.0)) scale[j] = 1.0;
  a.array().rowwise() /= scale.transpose().array();
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> qr;
  qr.setThreshold(1e-10);
  qr.compute(a);
  rank = static_cast<int>(qr.rank());
  Eigen::VectorXd c = qr.solve(b);
  return c.array() / scale.array();
}

}  // namespace

LinearFit fit_linear_clipped(const Eigen::Ref<const Eigen::MatrixXd>& design,
                             std::span<const double> target, std::span<const double> weight,
                             const ClippedFitConfig& config) {
  const Eigen::Index n = design.rows();
  const Eigen::Index m = design.cols();
  LinearFit fit;
  fit.kept.assign(static_cast<std::size_t>(n), 0);
  std::vector<Eigen::Index> rows;
  rows.reserve(static_cast<std::size_t>(n));
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (std::isfinite(target[k]) && std::isfinite(weight[k]) && weight[k] > 0.0 &&
        design.row(i).allFinite())
      rows.push_back(i);
  }
  for (int round = 0;; ++round) {
    const auto n_row = static_cast<Eigen::Index>(rows.size());
    if (n_row < m || n_row == 0) return fit;
    Eigen::MatrixXd a(n_row, m);
    Eigen::VectorXd b(n_row);
    for (Eigen::Index r = 0; r < n_row; ++r) {
      const Eigen::Index i = rows[static_cast<std::size_t>(r)];
      const double w = weight[static_cast<std::size_t>(i)];
      a.row(r) = design.row(i) * w;
      b[r] = target[static_cast<std::size_t>(i)] * w;
    }
    int rank = 0;
    const Eigen::VectorXd c = solve_scaled(a, b, rank);
    double sum = 0.0;
    double sum_w = 0.0;
    std::vector<double> residual(rows.size());
    for (Eigen::Index r = 0; r < n_row; ++r) {
      const auto k = static_cast<std::size_t>(r);
      const auto i = static_cast<std::size_t>(rows[k]);
      residual[k] = design.row(rows[k]).dot(c) - target[i];
      sum += residual[k] * residual[k] * weight[i] * weight[i];
      sum_w += weight[i] * weight[i];
    }
    const double rms = std::sqrt(sum / sum_w);
    const double limit = config.reject_level * rms;
    std::vector<Eigen::Index> survivors;
    if (round < config.max_rounds && rms > config.scale_floor) {
      for (std::size_t k = 0; k < rows.size(); ++k)
        if (std::abs(residual[k]) <= limit) survivors.push_back(rows[k]);
    }
    if (survivors.empty() || survivors.size() == rows.size() ||
        static_cast<Eigen::Index>(survivors.size()) < m) {
      fit.coefficients = c;
      fit.residual_rms = rms;
      fit.n_used = n_row;
      fit.rank = rank;
      for (const Eigen::Index i : rows) fit.kept[static_cast<std::size_t>(i)] = 1;
      return fit;
    }
    rows = std::move(survivors);
  }
}

}  // namespace skyweft

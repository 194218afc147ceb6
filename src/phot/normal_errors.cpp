// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>

#include "phot/normal_system.hpp"

namespace skyweft::phot {
namespace {

constexpr std::size_t kNearest = 63;

std::size_t at(std::int64_t i) {
  return static_cast<std::size_t>(i);
}

}  // namespace

Eigen::VectorXd NormalSystem::inverse_diagonal(const Eigen::LLT<Eigen::MatrixXd>& factor) {
  const Eigen::Index n = factor.matrixL().rows();
  Eigen::MatrixXd root = Eigen::MatrixXd::Identity(n, n);
  factor.matrixL().solveInPlace(root);
  return root.colwise().squaredNorm().transpose();
}

void NormalSystem::near_variance(std::int64_t i, Errors& out) const {
  struct Near {
    std::int64_t column;
    double common;
  };
  std::vector<Near> near;
  for (std::int64_t k = later_.first[at(i)]; k < later_.first[at(i) + 1]; ++k)
    near.push_back({later_.other[at(k)], std::abs(common_[at(k)])});
  for (std::int64_t k = earlier_.first[at(i)]; k < earlier_.first[at(i) + 1]; ++k)
    near.push_back({earlier_.other[at(k)], std::abs(common_[at(earlier_at_[at(k)])])});
  std::ranges::sort(near, [](const Near& p, const Near& q) {
    return p.common != q.common ? p.common > q.common : p.column < q.column;
  });
  if (near.size() > kNearest) near.resize(kNearest);
  std::vector<std::int64_t> column{i};
  for (const Near& one : near) column.push_back(one.column);
  std::ranges::sort(column);
  const auto n = static_cast<Eigen::Index>(column.size());
  Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n, n);
  Eigen::Index self = 0;
  for (Eigen::Index r = 0; r < n; ++r) {
    const std::size_t from = at(column[at(r)]);
    if (column[at(r)] == i) self = r;
    a(r, r) = 1.0 + hold_[from] + kNormalRidge;
    auto k = at(later_.first[from]);
    const auto end = at(later_.first[from + 1]);
    for (Eigen::Index s = r + 1; s < n; ++s) {
      while (k < end && later_.other[k] < column[at(s)]) ++k;
      if (k < end && later_.other[k] == column[at(s)]) a(s, r) = common_[k];
    }
  }
  const Eigen::LLT<Eigen::MatrixXd> factor(a);
  Eigen::VectorXd unit = Eigen::VectorXd::Unit(n, self);
  factor.matrixL().solveInPlace(unit);
  out.inflation[at(i)] = unit.squaredNorm();
}

NormalSystem::Errors NormalSystem::errors() {
  const auto n = static_cast<std::int64_t>(piece_.size());
  Errors out;
  out.variance.assign(at(n), std::numeric_limits<double>::infinity());
  out.inflation.assign(at(n), 1.0);
  if (member_.size() == 1) {
    const Eigen::VectorXd inflation = inverse_diagonal(factor_[0]);
    for (std::int64_t i = 0; i < n; ++i) out.inflation[at(i)] = inflation[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) near_variance(i, out);
  }
  for (std::size_t i = 0; i < at(n); ++i)
    if (diagonal_[i] > 0.0) out.variance[i] = out.inflation[i] * scale_[i] * scale_[i];
  Eigen::VectorXd c(n);
  for (std::int64_t i = 0; i < n; ++i) c[i] = level_[at(i)] * scale_[at(i)];
  Eigen::VectorXd z;
  iterate(c, z);
  out.per_level.resize(at(n));
  for (std::int64_t i = 0; i < n; ++i) out.per_level[at(i)] = z[i] * scale_[at(i)];
  return out;
}

}  // namespace skyweft::phot

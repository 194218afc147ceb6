// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include <Eigen/Dense>

#include "core/robust.hpp"
#include "core/wide_copies.hpp"
#include "lc/sysrem.hpp"

namespace skyweft::lc {
namespace {

constexpr std::size_t kLanes = 8;

SKYWEFT_WIDE_COPIES
double weighted_dot(const double* weight, const double* a, const double* b, std::size_t n) {
  double lane[kLanes] = {};
  std::size_t f = 0;
  for (; f + kLanes <= n; f += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) lane[k] += weight[f + k] * a[f + k] * b[f + k];
  for (; f < n; ++f) lane[f % kLanes] += weight[f] * a[f] * b[f];
  double sum = 0.0;
  for (const double one : lane) sum += one;
  return sum;
}

/// Sets to 0 the weights of points that are further off than `limit`; how many.
std::int64_t reject_points(std::span<const double> residual, double limit,
                           std::span<double> weight) {
  std::int64_t n = 0;
  for (std::size_t f = 0; f < residual.size(); ++f) {
    if (weight[f] == 0.0 || std::abs(residual[f]) <= limit) continue;
    weight[f] = 0.0;
    ++n;
  }
  return n;
}

}  // namespace

std::vector<double> fit_columns(std::span<const double> target, std::span<const double> weight,
                                std::span<const std::vector<double>> columns) {
  constexpr double kLeastShare = 1e-10;  // of the largest eigenvalue, columns scaled to norm 1
  const auto m = static_cast<Eigen::Index>(columns.size());
  const std::size_t n = target.size();
  Eigen::MatrixXd gram(m, m);
  Eigen::VectorXd onto(m);
  for (Eigen::Index p = 0; p < m; ++p) {
    const double* const a = columns[static_cast<std::size_t>(p)].data();
    onto[p] = weighted_dot(weight.data(), a, target.data(), n);
    for (Eigen::Index q = 0; q <= p; ++q)
      gram(p, q) = gram(q, p) =
          weighted_dot(weight.data(), a, columns[static_cast<std::size_t>(q)].data(), n);
  }
  Eigen::VectorXd scale(m);
  for (Eigen::Index p = 0; p < m; ++p)
    scale[p] = gram(p, p) > 0.0 ? 1.0 / std::sqrt(gram(p, p)) : 0.0;
  const Eigen::MatrixXd scaled = scale.asDiagonal() * gram * scale.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver{scaled};
  Eigen::VectorXd solution = Eigen::VectorXd::Zero(m);
  const Eigen::VectorXd rhs = scale.asDiagonal() * onto;
  for (Eigen::Index k = 0; k < m; ++k) {
    const double value = solver.eigenvalues()[k];
    if (value <= kLeastShare * solver.eigenvalues()[m - 1]) continue;
    const auto vector = solver.eigenvectors().col(k);
    solution += vector * (vector.dot(rhs) / value);
  }
  solution = scale.asDiagonal() * solution;
  return {solution.data(), solution.data() + m};
}

EffectFit remove_effects(std::span<float> mag, std::span<const float> weight,
                         std::span<QualityBits> quality, const EffectSet& effects,
                         std::span<const std::uint8_t> excluded,
                         const std::vector<std::vector<double>>& signals,
                         const SysremConfig& config) {
  constexpr int kMostRounds = 5;
  const std::size_t n = mag.size();
  const auto n_effect = static_cast<std::size_t>(effects.n_effect);
  std::vector<std::vector<double>> columns(1 + n_effect);
  columns[0].assign(n, 1.0);
  std::vector<std::uint8_t> has_effect(n, n_effect > 0 ? 1 : 0);
  for (std::size_t k = 0; k < n_effect; ++k) {
    const auto effect = effects.of(static_cast<std::int64_t>(k));
    columns[1 + k].assign(effect.begin(), effect.end());
    for (std::size_t f = 0; f < n; ++f) {
      if (std::isfinite(effect[f])) continue;
      has_effect[f] = 0;
      columns[1 + k][f] = 0.0;
    }
  }
  columns.insert(columns.end(), signals.begin(), signals.end());
  std::vector<double> target(n, 0.0);
  std::vector<double> used(n, 0.0);
  std::int64_t n_used = 0;
  double level = 0.0;  // near the magnitudes, so that sums keep their digits
  for (std::size_t f = 0; f < n; ++f) {
    const bool may = std::isfinite(mag[f]) && weight[f] > 0.0F && has_effect[f] != 0 &&
                     (excluded.empty() || excluded[f] == 0);
    if (!may) continue;
    if (n_used == 0) level = static_cast<double>(mag[f]);
    used[f] = static_cast<double>(weight[f]);
    target[f] = static_cast<double>(mag[f]) - level;
    ++n_used;
  }
  const std::int64_t least = 2 * std::ssize(columns);
  std::vector<double> coefficient;
  std::vector<double> residual(n, 0.0);
  for (int round = 0; n_effect > 0 && n_used >= least; ++round) {
    coefficient = fit_columns(target, used, columns);
    if (round == kMostRounds) break;
    std::vector<double> sizes;
    for (std::size_t f = 0; f < n; ++f) {
      if (used[f] == 0.0) continue;
      residual[f] = target[f];
      for (std::size_t k = 0; k < columns.size(); ++k)
        residual[f] -= coefficient[k] * columns[k][f];
      sizes.push_back(std::abs(residual[f]));
    }
    const double scatter = kMadToSigma * median_in_place(std::span<double>{sizes});
    const std::int64_t n_out =
        scatter > 0.0 ? reject_points(residual, config.reject * scatter, used) : 0;
    if (n_out == 0) break;
    n_used -= n_out;
  }
  if (coefficient.empty() || n_used < least) {
    for (QualityBits& q : quality) q |= quality::tfa_not_fitted;
    return {};
  }
  double sum_w = 0.0;
  std::vector<double> mean(n_effect, 0.0);
  for (std::size_t f = 0; f < n; ++f) {
    sum_w += used[f];
    for (std::size_t k = 0; k < n_effect; ++k) mean[k] += used[f] * columns[1 + k][f];
  }
  for (double& m : mean) m /= sum_w;
  for (std::size_t f = 0; f < n; ++f) {
    if (has_effect[f] == 0) {
      quality[f] |= quality::tfa_not_fitted;
      continue;
    }
    double correction = 0.0;
    for (std::size_t k = 0; k < n_effect; ++k)
      correction += coefficient[1 + k] * (columns[1 + k][f] - mean[k]);
    mag[f] = static_cast<float>(static_cast<double>(mag[f]) - correction);
  }
  return {.coefficient = {coefficient.begin() + 1,
                          coefficient.begin() + 1 + static_cast<std::ptrdiff_t>(n_effect)},
          .n_used = n_used};
}

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace skyweft::support {

using Rows = std::vector<std::vector<double>>;  ///< [n_point][n_term]

/// Solves the square system a x = b by Gauss's elimination with row exchange.
inline std::vector<double> solve_square(Rows a, std::vector<double> b) {
  const std::size_t m = b.size();
  for (std::size_t k = 0; k < m; ++k) {
    std::size_t pivot = k;
    for (std::size_t r = k + 1; r < m; ++r)
      if (std::abs(a[r][k]) > std::abs(a[pivot][k])) pivot = r;
    std::swap(a[k], a[pivot]);
    std::swap(b[k], b[pivot]);
    for (std::size_t r = k + 1; r < m; ++r) {
      const double f = a[r][k] / a[k][k];
      for (std::size_t c = k; c < m; ++c) a[r][c] -= f * a[k][c];
      b[r] -= f * b[k];
    }
  }
  for (std::size_t k = m; k-- > 0;) {
    for (std::size_t c = k + 1; c < m; ++c) b[k] -= a[k][c] * b[c];
    b[k] /= a[k][k];
  }
  return b;
}

struct SlowFit {
  std::vector<double> coefficients;
  double rms = 0.0;
  std::vector<bool> kept;
};

/// The slow twin of fit_linear_clipped: normal equations, all points finite, full rank.
inline SlowFit slow_clipped_fit(const Rows& design, const std::vector<double>& target,
                                const std::vector<double>& weight, double reject_level,
                                int max_rounds) {
  const std::size_t m = design.front().size();
  SlowFit fit{.coefficients = {}, .rms = 0.0, .kept = std::vector<bool>(target.size(), true)};
  for (int round = 0;; ++round) {
    Rows normal(m, std::vector<double>(m, 0.0));
    std::vector<double> right(m, 0.0);
    for (std::size_t i = 0; i < target.size(); ++i)
      for (std::size_t j = 0; fit.kept[i] && j < m; ++j) {
        const double w2 = weight[i] * weight[i];
        right[j] += w2 * design[i][j] * target[i];
        for (std::size_t k = 0; k < m; ++k) normal[j][k] += w2 * design[i][j] * design[i][k];
      }
    fit.coefficients = solve_square(normal, right);
    std::vector<double> residual(target.size(), 0.0);
    double sum = 0.0;
    double sum_w2 = 0.0;
    for (std::size_t i = 0; i < target.size(); ++i) {
      if (!fit.kept[i]) continue;
      residual[i] = -target[i];
      for (std::size_t j = 0; j < m; ++j) residual[i] += design[i][j] * fit.coefficients[j];
      sum += weight[i] * weight[i] * residual[i] * residual[i];
      sum_w2 += weight[i] * weight[i];
    }
    fit.rms = std::sqrt(sum / sum_w2);
    bool changed = false;
    for (std::size_t i = 0; round < max_rounds && i < target.size(); ++i)
      if (fit.kept[i] && std::abs(residual[i]) > reject_level * fit.rms) {
        fit.kept[i] = false;
        changed = true;
      }
    if (!changed) return fit;
  }
}

}  // namespace skyweft::support

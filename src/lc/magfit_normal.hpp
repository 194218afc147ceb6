// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "lc/magfit_terms.hpp"

namespace skyweft::lc {

/// Weighted normal equations of scaled terms: the lower triangle of Σ w² a aᵀ, a = (terms, target).
///
/// Sums run over blocks of points in order, and within a block over four interleaved parts: the
/// bits depend on the points alone.
class NormalEquations {
 public:
  /// `weight` and `target` are [n_block·kBlock]; the weight of points left out is 0, and their
  /// target is finite.
  NormalEquations(const ScaledTerms& terms, std::span<const double> weight,
                  std::span<const double> target);

  /// Takes one point out again.
  void take_out(std::int64_t point, double weight, double target);

  /// The solution by Cholesky decomposition, or nothing when a pivot says that the terms may be
  /// dependent (below 1e-9 of its column). Columns of zeros get the coefficient 0.
  bool solve(std::span<double> coefficients) const;

 private:
  const ScaledTerms* terms_;
  Eigen::Index n_;
  Eigen::MatrixXd sum_;
};

/// Σ_k coefficients[k]·term_k − target of every point, [n_block·kBlock].
void residuals_of(const ScaledTerms& terms, std::span<const double> coefficients,
                  std::span<const double> target, std::span<double> residual);

/// Σ weight²·residual² and Σ weight², in the order of NormalEquations.
struct WeightedSquares {
  double residual = 0.0;
  double weight = 0.0;
};
WeightedSquares weighted_squares(std::span<const double> weight, std::span<const double> residual);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "lc/tfa_cholesky.hpp"
#include "lc/tfa_templates.hpp"

namespace skyweft::lc {

/// The points of a star that its fit uses, as the shorter of two lists of frames.
struct UsedPoints {
  std::vector<std::int32_t>
      frames;  ///< ascending: those missing, or those used when they are fewer
  bool is_used_list = false;
  std::int64_t n_used = 0;
};

/// Lists the frames where `is_used` is set, or those where it is not. Collective: no.
UsedPoints list_points(std::span<const std::uint8_t> is_used);

/// One system A·x = h to be solved: A = QᵀQ over the used points of one star, which is the identity
/// less the missing points' share, for orthonormal templates Q. All vectors are of length
/// basis.rows().
struct StarSystem {
  const UsedPoints* points = nullptr;
  Eigen::VectorXd right;   ///< h
  Eigen::VectorXd x;       ///< in: where to begin, empty: nowhere known; out: the solution
  bool is_solved = false;  ///< false: conjugate gradients would take longer than a factor
  int n_step = 0;          ///< products with A
};

/// Solves all systems by conjugate gradients in step with each other, so that the templates' rows
/// are read once for many stars: in single precision about a remainder that is found in double, and
/// again until ‖h − A·x‖ is below 1e-7‖h‖ (iterative refinement, Higham 2002, chapter 12). That is
/// 1e-8 mag in a model of 0.1 mag, a hundredth of the step of magnitudes in single precision; the
/// residual's rms is stationary there, and known to 1e-14. A system's result does not depend on the
/// others. Cost: 4·rank flops per listed point and step; 8 steps with a twentieth of the points
/// missing. Collective: no. Throws: never.
void solve_systems(const TemplateSet& set, std::span<StarSystem> systems);

/// The factor of one star's A for systems that conjugate gradients leave. Directions of which less
/// than 1e-9 lies in the used points are not fitted.
class StarFactor {
 public:
  /// `constraints` [direction][k], independent: solutions are orthogonal to them.
  StarFactor(const TemplateSet& set, const UsedPoints& points, const Eigen::MatrixXd& constraints);
  Eigen::VectorXd solve(const Eigen::VectorXd& right) const;
  std::int64_t rank() const noexcept { return rank_; }  ///< directions that are fitted

 private:
  Eigen::MatrixXd free_;  ///< [direction][free]: orthonormal, orthogonal to the constraints
  Eigen::LLT<Eigen::MatrixXd> whole_;
  Eigen::MatrixXd matrix_;
  PivotedCholesky singular_;
  bool is_singular_ = false;
  std::int64_t rank_ = 0;
};

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>

#include <Eigen/Dense>

#include "shape/shape_objective.hpp"

namespace skyweft::shape {

/// How a minimisation ended.
struct Descent {
  Rows shape;
  ShapeObjective::Value value;
  int rounds = 0;  ///< evaluations
  bool converged = false;
};

/// Minimises by quasi-Newton steps with limited memory (Nocedal 1980), begun with a curvature B
/// that all terms share: `curvature` is its Cholesky decomposition [n_free][n_free].
///
/// Converged when the step promised by the quadratic model changes neither the light (√(Σ w Δ²)
/// over √(Σ w light²)) nor the fluxes by more than `tolerance`. A step that does not lower χ² is
/// shortened; when none does any more, rounding is reached and the last point stands, converged if
/// within a hundred tolerances. Collective: no. Throws: never.
Descent minimise(ShapeObjective& objective, const Eigen::LLT<Eigen::MatrixXd>& curvature,
                 const Rows& start, int max_rounds, double tolerance);

}  // namespace skyweft::shape

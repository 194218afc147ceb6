// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Dense>

#include "shape/parametric_stars.hpp"
#include "shape/profile_pixels.hpp"

namespace skyweft::shape {

/// χ² of a map with the best fluxes, and its expansion about there.
struct ParametricNormal {
  bool ok = false;  ///< every star has a profile and the fluxes are determined
  double chi2 = 0.0;
  Eigen::VectorXd flux_e;                     ///< [member]
  std::vector<std::vector<double>> residual;  ///< [member][pixel of its window], in σ
  Eigen::VectorXd gradient;                   ///< Jᵀ r, [n_term · n_parameter]
  Eigen::MatrixXd curvature;                  ///< Jᵀ J after projection of the fluxes
};

/// Evaluates the map with `coefficient` [n_term · n_parameter], the parameters of a term together.
/// `term` is [member][n_term]. Without `derivatives` gradient and curvature stay empty.
///
/// With Φ the whitened light of each star and D its derivative by the coefficients at the best
/// fluxes, curvature is DᵀD − DᵀΦ (ΦᵀΦ)⁻¹ ΦᵀD (Kaufman 1975); ΦᵀΦ is sparse, as stars overlap few
/// others. Collective: no. Throws: never.
ParametricNormal normal_equations(const ModelledStars& stars, const Eigen::MatrixXd& term,
                                  PsfKind kind, PsfView view, const SubPixelMap& subpixels,
                                  const Eigen::VectorXd& coefficient, bool derivatives);

/// The parameters of one member under `coefficient`.
ProfileParameters parameters_of(const Eigen::MatrixXd& term, std::int64_t i_member,
                                const Eigen::VectorXd& coefficient, std::int64_t n_parameter);

}  // namespace skyweft::shape

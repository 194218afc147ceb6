// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "core/terms.hpp"
#include "shape/map_space.hpp"

namespace skyweft::shape {

/// The terms that stars determine, and combinations of them that are orthonormal under the stars'
/// weights, so that neither raw pixel coordinates nor magnitudes make the fit ill-conditioned.
struct TermChoice {
  std::vector<Eigen::Index> kept;  ///< ascending; the constant first; empty: nothing is determined
  Rows kappa;                ///< [star][n_kept] combinations: kappa of the kept terms · inverse
  Eigen::MatrixXd triangle;  ///< [n_kept][n_kept] upper: kept terms = combinations · triangle
};

/// Keeps the first min(n_star, (n_pixel − n_star) / n_free) terms (with a penalty, n_star) and of
/// these all that do not depend on those before (to 1e-6). `kappa` is [star][n_term], `weight` are
/// the stars' shares in χ². Collective: no. Throws: never.
TermChoice choose_terms(const Rows& kappa, const std::vector<double>& weight, std::int64_t n_pixel,
                        Eigen::Index n_free, bool smooth);

/// The text of some of the terms: as given if all are kept, else a list of their labels.
std::string text_of(const Terms& terms, const std::vector<Eigen::Index>& kept);

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "shape/joint_fluxes.hpp"
#include "shape/map_space.hpp"
#include "shape/patch_kernel.hpp"

namespace skyweft::shape {

/// Half of χ² (with the penalty) as a function of the shape alone, the fluxes always being the best
/// ones for it (Golub & Pereyra 1973). Shapes are [n_term][n_free], a star's being
/// base + complement · Σ_k kappa[star][k] row k.
class ShapeObjective {
 public:
  /// `kappa` is [used patch][n_term]; `target_e` and `weight` of the patches are what is fitted.
  ShapeObjective(const StarPatches& patches, const std::vector<Overlap>& overlap,
                 const MapSpace& space, Rows kappa);

  struct Value {
    double half_chi2 = 0.0;
    Rows gradient;             ///< [n_term][n_free]
    std::vector<double> flux;  ///< [used patch]
    double light = 0.0;        ///< Σ w (F m)²: the scale that changes are compared with
  };
  Value at(const Rows& shape);

  const std::vector<std::size_t>& used() const noexcept { return used_; }

 private:
  void couple(const ShapeBasis& basis, std::vector<double>& gradient, Value& out);
  void smooth(const ShapeBasis& basis, std::vector<double>& gradient, Value& out) const;
  const double* kappa_of(std::size_t k) const { return kappa_.data() + k * n_term_; }

  const StarPatches* patches_;
  const MapSpace* space_;
  Rows kappa_;
  std::size_t n_term_;
  PatchScratch scratch_;
  std::vector<std::size_t> used_;           ///< patches
  std::vector<std::size_t> alone_;          ///< places in used_: no other used star shares pixels
  std::vector<std::size_t> coupled_;        ///< the others
  std::vector<std::size_t> coupled_patch_;  ///< their patches
  std::vector<Overlap> overlap_;            ///< between them
  std::vector<double> own_;                 ///< [patch][ny][sx] 1 where χ² counts a shared pixel
  std::vector<double> model_;               ///< [patch][ny][sx], coupled ones only
  std::vector<double> light_;
  std::vector<double> joint_flux_;  ///< [patch]
};

}  // namespace skyweft::shape

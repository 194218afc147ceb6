// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "shape/map_space.hpp"
#include "shape/patch_kernel.hpp"

namespace skyweft::shape {

/// Computes the curvature of χ²/2 in the free parameters of one term for stars that share Σ w (F
/// m)² = 1: the mean of F² Mᵀ W M, less what the fluxes take up (ḡ ḡᵀ / q̄ᵀ ḡ with ḡ = G q̄), plus
/// the penalty over `light`. Where stars differ in their sub-pixel place, brightness and shape it
/// is only near their own curvature, which is what a quasi-Newton descent begins with. From at most
/// 512 stars, evenly picked. `used` are patches, `flux` and kappa rows are theirs; `basis` is the
/// present shape. Collective: no. Throws: never.
Eigen::LLT<Eigen::MatrixXd> mean_curvature(const StarPatches& patches,
                                           std::span<const std::size_t> used,
                                           std::span<const double> flux, const MapSpace& space,
                                           const ShapeBasis& basis, const Rows& kappa,
                                           double light);

}  // namespace skyweft::shape

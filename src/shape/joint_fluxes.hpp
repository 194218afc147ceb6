// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "shape/star_choice.hpp"

namespace skyweft::shape {

/// Σ over the pixels that two patches share of weight × model × model.
double shared_strength(const StarPatches& patches, const Overlap& overlap,
                       const std::vector<double>& weight, const std::vector<double>& model);

/// Solves for the fluxes of the `member` patches (ascending) at the same time, the `overlap` pairs
/// being theirs: minimises Σ w (t − Σ F m)² over their pixels, a shared pixel counted once. A
/// sparse Cholesky decomposition, so that chains of overlapping stars may be long. `model`,
/// `weight` and `target` are [patch][ny][sx], equal where pixels are shared. Stars that cannot be
/// told apart share their light; a star without weight gets 0. Collective: no. Throws: never.
void joint_fluxes(const StarPatches& patches, std::span<const std::size_t> member,
                  std::span<const Overlap> overlap, const std::vector<double>& weight,
                  const std::vector<double>& target, const std::vector<double>& model,
                  std::vector<double>& flux);

/// Adds flux × model of the other patch to each one's pixels, for all pairs: with `light`
/// [patch][ny][sx] holding each star's own light before, it holds all light afterwards.
void add_neighbours(const StarPatches& patches, std::span<const Overlap> overlap,
                    const std::vector<double>& model, const std::vector<double>& flux,
                    std::vector<double>& light);

/// Replaces values of shared pixels, where usable, by the mean over the patches that share them.
void average_shared(const StarPatches& patches, std::span<const Overlap> overlap,
                    std::vector<double>& values);

/// 1 where a used patch counts a pixel, [patch][ny][sx]: every pixel with weight for the shape is
/// counted by the first of the used patches that have it.
std::vector<double> counted_once(const StarPatches& patches, std::span<const Overlap> overlap);

}  // namespace skyweft::shape

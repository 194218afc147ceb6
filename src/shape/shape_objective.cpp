// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/shape_objective.hpp"

#include <algorithm>
#include <utility>

namespace skyweft::shape {

ShapeObjective::ShapeObjective(const StarPatches& patches, const std::vector<Overlap>& overlap,
                               const MapSpace& space, Rows kappa)
    : patches_(&patches),
      space_(&space),
      kappa_(std::move(kappa)),
      n_term_(static_cast<std::size_t>(kappa_.cols())),
      scratch_(patches.layout) {
  std::vector<std::uint8_t> shares(patches.patch.size(), 0);
  for (const Overlap& o : overlap) {
    if (!patches.patch[o.a].used || !patches.patch[o.b].used) continue;
    overlap_.push_back(o);
    shares[o.a] = shares[o.b] = 1;
  }
  for (std::size_t i = 0; i < patches.patch.size(); ++i) {
    if (!patches.patch[i].used) continue;
    (shares[i] != 0 ? coupled_ : alone_).push_back(used_.size());
    if (shares[i] != 0) coupled_patch_.push_back(i);
    used_.push_back(i);
  }
  if (overlap_.empty()) return;
  const std::size_t n = patches.weight.size();
  own_ = counted_once(patches, overlap_);
  model_.assign(n, 0.0);
  light_.assign(n, 0.0);
  joint_flux_.assign(patches.patch.size(), 0.0);
}

ShapeObjective::Value ShapeObjective::at(const Rows& shape) {
  const StarPatches& s = *patches_;
  const PatchLayout& l = s.layout;
  ShapeBasis basis{n_term_, {space_->base.data(), space_->base.data() + space_->base.size()}, {}};
  const Rows nodes = shape * space_->complement.transpose();
  basis.term.assign(nodes.data(), nodes.data() + nodes.size());

  Value out;
  out.flux.assign(used_.size(), 0.0);
  std::vector<double> gradient(n_term_ * l.n_node(), 0.0);
  for (const std::size_t k : alone_) {
    const std::size_t i = used_[k];
    const PatchFit fit =
        fit_patch(l, s.table_of(i), s.band_of(i), basis, kappa_of(k), s.row(s.target_e, i).data(),
                  s.row(s.weight, i).data(), scratch_, gradient.data());
    out.flux[k] = fit.flux;
    out.half_chi2 += 0.5 * fit.chi2;
    out.light += fit.flux * fit.flux * fit.strength;
  }
  if (!coupled_.empty()) couple(basis, gradient, out);
  if (space_->smooth()) smooth(basis, gradient, out);
  const Eigen::Map<const Rows> of_nodes(gradient.data(), static_cast<Eigen::Index>(n_term_),
                                        static_cast<Eigen::Index>(l.n_node()));
  out.gradient = -(of_nodes * space_->complement);
  return out;
}

/// The stars that share pixels: models first, then all fluxes, then what is left.
void ShapeObjective::couple(const ShapeBasis& basis, std::vector<double>& gradient, Value& out) {
  const StarPatches& s = *patches_;
  const PatchLayout& l = s.layout;
  for (const std::size_t k : coupled_) {
    const std::size_t i = used_[k];
    patch_model(l, s.table_of(i), s.band_of(i), basis, kappa_of(k), scratch_,
                model_.data() + i * l.n_pixel());
  }
  joint_fluxes(s, coupled_patch_, overlap_, s.weight, s.target_e, model_, joint_flux_);
  for (const std::size_t i : coupled_patch_) {
    const double* const model = model_.data() + i * l.n_pixel();
    double* const light = light_.data() + i * l.n_pixel();
    for (std::size_t p = 0; p < l.n_pixel(); ++p) light[p] = joint_flux_[i] * model[p];
  }
  add_neighbours(s, overlap_, model_, joint_flux_, light_);
  std::vector<double>& pull = scratch_.model;
  for (const std::size_t k : coupled_) {
    const std::size_t i = used_[k];
    const std::size_t at = i * l.n_pixel();
    for (std::size_t p = 0; p < l.n_pixel(); ++p) {
      const double left = s.target_e[at + p] - light_[at + p];
      const double w = s.weight[at + p];
      pull[p] = w * left;
      out.half_chi2 += 0.5 * own_[at + p] * w * left * left;
      out.light += own_[at + p] * w * light_[at + p] * light_[at + p];
    }
    out.flux[k] = joint_flux_[i];
    patch_gradient(l, s.table_of(i), s.band_of(i), kappa_of(k), n_term_, joint_flux_[i],
                   pull.data(), scratch_, gradient.data());
  }
}

/// Adds half of the mean over stars of qᵀ P q; `gradient` is that of −χ²/2.
void ShapeObjective::smooth(const ShapeBasis& basis, std::vector<double>& gradient,
                            Value& out) const {
  const auto n_node = static_cast<Eigen::Index>(patches_->layout.n_node());
  const Eigen::Map<const Rows> term(basis.term.data(), static_cast<Eigen::Index>(n_term_), n_node);
  Eigen::Map<Rows> slope(gradient.data(), static_cast<Eigen::Index>(n_term_), n_node);
  const Rows nodes = (kappa_ * term).rowwise() + space_->base.transpose();
  const Rows bent = nodes * space_->smoothing;
  const double share = 1.0 / static_cast<double>(used_.size());
  out.half_chi2 += 0.5 * share * nodes.cwiseProduct(bent).sum();
  slope -= share * (kappa_.transpose() * bent);
}

}  // namespace skyweft::shape

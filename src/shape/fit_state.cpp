// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/fit_state.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "shape/patch_kernel.hpp"

namespace skyweft::shape {

void set_weights(FitState& state, bool parity) {
  StarPatches& s = state.patches;
  const PatchLayout& l = s.layout;
  for (std::size_t p = 0; p < s.weight_all.size(); ++p)
    s.weight_all[p] = s.variance_e2[p] > 0.0
                          ? 1.0 / (state.variance_e2[p] + (parity ? 0.0 : s.noise_e2[p]))
                          : 0.0;
  const auto clear = [&](std::vector<double>& v, std::size_t patch, std::size_t at, std::size_t nx,
                         std::size_t ny) {
    double* const first = v.data() + patch * l.n_pixel() + at;
    for (std::size_t iy = 0; iy < ny; ++iy) std::fill_n(first + iy * l.sx, nx, 0.0);
  };
  for (const Shadow& d : state.shadow) clear(s.weight_all, d.patch, d.at, d.nx, d.ny);
  for (std::size_t i = 0; i < s.patch.size(); ++i) {
    const auto from = s.row(s.weight_all, i);
    const auto to = s.row(s.weight, i);
    if (s.patch[i].used)
      std::ranges::copy(from, to.begin());
    else
      std::ranges::fill(to, 0.0);
  }
  for (const Overlap& o : state.overlap) {
    if (s.patch[o.b].spoils) clear(s.weight, o.a, o.at_a, o.nx, o.ny);
    if (s.patch[o.a].spoils) clear(s.weight, o.b, o.at_b, o.nx, o.ny);
  }
}

void measure(FitState& state, const MapSpace& space, const Rows& shape) {
  StarPatches& s = state.patches;
  const PatchLayout& l = s.layout;
  const auto n_term = static_cast<std::size_t>(shape.rows());
  ShapeBasis basis{n_term, {space.base.data(), space.base.data() + space.base.size()}, {}};
  const Rows nodes = shape * space.complement.transpose();
  basis.term.assign(nodes.data(), nodes.data() + nodes.size());
  PatchScratch scratch(l);
  for (std::size_t i = 0; i < s.patch.size(); ++i)
    patch_model(l, s.table_of(i), s.band_of(i), basis, state.kappa.data() + i * n_term, scratch,
                state.model.data() + i * l.n_pixel());
  std::vector<std::size_t> all(s.patch.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  joint_fluxes(s, all, state.overlap, s.weight_all, s.excess_e, state.model, state.flux_e);

  for (std::size_t p = 0; p < state.light_e.size(); ++p)
    state.light_e[p] = state.flux_e[p / l.n_pixel()] * state.model[p];
  add_neighbours(s, state.overlap, state.model, state.flux_e, state.light_e);

  s.target_e = s.excess_e;
  for (const Overlap& o : state.overlap) {
    const auto take = [&](std::size_t from, std::size_t at_from, std::size_t star,
                          std::size_t at_star) {
      if (!s.patch[from].used || s.patch[star].used) return;
      double* const target = s.row(s.target_e, from).data() + at_from;
      const double* const model = s.row(state.model, star).data() + at_star;
      for (std::size_t iy = 0; iy < o.ny; ++iy)
        for (std::size_t ix = 0; ix < o.nx; ++ix)
          target[iy * l.sx + ix] -= state.flux_e[star] * model[iy * l.sx + ix];
    };
    take(o.a, o.at_a, o.b, o.at_b);
    take(o.b, o.at_b, o.a, o.at_a);
  }
}

PatchQuality quality_of(const FitState& state, std::size_t i_patch) {
  const StarPatches& s = state.patches;
  const auto weight = s.row(s.weight_all, i_patch);
  const auto excess = s.row(s.excess_e, i_patch);
  const auto light = s.row(state.light_e, i_patch);
  PatchQuality out;
  for (std::size_t p = 0; p < weight.size(); ++p) {
    if (!(weight[p] > 0.0)) continue;
    const double left = excess[p] - light[p];
    ++out.n_pixel;
    out.chi2 += weight[p] * left * left;
    out.light += weight[p] * light[p] * light[p];
  }
  return out;
}

double flux_error(const FitState& state, std::size_t i,
                  const std::vector<std::vector<std::size_t>>& overlaps_of) {
  constexpr std::size_t kMaxNeighbours = 40;
  const StarPatches& s = state.patches;
  std::vector<std::size_t> star{i};
  for (const std::size_t k : overlaps_of[i]) {
    if (star.size() > kMaxNeighbours) break;
    const Overlap& o = state.overlap[k];
    star.push_back(o.a == i ? o.b : o.a);
  }
  const auto n = static_cast<Eigen::Index>(star.size());
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd of_background(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    const std::size_t patch = star[static_cast<std::size_t>(a)];
    const auto weight = s.row(s.weight_all, patch);
    const auto model = s.row(state.model, patch);
    of_background(a) = 0.0;
    for (std::size_t p = 0; p < weight.size(); ++p) {
      normal(a, a) += weight[p] * model[p] * model[p];
      of_background(a) += weight[p] * model[p];
    }
    for (const std::size_t k : overlaps_of[patch]) {
      const Overlap& o = state.overlap[k];
      const std::size_t other = o.a == patch ? o.b : o.a;
      const auto it = std::ranges::find(star, other);
      if (it == star.end()) continue;
      normal(a, it - star.begin()) = shared_strength(s, o, s.weight_all, state.model);
    }
  }
  if (!(normal(0, 0) > 0.0)) return kNaN;
  for (Eigen::Index a = 0; a < n; ++a)
    if (!(normal(a, a) > 0.0)) normal(a, a) = 1.0;
  Eigen::VectorXd unit = Eigen::VectorXd::Zero(n);
  unit(0) = 1.0;
  const Eigen::VectorXd inverse = normal.ldlt().solve(unit);
  const double by_background = inverse.dot(of_background);
  return std::sqrt(std::max(inverse(0), 0.0) +
                   s.patch[i].background_var_e2 * by_background * by_background);
}

}  // namespace skyweft::shape

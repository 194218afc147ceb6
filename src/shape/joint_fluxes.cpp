// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/joint_fluxes.hpp"

#include <algorithm>

#include <Eigen/Sparse>
#include <Eigen/SparseCholesky>

namespace skyweft::shape {
namespace {

/// Adds this share to every star's own strength: coincident stars then have an answer.
constexpr double kRidge = 1e-10;

}  // namespace

double shared_strength(const StarPatches& patches, const Overlap& o,
                       const std::vector<double>& weight, const std::vector<double>& model) {
  const std::size_t sx = patches.layout.sx;
  const double* const w = patches.row(weight, o.a).data() + o.at_a;
  const double* const a = patches.row(model, o.a).data() + o.at_a;
  const double* const b = patches.row(model, o.b).data() + o.at_b;
  double sum = 0.0;
  for (std::size_t iy = 0; iy < o.ny; ++iy)
    for (std::size_t ix = 0; ix < o.nx; ++ix)
      sum += w[iy * sx + ix] * a[iy * sx + ix] * b[iy * sx + ix];
  return sum;
}

void joint_fluxes(const StarPatches& patches, std::span<const std::size_t> member,
                  std::span<const Overlap> overlap, const std::vector<double>& weight,
                  const std::vector<double>& target, const std::vector<double>& model,
                  std::vector<double>& flux) {
  std::vector<double> own(member.size());
  std::vector<double> cross(member.size());
  std::vector<Eigen::Index> place(patches.patch.size(), -1);  // among those with neighbours
  for (std::size_t k = 0; k < member.size(); ++k) {
    const auto w = patches.row(weight, member[k]);
    const auto t = patches.row(target, member[k]);
    const auto m = patches.row(model, member[k]);
    for (std::size_t p = 0; p < m.size(); ++p) {
      own[k] += w[p] * m[p] * m[p];
      cross[k] += w[p] * m[p] * t[p];
    }
    flux[member[k]] = own[k] > 0.0 ? cross[k] / own[k] : 0.0;
  }
  if (overlap.empty()) return;
  for (const Overlap& o : overlap) place[o.a] = place[o.b] = 0;
  std::vector<std::size_t> coupled;
  for (std::size_t k = 0; k < member.size(); ++k) {
    if (place[member[k]] < 0) continue;
    place[member[k]] = static_cast<Eigen::Index>(coupled.size());
    coupled.push_back(k);
  }
  const auto n = static_cast<Eigen::Index>(coupled.size());
  std::vector<Eigen::Triplet<double>> entry;
  Eigen::VectorXd rhs(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const std::size_t k = coupled[static_cast<std::size_t>(i)];
    rhs(i) = cross[k];
    entry.emplace_back(i, i, own[k] > 0.0 ? own[k] * (1.0 + kRidge) : 1.0);
  }
  for (const Overlap& o : overlap) {
    const double s = shared_strength(patches, o, weight, model);
    const Eigen::Index i = std::max(place[o.a], place[o.b]);
    const Eigen::Index j = std::min(place[o.a], place[o.b]);
    if (s != 0.0) entry.emplace_back(i, j, s);
  }
  Eigen::SparseMatrix<double> normal(n, n);
  normal.setFromTriplets(entry.begin(), entry.end());
  const Eigen::SimplicialLDLT<Eigen::SparseMatrix<double>, Eigen::Lower> solver(normal);
  if (solver.info() != Eigen::Success) return;  // each on its own
  const Eigen::VectorXd f = solver.solve(rhs);
  for (Eigen::Index i = 0; i < n; ++i) flux[member[coupled[static_cast<std::size_t>(i)]]] = f(i);
}

void add_neighbours(const StarPatches& patches, std::span<const Overlap> overlap,
                    const std::vector<double>& model, const std::vector<double>& flux,
                    std::vector<double>& light) {
  const std::size_t sx = patches.layout.sx;
  for (const Overlap& o : overlap) {
    const double* const a = patches.row(model, o.a).data() + o.at_a;
    const double* const b = patches.row(model, o.b).data() + o.at_b;
    double* const to_a = patches.row(light, o.a).data() + o.at_a;
    double* const to_b = patches.row(light, o.b).data() + o.at_b;
    for (std::size_t iy = 0; iy < o.ny; ++iy)
      for (std::size_t ix = 0; ix < o.nx; ++ix) {
        to_a[iy * sx + ix] += flux[o.b] * b[iy * sx + ix];
        to_b[iy * sx + ix] += flux[o.a] * a[iy * sx + ix];
      }
  }
}

void average_shared(const StarPatches& patches, std::span<const Overlap> overlap,
                    std::vector<double>& values) {
  if (overlap.empty()) return;
  const std::size_t sx = patches.layout.sx;
  const std::vector<double> own = values;
  std::vector<std::uint16_t> n(values.size(), 1);
  const auto usable = [&](std::size_t p) { return patches.variance_e2[p] > 0.0; };
  for (const Overlap& o : overlap) {
    const std::size_t a = o.a * patches.layout.n_pixel() + o.at_a;
    const std::size_t b = o.b * patches.layout.n_pixel() + o.at_b;
    for (std::size_t iy = 0; iy < o.ny; ++iy)
      for (std::size_t ix = 0; ix < o.nx; ++ix) {
        const std::size_t p = a + iy * sx + ix;
        const std::size_t q = b + iy * sx + ix;
        // A window may reach one pixel beyond its grid: no light of that star, no value.
        if (!usable(p) || !usable(q)) continue;
        values[p] += own[q];
        values[q] += own[p];
        ++n[p];
        ++n[q];
      }
  }
  for (std::size_t p = 0; p < values.size(); ++p)
    if (n[p] > 1) values[p] /= static_cast<double>(n[p]);
}

std::vector<double> counted_once(const StarPatches& patches, std::span<const Overlap> overlap) {
  const PatchLayout& l = patches.layout;
  std::vector<double> out(patches.weight.size(), 0.0);
  for (std::size_t p = 0; p < out.size(); ++p)
    if (patches.patch[p / l.n_pixel()].used && patches.weight[p] > 0.0) out[p] = 1.0;
  for (const Overlap& o : overlap) {
    if (!patches.patch[o.a].used || !patches.patch[o.b].used) continue;
    for (std::size_t iy = 0; iy < o.ny; ++iy)
      for (std::size_t ix = 0; ix < o.nx; ++ix) {
        const std::size_t a = o.a * l.n_pixel() + o.at_a + iy * l.sx + ix;
        const std::size_t b = o.b * l.n_pixel() + o.at_b + iy * l.sx + ix;
        if (patches.weight[a] > 0.0) out[b] = 0.0;
      }
  }
  return out;
}

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/mean_curvature.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::shape {
namespace {

constexpr std::size_t kMaxStars = 512;
constexpr double kRidge = 1e-12;  // of the mean curvature

/// Adds F² Mᵀ W M of one star to the lower half of `gram`: each row of pixels is contracted along x
/// first, then meets the few functions of y that reach it.
void add_star(const StarPatches& patches, std::size_t i, double flux, Eigen::MatrixXd& along_x,
              Eigen::MatrixXd& gram) {
  const PatchLayout& l = patches.layout;
  const auto na = static_cast<Eigen::Index>(l.na);
  const double* const table = patches.table_of(i);
  const std::uint16_t* const band = patches.band_of(i);
  const auto weight = patches.row(patches.weight, i);
  for (std::size_t iy = 0; iy < l.ny; ++iy)
    for (std::size_t r = 0; r < l.rank; ++r)
      for (std::size_t s = 0; s < l.rank; ++s) {
        along_x.setZero();
        for (std::size_t ix = 0; ix < l.nx; ++ix) {
          const double w = flux * flux * weight[iy * l.sx + ix];
          if (!(w > 0.0)) continue;
          const double* const xs = table + l.x_turned_at(s) + ix * l.sa;
          const Eigen::Map<const Eigen::VectorXd> xr(table + l.x_turned_at(r) + ix * l.sa, na);
          for (Eigen::Index a = 0; a < na; ++a)
            if (xs[a] != 0.0) along_x.col(a) += (w * xs[a]) * xr;
        }
        const double* const yr = table + l.y_at(r) + iy * l.nb;
        const double* const ys = table + l.y_at(s) + iy * l.nb;
        for (std::size_t b = band[2 * iy]; b < band[2 * iy + 1]; ++b)
          for (std::size_t c = band[2 * iy]; c <= b; ++c)
            gram.block(static_cast<Eigen::Index>(b * l.sa), static_cast<Eigen::Index>(c * l.sa), na,
                       na) += (yr[b] * ys[c]) * along_x;
      }
}

}  // namespace

Eigen::LLT<Eigen::MatrixXd> mean_curvature(const StarPatches& patches,
                                           std::span<const std::size_t> used,
                                           std::span<const double> flux, const MapSpace& space,
                                           const ShapeBasis& basis, const Rows& kappa,
                                           double light) {
  const PatchLayout& l = patches.layout;
  const auto n_node = static_cast<Eigen::Index>(l.n_node());
  const std::size_t n_pick = std::min(used.size(), kMaxStars);
  PatchScratch scratch(l);
  Eigen::MatrixXd along_x(static_cast<Eigen::Index>(l.na), static_cast<Eigen::Index>(l.na));
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n_node, n_node);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(n_node);
  double strength = 0.0;
  for (std::size_t k = 0; k < n_pick; ++k) {
    const std::size_t s = k * used.size() / n_pick;
    const std::size_t i = used[s];
    add_star(patches, i, flux[s], along_x, gram);
    patch_model(l, patches.table_of(i), patches.band_of(i), basis,
                kappa.row(static_cast<Eigen::Index>(s)).data(), scratch, scratch.model.data());
    const auto weight = patches.row(patches.weight, i);
    double own = 0.0;
    for (std::size_t p = 0; p < weight.size(); ++p)
      own += weight[p] * scratch.model[p] * scratch.model[p];
    own *= flux[s] * flux[s];
    mean += own * Eigen::Map<const Eigen::VectorXd>(scratch.shape.data(), n_node);
    strength += own;
  }
  if (strength > 0.0) {
    gram = Eigen::MatrixXd(gram.selfadjointView<Eigen::Lower>()) / strength;
    mean /= strength;
    const Eigen::VectorXd pull = gram * mean;
    gram -= pull * pull.transpose() / mean.dot(pull);
  }
  if (space.smooth() && light > 0.0) gram += space.smoothing / light;
  Eigen::MatrixXd free = space.complement.transpose() * gram * space.complement;
  const double typical = free.trace() / static_cast<double>(free.rows());
  double ridge = kRidge * (typical > 0.0 ? typical : 1.0);
  Eigen::LLT<Eigen::MatrixXd> out;
  for (int i_try = 0; i_try < 7; ++i_try, ridge *= 100.0) {
    Eigen::MatrixXd ridged = free;
    ridged.diagonal().array() += ridge;
    out.compute(ridged);
    if (out.info() == Eigen::Success) return out;
  }
  return out.compute(Eigen::MatrixXd::Identity(free.rows(), free.cols()));
}

}  // namespace skyweft::shape

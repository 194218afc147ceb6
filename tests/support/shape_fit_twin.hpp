// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "tests/support/shape_fit_frames.hpp"
#include <Eigen/Dense>

#include "shape/node_basis.hpp"

namespace skyweft::test {

/// The slow, obvious shape fit at given fluxes: one dense row per pixel of the frame that any star
/// reaches, one column per free parameter and term, Householder QR; no sub-pixel map. Every node
/// parameter's column is the picture of that basis function alone. Weights are 1 / variance.
/// Returns the coefficients, [n_term][n_parameter].
inline std::vector<double> shape_by_dense_rows(const ShapeStars& s, const PsfMap& like,
                                               const std::vector<double>& flux) {
  const std::vector<double> integral = shape::node_integrals(like.x_node_px, like.y_node_px);
  const Eigen::MatrixXd e = shape::complement_basis(integral);
  const auto n_node = static_cast<Eigen::Index>(integral.size());
  const Eigen::Map<const Eigen::VectorXd> of_nodes(integral.data(), n_node);
  const Eigen::VectorXd base = of_nodes / of_nodes.squaredNorm();
  const Eigen::MatrixXd kappa =
      s.variables.design(Terms::parse(like.terms), static_cast<std::int64_t>(s.x.size()));
  const Eigen::Index n_term = kappa.cols();

  std::map<std::pair<std::int64_t, std::int64_t>, Eigen::VectorXd> rows;  // (y, x) → [term][node]
  PsfMap one = like;
  one.terms = "O0{}";
  for (std::size_t i = 0; i < s.x.size(); ++i)
    for (Eigen::Index p = 0; p < n_node; ++p) {
      one.coefficient.assign(integral.size(), 0.0);
      one.coefficient[static_cast<std::size_t>(p)] = 1.0;
      const StarShape shape = shape::shape_of(one, std::vector<double>{1.0});
      const auto w = shape::window_of(shape, s.x[i], s.y[i], s.frame.nx(), s.frame.ny());
      std::vector<double> values(static_cast<std::size_t>(w.size()));
      shape::pixel_values(shape, like.view, {}, s.x[i], s.y[i], w, values);
      for (std::int64_t iy = 0; iy < w.ny; ++iy)
        for (std::int64_t ix = 0; ix < w.nx; ++ix) {
          auto& row = rows[{w.first_y + iy, w.first_x + ix}];
          if (row.size() == 0) row = Eigen::VectorXd::Zero(n_term * n_node);
          for (Eigen::Index k = 0; k < n_term; ++k)
            row(k * n_node + p) += flux[i] * kappa(static_cast<Eigen::Index>(i), k) *
                                   values[static_cast<std::size_t>(iy * w.nx + ix)];
        }
    }

  const Eigen::Index n_free = n_node - 1;
  Eigen::MatrixXd design(static_cast<Eigen::Index>(rows.size()), n_term * n_free);
  Eigen::VectorXd target(design.rows());
  Eigen::Index r = 0;
  for (const auto& [at, row] : rows) {
    const double sigma = std::sqrt(static_cast<double>(s.frame.variance_e2(at.second, at.first)));
    target(r) = (static_cast<double>(s.frame.signal_e(at.second, at.first)) -
                 static_cast<double>(s.background[0]) - row.head(n_node).dot(base)) /
                sigma;
    for (Eigen::Index k = 0; k < n_term; ++k)
      design.row(r).segment(k * n_free, n_free) =
          row.segment(k * n_node, n_node).transpose() * e / sigma;
    ++r;
  }
  const Eigen::VectorXd u = design.colPivHouseholderQr().solve(target);
  std::vector<double> out;
  for (Eigen::Index k = 0; k < n_term; ++k) {
    Eigen::VectorXd q = e * u.segment(k * n_free, n_free);
    if (k == 0) q += base;
    out.insert(out.end(), q.data(), q.data() + q.size());
  }
  return out;
}

}  // namespace skyweft::test

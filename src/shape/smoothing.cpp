// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/smoothing.hpp"

namespace skyweft::shape {
namespace {

/// ∫ a″ b″ of the functions of an axis, [2 (n_node − 2)]²: the stiffness of a beam.
Eigen::MatrixXd bending(std::span<const double> nodes) {
  const auto n_node = static_cast<Eigen::Index>(nodes.size());
  Eigen::MatrixXd all = Eigen::MatrixXd::Zero(2 * n_node, 2 * n_node);
  for (Eigen::Index i = 0; i + 1 < n_node; ++i) {
    const double w = nodes[static_cast<std::size_t>(i + 1)] - nodes[static_cast<std::size_t>(i)];
    Eigen::Matrix4d cell;
    cell << 12.0, 6.0 * w, -12.0, 6.0 * w,            //
        6.0 * w, 4.0 * w * w, -6.0 * w, 2.0 * w * w,  //
        -12.0, -6.0 * w, 12.0, -6.0 * w,              //
        6.0 * w, 2.0 * w * w, -6.0 * w, 4.0 * w * w;
    all.block<4, 4>(2 * i, 2 * i) += cell / (w * w * w);
  }
  return all.block(2, 2, 2 * n_node - 4, 2 * n_node - 4);
}

}  // namespace

Eigen::MatrixXd smoothing_matrix(std::span<const double> x_nodes, std::span<const double> y_nodes) {
  const Eigen::MatrixXd along_x = bending(x_nodes);
  const Eigen::MatrixXd along_y = bending(y_nodes);
  const Eigen::Index n_x = along_x.rows() / 2;
  const Eigen::Index n = 4 * n_x * (along_y.rows() / 2);
  const auto x_of = [n_x](Eigen::Index p) { return 2 * (p / 4 % n_x) + (p & 1); };
  const auto y_of = [n_x](Eigen::Index p) { return 2 * (p / 4 / n_x) + (p >> 1 & 1); };
  Eigen::MatrixXd out(n, n);
  for (Eigen::Index b = 0; b < n; ++b)
    for (Eigen::Index a = 0; a < n; ++a)
      out(a, b) = along_x(x_of(a), x_of(b)) * along_y(y_of(a), y_of(b));
  return out;
}

}  // namespace skyweft::shape

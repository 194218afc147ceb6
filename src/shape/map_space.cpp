// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/map_space.hpp"

#include <array>
#include <cmath>

#include "shape/node_basis.hpp"
#include "shape/smoothing.hpp"

namespace skyweft::shape {

MapSpace make_space(const ShapeConfig& config, const PatchLayout& l) {
  MapSpace out;
  const std::size_t n_inner_x = l.na / 2;
  const std::vector<double> integral = node_integrals(config.x_grid_px, config.y_grid_px);
  out.place.resize(integral.size());
  for (std::size_t p = 0; p < integral.size(); ++p) {
    const std::size_t k = p % 4;
    const std::size_t ix = p / 4 % n_inner_x;
    const std::size_t iy = p / 4 / n_inner_x;
    out.place[p] = (2 * iy + (k >> 1)) * l.sa + 2 * ix + (k & 1);
  }
  const Eigen::MatrixXd e = complement_basis(integral);
  double square = 0.0;
  for (const double v : integral) square += v * v;
  const auto n_node = static_cast<Eigen::Index>(l.n_node());
  out.base = Eigen::VectorXd::Zero(n_node);
  out.complement = Eigen::MatrixXd::Zero(n_node, e.cols());
  for (std::size_t p = 0; p < integral.size(); ++p) {
    const auto at = static_cast<Eigen::Index>(out.place[p]);
    out.base(at) = integral[p] / square;
    out.complement.row(at) = e.row(static_cast<Eigen::Index>(p));
  }
  if (std::isfinite(config.smoothing)) {
    const Eigen::MatrixXd penalty = smoothing_matrix(config.x_grid_px, config.y_grid_px);
    out.smoothing = Eigen::MatrixXd::Zero(n_node, n_node);
    for (std::size_t p = 0; p < out.place.size(); ++p)
      for (std::size_t q = 0; q < out.place.size(); ++q)
        out.smoothing(static_cast<Eigen::Index>(out.place[p]),
                      static_cast<Eigen::Index>(out.place[q])) =
            std::pow(10.0, config.smoothing) *
            penalty(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(q));
  }
  return out;
}

Eigen::VectorXd gaussian_in(const MapSpace& space, const ShapeConfig& config, const PatchLayout& l,
                            double sigma_px) {
  const auto axis = [&](const std::vector<double>& lines) {
    std::vector<double> out;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
      const double value = std::exp(-0.5 * lines[i] * lines[i] / (sigma_px * sigma_px));
      out.push_back(value);
      out.push_back(-lines[i] / (sigma_px * sigma_px) * value);
    }
    return out;
  };
  const std::vector<double> x = axis(config.x_grid_px);
  const std::vector<double> y = axis(config.y_grid_px);
  Eigen::VectorXd q = Eigen::VectorXd::Zero(space.base.size());
  for (std::size_t b = 0; b < l.nb; ++b)
    for (std::size_t a = 0; a < l.na; ++a) q(static_cast<Eigen::Index>(b * l.sa + a)) = y[b] * x[a];
  const double integral = space.base.dot(q) / space.base.squaredNorm();  // I = base / |base|²
  if (!(integral > 0.0)) return Eigen::VectorXd::Zero(space.n_free());
  return space.complement.transpose() * (q / integral);
}

}  // namespace skyweft::shape

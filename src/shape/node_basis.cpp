// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/node_basis.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "shape/hermite.hpp"

namespace skyweft::shape {
namespace {

constexpr double kStepMin = 1e-6;  // px; narrower cells than this are a slip of the pen

/// The integral of every function of an axis, [2 (n_node − 2)].
std::vector<double> axis_integrals(std::span<const double> nodes) {
  std::vector<double> out;
  for (std::size_t i = 1; i + 1 < nodes.size(); ++i)
    for (const double v : hermite_integrals_of_node(nodes, i)) out.push_back(v);
  return out;
}

/// Adds the four functions of a cell to a part of a pixel; those of the outermost nodes do not
/// exist.
void add(const Hermite& h, std::size_t cell, std::size_t n_function, double* value) {
  if (cell > 0)
    for (std::size_t k = 0; k < 2; ++k) value[2 * cell - 2 + k] += h[k];
  if (2 * cell < n_function)
    for (std::size_t k = 0; k < 2; ++k) value[2 * cell + k] += h[2 + k];
}

}  // namespace

void check_grid_lines(std::span<const double> nodes, std::string_view axis) {
  if (nodes.size() < 3)
    throw Error{Errc::bad_config,
                fmt::format("the grid of the star shape has {} lines in {}; give at least 3: the "
                            "outermost ones are the edge, where the shape is zero",
                            nodes.size(), axis)}
        .because({"n_grid_line", static_cast<double>(nodes.size()), 3.0});
  for (std::size_t i = 0; i + 1 < nodes.size(); ++i)
    if (const double step = nodes[i + 1] - nodes[i]; !(step >= kStepMin && std::isfinite(step)))
      throw Error{Errc::bad_config,
                  fmt::format("the grid lines of the star shape in {} go from {} to {}; list them "
                              "in ascending order, in pixels",
                              axis, nodes[i], nodes[i + 1])}
          .because({"grid_line_step", step, kStepMin});
  if (!(nodes.front() < 0.0 && nodes.back() > 0.0)) {
    const double miss = std::max(nodes.front(), -nodes.back());
    throw Error{Errc::bad_config,
                fmt::format("the grid of the star shape spans {} to {} px in {}; the star, at 0, "
                            "must lie inside",
                            nodes.front(), nodes.back(), axis)}
        .because({"grid_line_span", miss, 0.0});
  }
}

std::vector<double> node_integrals(std::span<const double> x_nodes,
                                   std::span<const double> y_nodes) {
  const std::vector<double> x = axis_integrals(x_nodes);
  const std::vector<double> y = axis_integrals(y_nodes);
  std::vector<double> out;
  out.reserve(x.size() * y.size());
  for (std::size_t iy = 0; iy < y.size(); iy += 2)
    for (std::size_t ix = 0; ix < x.size(); ix += 2)
      for (std::size_t k = 0; k < 4; ++k) out.push_back(x[ix + (k & 1)] * y[iy + (k >> 1)]);
  return out;
}

Eigen::MatrixXd complement_basis(std::span<const double> integrals) {
  const auto n = static_cast<Eigen::Index>(integrals.size());
  Eigen::VectorXd v = Eigen::Map<const Eigen::VectorXd>(integrals.data(), n).stableNormalized();
  // The reflection 1 − 2 v vᵀ/|v|²; away from the near axis, so that nothing cancels.
  v[0] += std::copysign(1.0, v[0]);
  const double scale = 2.0 / v.squaredNorm();
  Eigen::MatrixXd basis = -scale * v * v.tail(n - 1).transpose();
  for (Eigen::Index i = 1; i < n; ++i) basis(i, i - 1) += 1.0;
  return basis;
}

AxisValues axis_values(std::span<const double> nodes, double star_coordinate,
                       std::int64_t first_pixel, std::int64_t n_pixel, std::int64_t n_sub,
                       PsfView view) {
  AxisValues out;
  const bool sampled = view == PsfView::prf;
  out.n_pixel = n_pixel;
  out.n_sub = sampled ? 1 : n_sub;
  out.n_function = 2 * static_cast<std::int64_t>(nodes.size()) - 4;
  const auto n_function = static_cast<std::size_t>(out.n_function);
  const auto n_part = static_cast<std::size_t>(out.n_pixel * out.n_sub);
  out.value.assign(n_part * n_function, 0.0);
  out.first.assign(n_part, 0);
  out.end.assign(n_part, 0);
  const double part = 1.0 / static_cast<double>(out.n_sub);
  for (std::size_t i = 0; i < n_part; ++i) {
    double* const value = out.value.data() + i * n_function;
    const auto i_pixel = static_cast<std::int64_t>(i) / out.n_sub;
    const auto i_sub = static_cast<std::int64_t>(i) % out.n_sub;
    const double pixel = static_cast<double>(first_pixel + i_pixel) - star_coordinate;
    double from = pixel;
    double to = pixel;
    if (!sampled) {
      from = std::max(pixel - 0.5 + static_cast<double>(i_sub) * part, nodes.front());
      to = std::min(pixel - 0.5 + static_cast<double>(i_sub + 1) * part, nodes.back());
    }
    if (!(sampled ? pixel >= nodes.front() && pixel <= nodes.back() : from < to)) continue;
    const std::size_t first_cell = cell_of(nodes, from);
    std::size_t last_cell = first_cell;
    if (sampled) {
      const double width = nodes[first_cell + 1] - nodes[first_cell];
      add(hermite_values((pixel - nodes[first_cell]) / width, width), first_cell, n_function,
          value);
    } else {
      for (std::size_t c = first_cell; c + 1 < nodes.size() && nodes[c] < to; last_cell = c++)
        add(hermite_integrals_in(nodes, c, from, to), c, n_function, value);
    }
    out.first[i] = static_cast<std::int32_t>(first_cell == 0 ? 0 : 2 * first_cell - 2);
    out.end[i] = static_cast<std::int32_t>(std::min(2 * last_cell + 2, n_function));
  }
  return out;
}

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace skyweft::shape {

/// Numbers of the four cubic Hermite functions of one cell: those that carry the value and the
/// slope of its left node, then the value and the slope of its right node. A bicubic surface is
/// their tensor product (science.md 3.11), so all that is needed of it are products of these.
using Hermite = std::array<double, 4>;

/// The functions at t in [0, 1] of a cell of this width. Throws: never.
inline Hermite hermite_values(double t, double width) noexcept {
  const double u = 1.0 - t;
  return {u * u * (1.0 + 2.0 * t), width * t * u * u, t * t * (3.0 - 2.0 * t), -width * t * t * u};
}

/// Their integrals from the left node to t. Throws: never.
inline Hermite hermite_integrals(double t, double width) noexcept {
  const double t2 = t * t;
  const double w2t2 = width * width * t2;
  return {width * t * (1.0 - t2 * (1.0 - 0.5 * t)), w2t2 * (0.5 - t * (2.0 / 3.0 - 0.25 * t)),
          width * t * t2 * (1.0 - 0.5 * t), w2t2 * t * (0.25 * t - 1.0 / 3.0)};
}

/// Their integrals between t0 and t1 of [0, 1].
inline Hermite hermite_integrals(double t0, double t1, double width) noexcept {
  const Hermite to = hermite_integrals(t1, width);
  const Hermite from = hermite_integrals(t0, width);
  return {to[0] - from[0], to[1] - from[1], to[2] - from[2], to[3] - from[3]};
}

/// The cell whose half-open interval holds v, the last one for its right end; `v` must lie inside
/// the nodes.
inline std::size_t cell_of(std::span<const double> nodes, double v) noexcept {
  const auto above = std::ranges::upper_bound(nodes, v);
  const auto i = static_cast<std::size_t>(above - nodes.begin());
  return std::clamp<std::size_t>(i, 1, nodes.size() - 1) - 1;
}

/// Integrals of the functions over the part of [a, b] that lies in one cell.
inline Hermite hermite_integrals_in(std::span<const double> nodes, std::size_t cell, double a,
                                    double b) noexcept {
  const double left = nodes[cell];
  const double width = nodes[cell + 1] - left;
  const double inverse = 1.0 / width;
  return hermite_integrals(std::clamp((a - left) * inverse, 0.0, 1.0),
                           std::clamp((b - left) * inverse, 0.0, 1.0), width);
}

/// Integrals over the whole axis of the two functions of node i, of value and of slope 1.
inline std::array<double, 2> hermite_integrals_of_node(std::span<const double> nodes,
                                                       std::size_t i) noexcept {
  const double left = i == 0 ? 0.0 : nodes[i] - nodes[i - 1];
  const double right = i + 1 == nodes.size() ? 0.0 : nodes[i + 1] - nodes[i];
  return {0.5 * (left + right), (right - left) * (right + left) / 12.0};
}

}  // namespace skyweft::shape

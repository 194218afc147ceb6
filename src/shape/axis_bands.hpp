// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "data/psf_map.hpp"

namespace skyweft::shape {

/// The nodes that one pixel (or point) of an axis sees, and where their numbers begin.
struct AxisBand {
  std::size_t node = 0;    ///< the first
  std::size_t n_node = 0;  ///< 0: the pixel lies outside the grid
  std::size_t at = 0;      ///< of `AxisBands::number`
};

/// For every pixel of a row or a column what each node's two Hermite functions give it.
struct AxisBands {
  std::pmr::vector<AxisBand> band;  ///< [n_pixel]
  std::pmr::vector<double> number;  ///< from band.at: [n_node][2], value and slope
  std::size_t n_number = 0;         ///< used of these
  std::size_t first_node = 0;       ///< of any band
  std::size_t end_node = 0;

  explicit AxisBands(std::pmr::memory_resource* memory) : band(memory), number(memory) {}
};

/// Computes Σ_s weight[s] ∫ over the s-th of the equal parts of each of the pixels first_pixel … of
/// an axis on which the star lies at `star_px`. A pixel's numbers do not depend on which others are
/// asked for. Throws: never.
void integrate_bands(std::span<const double> nodes, double star_px, std::int64_t first_pixel,
                     std::int64_t n_pixel, std::span<const double> weight, AxisBands& out);

/// Computes the functions at each of the points, relative to the star. Throws: never.
void sample_bands(std::span<const double> nodes, std::span<const double> points_px, AxisBands& out);

/// Adds to `out` [ny][nx] Σ over the nodes of their parameters × x numbers × y numbers. Throws:
/// never.
void contract(const StarShape& shape, const AxisBands& x, const AxisBands& y,
              std::pmr::memory_resource* memory, std::span<double> out);

}  // namespace skyweft::shape

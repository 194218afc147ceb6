// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/units.hpp"

/// Equal-area cells on the sphere, nested numbering (Górski et al. 2005, ApJ 622, 759).
namespace skyweft::healpix {

inline constexpr int kMaxOrder = 29;

/// A unit vector, ICRS axes.
using Direction = std::array<double, 3>;

/// 12 · 4^order.
constexpr std::int64_t n_cells(int order) noexcept {
  return std::int64_t{12} << (2 * order);
}

/// The nested cell a direction of any length lies in. `order` is 0 … 29. Throws: never.
std::int64_t cell_of(const Direction& direction, int order) noexcept;
std::int64_t cell_of(const SkyPos& position, int order) noexcept;

/// The middle of a cell, as a unit vector.
Direction centre_of(std::int64_t cell, int order) noexcept;

/// North, west, south and east corner of a cell, as unit vectors.
std::array<Direction, 4> corners_of(std::int64_t cell, int order) noexcept;

/// The cell of the next coarser order that holds `cell`.
constexpr std::int64_t parent_of(std::int64_t cell) noexcept {
  return cell >> 2;
}

/// The cells that may hold a point within `radius` of `centre`, ascending: none is missed, some
/// beyond the rim may be named too. Cost: a descent of the tree, about the number of cells found.
std::vector<std::int64_t> cells_near(const SkyPos& centre, Angle radius, int order);

}  // namespace skyweft::healpix

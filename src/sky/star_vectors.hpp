// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "data/star_catalog.hpp"

namespace skyweft::sky {

/// Directions as unit vectors, so that a move of the tangent point costs no sines and cosines.
struct StarVectors {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> z;
};

/// The rows `rows` of `stars` in that order. Collective: no. Throws: never.
StarVectors vectors_of(const StarCatalog& stars, std::span<const std::int64_t> rows);

/// A catalogue by brightness, brightest first; stars of unknown brightness last.
struct BrightFirst {
  std::vector<std::int64_t> row;  ///< of the catalogue
  StarVectors at;
};

/// Collective: no. Throws: never.
BrightFirst bright_first(const StarCatalog& stars);

/// Gnomonic coordinates about `centre` in units of `unit_deg`; NaN for directions 90° or more from
/// it. u and v are [n] for the n stars from `first` on.
/// Collective: no. Throws: never.
void project_all(const StarVectors& stars, std::size_t first, const SkyPos& centre, double unit_deg,
                 std::span<double> u, std::span<double> v);

}  // namespace skyweft::sky

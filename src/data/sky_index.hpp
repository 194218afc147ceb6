// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// A unit vector (ICRS) times 2^30, and a magnitude (infinite when unknown); good to 0.0002".
struct IndexStar {
  std::int32_t x = 0;
  std::int32_t y = 0;
  std::int32_t z = 0;
  float mag = 0.0f;
  bool operator==(const IndexStar&) const = default;
};

using QuadCode = std::array<float, 4>;
using QuadStars = std::array<std::uint32_t, 4>;  ///< A, B, C, D: rows of IndexBand::stars

/// The quads of one range of sizes, and the stars they are made of; borrowed memory.
struct IndexBand {
  double low_rad = 0.0;                ///< |AB| lies in [low, √2 low)
  int order = 0;                       ///< HEALPix order of the cells, about as large as |AB|
  std::span<const IndexStar> stars{};  ///< by cell, then brightest first
  std::span<const std::uint32_t> first_star{};  ///< [n_cells + 1]
  std::span<const QuadCode> codes{};            ///< an implicit k-d tree (sky/sky_index.hpp)
  std::span<const QuadStars> quads{};           ///< beside `codes`
};

/// An all-sky index of quads for fields of low_deg to high_deg, at one epoch.
struct SkyIndex {
  double epoch_yr = 2000.0;
  double low_deg = 0.0;
  double high_deg = 0.0;
  std::string catalog_digest;    ///< of the star list it was made from
  std::vector<IndexBand> bands;  ///< from small to large quads

  std::int64_t n_quad() const noexcept {
    std::int64_t n = 0;
    for (const IndexBand& band : bands) n += static_cast<std::int64_t>(band.codes.size());
    return n;
  }
};

}  // namespace skyweft

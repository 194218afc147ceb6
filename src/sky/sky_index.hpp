// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/units.hpp"
#include "data/sky_index.hpp"
#include "data/star_catalog.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// How an index is made. `low_deg` and `high_deg` are the shorter sides of the fields it is for.
struct SkyIndexRecipe {
  double low_deg = 5.0;
  double high_deg = 25.0;
  double smallest_share = 0.2;   ///< shortest |AB| as a share of low_deg
  double largest_share = 0.6;    ///< longest |AB| as a share of high_deg
  double stars_per_size = 10.0;  ///< brightest stars in a square of the side |AB|
  double quads_per_size = 8.0;   ///< quads in it, at most
  int most_uses = 10;            ///< a star is in at most this many quads of a band
};

/// One band with its memory.
struct SkyIndexBand {
  double low_rad = 0.0;
  int order = 0;
  std::vector<IndexStar> stars{};
  std::vector<std::uint32_t> first_star{};
  std::vector<QuadCode> codes{};
  std::vector<QuadStars> quads{};

  IndexBand view() const { return {low_rad, order, stars, first_star, codes, quads}; }
};

/// The lower ends of |AB|, each √2 times the one before. Throws Error{usage} unless
/// 0.01 <= low <= high <= 60 degrees.
std::vector<double> index_bands_rad(const SkyIndexRecipe& recipe);

/// Makes the band of quads with |AB| in [low_rad, √2 low_rad).
///
/// Of each HEALPix cell of about that size the brightest stars (ties by id) are taken; the quads
/// whose AB has its middle in the cell are made of the brightest of them (Lang et al. 2010, section
/// 2), no star in more than most_uses and no AB in more than two. The code is that in the tangent
/// plane at the mean of the four. `stars` must be at the epoch wanted. The same stars give the same
/// bytes. Throws Error{bad_input} when a band would need more than 2^32 − 1 stars.
/// Cost: 10 to 20 µs per quad. Collective: no.
SkyIndexBand make_index_band(const StarCatalog& stars, double low_rad,
                             const SkyIndexRecipe& recipe);

/// The direction of a star of the index, a unit vector to 1e-9.
inline Vec3 direction(const IndexStar& star) {
  constexpr double unit = 1.0 / 1073741824.0;
  return {unit * star.x, unit * star.y, unit * star.z};
}

/// Fills `out` with the quads whose codes lie within `radius` of `code`, ascending.
/// Collective: no. Throws: never.
void quads_near(const IndexBand& band, const QuadCode& code, float radius,
                std::vector<std::uint32_t>& out);

/// Sorts codes and quads into the tree that quads_near() walks: a range of more than 16 has its
/// median of axis (depth mod 4) in the middle, smaller ones in front and larger ones behind;
/// smaller ranges are sorted by code. Collective: no. Throws: never.
void make_quad_tree(std::vector<QuadCode>& codes, std::vector<QuadStars>& quads);

}  // namespace skyweft::sky

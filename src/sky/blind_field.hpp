// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the stars of the index on the frame, and the solution grown over them.

#include <cstdint>
#include <span>
#include <vector>

#include "data/sky_index.hpp"
#include "data/wcs.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// The rows of the band's stars in one range of cells; never outside the band.
struct StarRange {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
};
StarRange stars_of_cells(const IndexBand& band, std::int64_t from_cell, std::int64_t to_cell);

/// The rows of the stars within about `radius_rad` of `centre` (whole cells), brightest first.
std::vector<std::uint32_t> stars_around(const IndexBand& band, const SkyPos& centre,
                                        double radius_rad);

/// A solution grown from the neighbourhood of a quad over the frame.
struct GrownField {
  Wcs wcs;
  double rms_px = kNaN;  ///< per axis
  std::int64_t n_matched = 0;
  int n_term = 3;  ///< fitted per axis
};

/// Matches mutual-nearest within a tolerance of `tolerance_px` in circles of growing size about
/// `anchor`, first `length_px` wide, and fits after each: a full cubic from 60 pairs on, an affine
/// map with radial distortion about the frame's centre from 12, an affine map from 8; with fewer
/// the last one stays. The result's tangent point is the direction at the frame's centre. n_matched
/// is 0 when that is nowhere. Collective: no. Throws: never.
GrownField grow_solution(const Wcs& start, const PixelPos& anchor, double length_px,
                         double tolerance_px, std::span<const PixelPos> sources,
                         std::span<const SkyPos> stars, std::int64_t nx, std::int64_t ny);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "sky/plane_fit.hpp"
#include "sky/solve.hpp"
#include "sky/star_vectors.hpp"

namespace skyweft::sky {

/// Improves a rough solution (a few pixels off) until its matches stand still; the result is not
/// judged: n_matched is 0 when nothing could be fitted, log_odds is left to the caller.
///
/// Round by round: predict, match mutually within a radius, drop pairs whose brightness disagrees,
/// move the tangent point to the frame's centre, fit (fit_plane). The order climbs by one every
/// other round, so that matches reach the corners first; then the radius shrinks to the larger of
/// min_match_radius_px and three times the rms. Long lists climb with their brightest sources
/// alone. Ends when the matches repeat themselves or no corner moves by 0.005 px; converged is
/// false when that takes more than 20 rounds at full order. `bright` is bright_first(stars), the
/// other arguments are as in solve_field. Collective: no. Throws: never.
Solution refine(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
                const StarCatalog& stars, const BrightFirst& bright, const SolveConfig& config);

}  // namespace skyweft::sky

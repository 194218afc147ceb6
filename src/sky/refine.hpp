// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "sky/solve.hpp"

namespace skyweft::sky {

/// Improves a rough solution (a few pixels off) until its matches stand still; the result is not
/// judged: n_matched is 0 when nothing could be fitted. Arguments as solve_field.
/// Collective: no. Throws: never.
Solution refine(const Wcs& start, const SourceList& sources, std::int64_t nx, std::int64_t ny,
                const StarCatalog& stars, const SolveConfig& config);

/// The highest order that `n_matched` stars and the emptiest quadrant's `n_quadrant` stars can
/// carry, at most `wanted`: five stars per coefficient, a quarter of a star per coefficient in each
/// quadrant; 0 asks for a similarity (four numbers for both axes).
int safe_order(int wanted, std::int64_t n_matched, std::int64_t n_quadrant);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "data/wcs.hpp"

namespace skyweft::sky {

/// Detector coordinates of [−1, 1] as linear functions of (u, v).
struct Guide {
  double p_u, p_v, q_u, q_v;
  double half_x, half_y, mid_x, mid_y;
};

/// The linear part of `wcs`, scaled so that the frame of nx × ny pixels is [−1, 1] both ways.
/// Collective: no. Throws: never.
Guide guide_of(const Wcs& wcs, double nx, double ny);

/// Σ coefficient · T_i(p) T_j(q) with i + j <= order, ordered as wcs_terms(), written in powers of
/// u and v; rounding costs some 1e-13 of the largest coefficient at order 7. Collective: no.
/// Throws: never.
std::vector<double> in_powers(std::span<const double> coefficient, int order, const Guide& g);

}  // namespace skyweft::sky

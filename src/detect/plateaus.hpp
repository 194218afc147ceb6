// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/source.hpp"

namespace skyweft::detect {

/// Finds saturated stars: connected (8 neighbours) saturated pixels with light around them.
///
/// The centre is the mean of the plateau's pixels; where charge bled, so that the plateau is more
/// than twice as long as wide, of those in lines across that are at least half as wide as the
/// widest one, which leaves the bleeding out. snr is that of the unsaturated usable pixels that
/// touch the plateau, summed; a plateau with less than `threshold_sigma` there (hot pixels, dead
/// columns) or with its centre within `edge_px` of the edge is left out. In reading order of their
/// first pixel. Cost: one pass over the mask. Collective: no. Throws: never.
std::vector<Candidate> saturated_plateaus(const Frame& frame, const Background& background,
                                          double noise_scale, double threshold_sigma, int edge_px);

}  // namespace skyweft::detect

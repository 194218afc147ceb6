// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "data/star_catalog.hpp"

namespace skyweft::sky {

/// The stars within `radius` of `centre` with mag <= `faint_limit`, at most the `max_stars`
/// brightest (ties by id), in the order of `stars`. A NaN magnitude passes and counts as faintest.
/// Right across RA 0 and the poles. Collective: no. Throws: never.
StarCatalog stars_in_cone(const StarCatalog& stars, const SkyPos& centre, Angle radius,
                          float faint_limit, std::int64_t max_stars);

/// Moves all stars to `epoch_yr` along their proper motion, by vectors, so that poles and RA 0 need
/// no care (science.md 2.6; radial velocity taken as 0). Unknown (NaN) motions count as 0.
/// Collective: no. Throws: never.
void propagate(StarCatalog& stars, double epoch_yr);

}  // namespace skyweft::sky

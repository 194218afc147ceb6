// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "data/star_catalog.hpp"
#include "sky/projection.hpp"

namespace skyweft::sky {

/// The stars within `radius` of `centre` with mag <= `faint_limit`, at most the `max_stars`
/// brightest (ties by id), in the order of `stars`. A NaN magnitude passes and counts as faintest.
/// Right across RA 0 and the poles. Collective: no. Throws: never.
StarCatalog stars_in_cone(const StarCatalog& stars, const SkyPos& centre, Angle radius,
                          float faint_limit, std::int64_t max_stars);

/// Moves all stars to `epoch_yr` along their proper motion, by vectors, so that poles and RA 0 need
/// no care (Butkevich & Lindegren 2014, section 3, without light travel). A further column
/// "radial_velocity" in km/s adds, with the parallax, the perspective change; unknown (NaN or
/// absent) values count as 0. The motions are turned to their directions at the new place; parallax
/// and radial velocity stay as they are. A motion beyond all numbers moves nothing.
/// Collective: no. Throws: never.
void propagate(StarCatalog& stars, double epoch_yr);

/// The same, then the annual parallax: directions as an observer at `observer_au` (from the
/// barycentre, ICRS axes, au) sees them at `epoch_yr`. Only for use at that moment: these positions
/// must not be propagated again. Collective: no. Throws: never.
void propagate(StarCatalog& stars, double epoch_yr, const Vec3& observer_au);

}  // namespace skyweft::sky

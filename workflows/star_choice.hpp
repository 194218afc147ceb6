// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "core/units.hpp"
#include "data/star_catalog.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// The stars of a catalogue, a folder or a file, that [stars] asks for: within `radius` of
/// `centre`, with stars.magnitude and stars.colour as magnitude and colour, where stars.filter
/// holds, of stars.list, not fainter than stars.faint_limit_mag, the brightest stars.max_stars of
/// them; moved to `epoch_yr` (NaN: left at the catalogue's own), sorted by id.
///
/// Expressions know every column of a file; of a folder id, ra_deg, dec_deg, pm_ra_mas_yr,
/// pm_dec_mas_yr, parallax_mas, mag, colour and the columns kept at import.
/// Collective: no. Throws Error{bad_input} when the catalogue or the list cannot be read,
/// Error{bad_config} for an expression that is none.
StarCatalog choose_stars(const std::string& path, const StarOptions& options, const SkyPos& centre,
                         Angle radius, double epoch_yr);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/units.hpp"
#include "data/star_catalog.hpp"
#include "io/star_tiles.hpp"

namespace skyweft::workflows {

/// Whether a catalogue is a star store, not a table. Throws Error{bad_input} for another folder.
bool is_star_folder(const std::string& path);

/// The stars of a catalogue within `radius` of `centre`, moved to `epoch_yr` (NaN: left at the
/// catalogue's own), sorted by id: mag <= faint_limit, at most the `max_stars` brightest.
///
/// `path` is a star store (a folder, io/star_tiles.hpp), of which only the tiles nearby are read,
/// or a table that io::read_star_file() reads whole. Both are cut at the catalogue's own epoch: a
/// star that moves across the rim until `epoch_yr` stays in or out as it was; ask for a margin.
/// Collective: no. Throws Error{bad_input} when the catalogue does not exist or is damaged.
StarCatalog stars_near(const std::string& path, const SkyPos& centre, Angle radius, double epoch_yr,
                       float faint_limit, std::int64_t max_stars);

/// The same for a polygon or any other region.
StarCatalog stars_in(const std::string& path, const io::StarRegion& region, double epoch_yr,
                     const io::StarCut& cut);

/// What a product that depends on a catalogue names it by: the digest of the file, or of a store's
/// manifest, which holds the digests of its parts.
/// Collective: no. Throws Error{bad_input} when there is no such catalogue, Error{io}.
std::string catalog_digest(const std::string& path);

/// Whether a store covers a cone (StarTiles::covers); nothing for a table, which does not say what
/// it covers. Collective: no. Throws Error{bad_input}.
std::optional<io::StarCoverage> catalog_coverage(const std::string& path, const SkyPos& centre,
                                                 Angle radius);

}  // namespace skyweft::workflows

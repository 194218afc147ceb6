// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: the names under which catalogues hold what we need.

#include <array>
#include <cstddef>
#include <string_view>

#include "io/catalog_columns.hpp"

namespace skyweft::io {

inline constexpr std::size_t kMaxNames = 10;
using StarNames = std::array<std::string_view, kMaxNames>;

/// Accepted names per quantity, best first.
inline constexpr std::array<StarNames, kStarColumns> kStarNames{{
    {"star_id", "source_id", "id", "hip", "gaiadr2", "gaia", "tyc"},
    {"ra_deg", "ra", "ra_icrs", "raj2000", "ramdeg", "_ra", "_ra_icrs", "_raj2000", "radeg"},
    {"dec_deg", "dec", "de_icrs", "dej2000", "decj2000", "demdeg", "_de", "_de_icrs", "_dej2000",
     "dedeg"},
    {"mag", "phot_g_mean_mag", "gmag", "v_mag", "vt_mag", "vmag", "vtmag", "g_mag", "bt_mag"},
    {"colour", "color", "bp_rp", "b_v", "bp-rp", "b-v"},
    {"pm_ra_mas_yr", "pmra"},
    {"pm_dec_mas_yr", "pmdec", "pmde"},
    {"parallax_mas", "parallax", "plx"},
    {"ref_epoch", "epoch_yr"},
}};
/// Magnitudes with names so short that they may be something else: only when nothing else is there.
inline constexpr std::array<std::string_view, 3> kShortMagNames{"g", "vt", "v"};
/// The colours to be made of two magnitudes, best first.
inline constexpr auto kColourPairs =
    std::to_array<std::array<std::string_view, 2>>({{"phot_bp_mean_mag", "phot_rp_mean_mag"},
                                                    {"bpmag", "rpmag"},
                                                    {"bp", "rp"},
                                                    {"bt_mag", "vt_mag"},
                                                    {"btmag", "vtmag"},
                                                    {"bt", "vt"},
                                                    {"b_mag", "v_mag"},
                                                    {"bmag", "vmag"},
                                                    {"b", "v"},
                                                    {"gmag", "rmag"},
                                                    {"g_mag", "r_mag"},
                                                    {"g", "r"}});
inline constexpr std::array<std::string_view, kStarColumns> kOwnStarNames{
    "star_id",      "ra_deg",        "dec_deg",      "mag", "colour",
    "pm_ra_mas_yr", "pm_dec_mas_yr", "parallax_mas", ""};
inline constexpr std::array<std::string_view, kStarColumns> kMappingWords{
    "id", "ra", "dec", "mag", "colour", "pm_ra", "pm_dec", "parallax", "epoch"};

}  // namespace skyweft::io

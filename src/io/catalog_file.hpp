// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>

#include "data/star_catalog.hpp"

namespace skyweft::io {

/// Reads a star list, told apart by content: CSV, ECSV or a FITS binary table, each also gzipped.
///
/// Columns are found by name, case ignored: ours (star_id, ra_deg, dec_deg, mag, colour,
/// pm_ra_mas_yr, pm_dec_mas_yr), Gaia's (source_id, ra, dec, phot_g_mean_mag, bp_rp, pmra, pmdec,
/// ref_epoch) and Tycho-2's (ra_deg, dec_deg, VT_mag, V_mag, B_V, HIP). RA, Dec and one magnitude
/// are required. A row without id gets id_from_position(); a row without position or magnitude is
/// left out; of two rows with one id the brighter stays. The epoch is that of ref_epoch, the
/// EPOCH keyword or "# epoch_yr: …", else 2000. Sorted by id. Memory is bounded: 40 million rows.
/// Collective: no. Throws Error{bad_input} with the line for a malformed number, and for RA
/// outside [0, 360] or Dec outside [-90, 90].
StarCatalog read_star_file(const std::filesystem::path& path);

/// Writes a FITS binary table that read_star_file() and any FITS tool reads: columns named as ours,
/// with units; keyword EPOCH. Atomic. Collective: no. Throws Error{io}.
void write_star_table(const std::filesystem::path& path, const StarCatalog& stars);

}  // namespace skyweft::io

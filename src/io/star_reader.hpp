// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "data/star_catalog.hpp"

namespace skyweft::io {

/// Which column of a star table holds what. An entry is the name of a column (its case counts only
/// where two differ by nothing else), its number as "$3" (from 1), or an expression of
/// core/expression.hpp over the columns of the row: "RA / 1e8", "$5 - $7". In an expression a
/// name's characters other than letters and digits are written '_' (B_V for "B-V"). Empty: found by
/// its usual names. A name has the unit that the file states; an expression gives degrees, mas/yr,
/// mas, mag and years itself.
struct StarMapping {
  std::string id{}, ra{}, dec{}, pm_ra{}, pm_dec{}, parallax{}, mag{}, colour{}, epoch{};
  std::string filter{};  ///< an expression; rows for which it is 0 or missing are dropped
  std::vector<std::string> keep{};  ///< "name", "name = expression", or "*": all further columns
  double epoch_yr = kNaN;           ///< of the positions; NaN: the file's own, else 2000
  /// auto (by content), csv, tsv, semicolons, pipes, blanks, any of these with "_no_header" behind
  /// (then columns are numbered), fits, votable, tycho2 (tyc2.dat, suppl_1.dat).
  std::string format = "auto";
};

inline constexpr std::int64_t kStarBatchRows = 65536;

/// Reads a star table of any size in bounded memory and calls `take` with at most kStarBatchRows
/// stars at a time, in the order of the file, all of one epoch, with parallax_mas and `extra` (the
/// kept columns, lower case) filled.
///
/// Formats, each also gzipped: CSV, TSV, tables separated by ; | or blanks, ECSV, the bulk files of
/// Gaia DR3, Tycho-2 as distributed, FITS tables, VOTable (TABLEDATA, BINARY, BINARY2; the first
/// table with data). Empty cells, null, nan, none, n/a, --, "" and the file's own null are missing.
/// Angles in text with several parts are sexagesimal, and then RA counts hours (unless its first
/// part ends in d). Motions in RA contain cos δ.
///
/// Usual names, case ignored, a row takes the first that has a value: id star_id source_id id hip
/// gaiadr2 gaia (and tyc: TYC1·10⁶ + TYC2·10 + TYC3); mag phot_g_mean_mag gmag v_mag vt_mag vmag
/// vtmag g_mag bt_mag; pmra pmdec pm_ra_mas_yr …; parallax plx; ref_epoch. Where no column holds a
/// colour (colour, bp_rp, b_v), it is the difference of the first pair present: BP − RP, BT − VT,
/// B − V, g − r.
///
/// Rows without position or magnitude are left out, unknown motions and parallaxes are 0, a star
/// without number gets id_from_position(). Rows may repeat an id: nothing is sorted or joined here.
/// FITS packed by gzip is unpacked into memory: 8 GiB at most.
/// Collective: no. Throws Error{bad_input} with file, line or row, and column, for a file that is
/// damaged, a cell that is no number, a place off the sphere, a unit it does not know, or a line
/// longer than 128 KiB; Error{bad_config} for a mapping that names no column or does not parse.
void read_star_batches(const std::filesystem::path& path, const StarMapping& mapping,
                       const std::function<void(const StarCatalog& batch)>& take);

}  // namespace skyweft::io

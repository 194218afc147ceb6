// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <vector>

#include "data/ephemeris.hpp"

namespace skyweft::io {

/// Reads where moving targets stand when: a table with a header, in CSV, ECSV, TSV, or separated by
/// ; | or blanks, also gzipped. One ephemeris for each name, in the order in which they appear,
/// each sorted by time.
///
/// Columns, case ignored, in any order; further ones are passed over:
///   jd_utc, mjd_utc, jd_tdb or mjd_tdb   the time, its scale by this name; one of them
///   ra_deg, dec_deg (or ra, dec)         ICRS as the observer sees it, light time included;
///   degrees
///                                        or the unit an ECSV states, or sexagesimal, RA then in
///                                        hours (unless its first part ends in d)
///   name (or target)                     absent: all rows are of one target named as the file
/// Lines that begin with '#' are remarks, but the last one before the rows may be the header.
///
/// Throws Error{bad_input} with file, line and column: no such column or an ambiguous one, a line
/// with another number of cells, a cell that is missing or no number, a time that is no JD (or MJD)
/// of the years 1000 to 2999 (test "ephemeris_time"), a place off the sphere, two rows of a target
/// at one time ("ephemeris_times"), no rows, or more than ten million; Error{io} when the disk
/// fails. Collective: no.
std::vector<Ephemeris> read_ephemerides(const std::filesystem::path& path);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace skyweft::sky {

/// TAI − UTC since 1972, and until when that is known.
struct LeapSeconds {
  struct Entry {
    double from_jd = kNaN;  ///< UTC midnight at which it begins
    double tai_minus_utc_s = kNaN;
    bool operator==(const Entry&) const = default;
  };
  std::vector<Entry> entries;  ///< by date
  double expires_jd = kNaN;    ///< UTC; later dates may miss a leap second
  bool operator==(const LeapSeconds&) const = default;
};

/// The table that comes with the program: IERS Bulletin C 70 of July 2025, good to 2026-06-28.
const LeapSeconds& shipped_leap_seconds();

/// Reads the text of a file `leap-seconds.list` as IERS and NIST publish it: lines "SECONDS OFFSET
/// # date" in seconds since 1900, one line "#@ SECONDS" with the expiry; other lines that begin
/// with '#' are remarks.
///
/// Throws Error{bad_input}: a line that is none of these (test "leap_seconds_line", its number),
/// dates not ascending, not at midnight, or steps other than one second ("leap_seconds_step"), no
/// expiry or one before the last entry ("leap_seconds_expiry"), and a table that lacks or
/// contradicts a leap second of the shipped one ("leap_seconds_known"). Collective: no.
LeapSeconds parse_leap_seconds(std::string_view text);

/// TAI − UTC on the day of this date; NaN before 1972. Collective: no. Throws: never.
double tai_minus_utc_s(const LeapSeconds& table, double utc_jd);

/// A sentence for a date beyond the table's expiry; empty for others. Throws: never.
std::string doubt_about(const LeapSeconds& table, double utc_jd);

}  // namespace skyweft::sky

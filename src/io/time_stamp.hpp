// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace skyweft::io {

/// A moment in UTC in two parts, so that microseconds survive.
struct UtcTime {
  std::int64_t mjd = 0;  ///< whole modified Julian days
  double seconds = 0.0;  ///< since 0 h of that day, [0, 86400)

  double jd() const noexcept { return static_cast<double>(mjd) + 2400000.5 + seconds / 86400.0; }
  bool operator==(const UtcTime&) const = default;
};

/// `time` moved by `seconds`, normalised again.
UtcTime later(UtcTime time, double seconds);

/// A time stamp as headers write it.
struct TimeStamp {
  UtcTime time{};          ///< UTC where a zone or a day number says so
  bool has_time = true;    ///< false for a bare date
  bool has_zone = false;   ///< a zone was written and taken off
  bool is_number = false;  ///< a JD or an MJD
  bool is_old = false;     ///< dd/mm/yy or dd/mm/yyyy: the day is assumed to come first
};

/// Moments before MJD 0 and from this MJD on (the year 2101) are refused.
inline constexpr std::int64_t kEndOfTime_mjd = 88434;

/// Understands ISO 8601 with 'T' or blank, a zone ('Z', '-0700', '+05:30'; converted to UTC), bare
/// dates, dd/mm/yy (years 19yy, FITS standard 4.0, section 9.1.1), dd/mm/yyyy, yyyy/mm/dd, and
/// numbers (also 5.8E+04) that are a JD from 2400000.5 or an MJD from 10000 on, to the end of 2100.
/// Nothing when the text is none of these or no such day exists.
std::optional<TimeStamp> parse_time_stamp(std::string_view text);

/// Seconds of the day of "02:33:45.25"; nothing for anything else.
std::optional<double> parse_time_of_day(std::string_view text);

}  // namespace skyweft::io

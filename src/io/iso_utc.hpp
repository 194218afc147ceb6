// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>

namespace skyweft::io {

/// A Julian date as "2017-12-20T01:33:43.234", rounded to the millisecond; "" when not finite.
/// Leap seconds are not written: the last millisecond of such a day stands for them.
std::string iso_utc(double jd);

/// The local date of the noon before, as "20171220": one name from dusk to dawn; "undated" when not
/// finite. `longitude_deg` is positive to the east.
std::string night_of(double jd_utc, double longitude_deg = 0.0);

/// The same from whole milliseconds since MJD 0 (1858-11-17).
std::string iso_utc_of_ms(std::int64_t ms_since_mjd_zero);

}  // namespace skyweft::io

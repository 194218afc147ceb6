// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace skyweft::io {

/// A Julian date as "2017-12-20T01:33:43.234", rounded to the millisecond; "" when not finite.
/// Leap seconds are not written: the last millisecond of such a day stands for them.
std::string iso_utc(double jd);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "io/camera_keys.hpp"
#include "io/camera_prepared.hpp"
#include "io/time_stamp.hpp"

namespace skyweft::io {

/// UTC at the middle of the exposure (of a cube's first plane), MJD 0 to the end of 2100.
///
/// Doubts: a date with the day first, a local clock although TIMESYS says UTC, and, unless
/// `is_cube`, an end that is more than 2 s and 10 % of the exposure from where it should be.
/// Throws Error{bad_input} (tests "has_time", "timesys_is_utc").
UtcTime mid_time(const HeaderView& view, const PreparedCamera& camera, double exposure_s,
                 bool is_cube, Doubts& doubts);

/// Whether a FrameId can hold the moment: MJD 0 to the end of 2100.
bool is_believed(const UtcTime& time);

}  // namespace skyweft::io

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "calib/shutter.hpp"
#include "workflows/verbs/detector_measure.hpp"

namespace skyweft::workflows {

/// Maps the shutter's delay from flats of one filter: each of the shortest exposures is paired with
/// one of the longest, at least four times as long; `bias_adu` is the mean bias frame. Nothing when
/// there are no such flats. Reads two frames at a time. Throws Error{bad_input}. Collective: no.
std::optional<calib::ShutterMap> measure_shutter(const DetectorReport& report,
                                                 const Grid<float>& bias_adu);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/grid.hpp"
#include "workflows/verbs/detector_measure.hpp"

namespace skyweft::workflows {

// Bad pixels of a report, amplifier by amplifier; grids are [ny][nx] of the assembled frame.

/// Marks FAULT and LOWFLAT from the sum of flats; nothing when it is empty.
void mark_response(DetectorReport& report, const Grid<float>& flat_sum);

/// Marks HOT from `least_adu_s`, the smaller dark rate of two halves of the darks (a cosmic ray
/// does not hit both), and lists the hottest pixels with their `mean_adu_s`.
void mark_hot(DetectorReport& report, const Grid<float>& least_adu_s,
              const Grid<float>& mean_adu_s);

/// Marks FAULT from the scatter of the bias in time, which the measured read noise explains or not.
void mark_unstable(DetectorReport& report, const Grid<float>& bias_scatter_adu, double quantum_adu);

/// Marks columns of bad pixels (rows, where charge moves along rows) and counts what was marked.
void finish_bad_pixels(DetectorReport& report);

}  // namespace skyweft::workflows

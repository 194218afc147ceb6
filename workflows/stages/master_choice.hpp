// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// Every master that the calibration frames allow and the configuration wants: bias, then dark,
/// then flat, each sorted by name; inputs are indices into `calibration`.
std::vector<MasterPlan> plan_all_masters(const RunConfig& config,
                                         std::span<const ScannedFrame> calibration);

/// The masters of one frame: as many of bias, dark and flat as its type comes after and the
/// configuration wants.
FrameMasters masters_of(const FrameInfo& frame, std::span<const MasterPlan> plans,
                        const RunConfig& config);

/// The kinds of master ("bias", "dark", "flat") that are wanted and that a light has not.
std::vector<std::string_view> missing_masters(const FrameMasters& masters, const RunConfig& config);

/// What to do when a wanted master is missing for a light, by calibrate.missing_master: "fail"
/// throws Error{bad_config}, "skip" sets the light aside (test "has_master_flat"), "uncorrected"
/// leaves it as it is. `lights` and `masters` are parallel.
void apply_missing_policy(std::vector<ScannedFrame>& lights,
                          const std::vector<FrameMasters>& masters, const RunConfig& config);

}  // namespace skyweft::workflows

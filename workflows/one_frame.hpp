// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "steps/frame_work.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// Says what one file holds, for verbs that look at single files: one FrameInfo per frame.
///
/// The configuration's camera counts, but every file is taken as a light, a cube that nobody
/// settled plane by plane, and what a picture can do without may be missing: an unknown exposure
/// and time stay NaN (the id is then made of the file's name). A calibrated file as
/// io::write_calibrated() leaves it is taken as it is, without channels, sections and linearity.
/// Collective: no. Throws Error{bad_input} when it cannot be read or no camera takes it.
std::vector<FrameInfo> understand_one(const std::string& path, const RunConfig& config);

/// Whether the file has the planes VALUE, ERROR and MASK of a calibrated frame. Throws: never.
bool is_calibrated(const std::string& path);

/// Runs `steps` on each frame the file holds, one after another, and gives each to `take`; the next
/// one is read after that. Masters are not used; user's regions (section mask) are. A calibrated
/// file needs neither `load` nor `calibrate`, which are left out for it. A frame that fails a step
/// carries the reason in its record, as steps::process() says.
/// `givens` adds what steps behind `detect` need. Collective: no. Throws as understand_one(), and
/// Error{bad_config} for steps in an impossible order.
void each_frame(const std::string& path, const RunConfig& config,
                const std::vector<std::string>& steps,
                const std::function<void(steps::FrameWork&)>& take, steps::FrameGivens givens = {});

/// The same, all frames at once: about 30 bytes a pixel for each.
std::vector<steps::FrameWork> look_at(const std::string& path, const RunConfig& config,
                                      const std::vector<std::string>& steps,
                                      const steps::FrameGivens& givens = {});

}  // namespace skyweft::workflows

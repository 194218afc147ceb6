// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "steps/step.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// What the steps are given for light i_light: its masters, the user's regions, catalogue, star
/// list, pointing, and where to save.
steps::FrameGivens givens_for(const RunContext& run, const RunState& state, std::int64_t i_light);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "steps/step.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// What the steps are given for one frame: masters of its filter, catalogue, star list, pointing.
steps::FrameGivens givens_for(const RunState& state, const FrameInfo& info);

}  // namespace skyweft::workflows

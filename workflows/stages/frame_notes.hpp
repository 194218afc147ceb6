// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// 1 for the targets that keep their catalogue place whatever re-centring does, [star].
std::vector<std::uint8_t> stars_held(const RunContext& run, const RunState& state);

/// Notes how clear each measured frame was, from the zero points of all. Collective: no; every rank
/// comes to the same numbers.
void note_transparency(const RunContext& run, RunState& state);

}  // namespace skyweft::workflows

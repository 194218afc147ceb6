// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

// A run without a catalogue: the stars of one frame, the reference, are the sky. Their places are
// those of the reference under a plain projection about the field's stated centre (or the frame's
// own header solution), so that times are right to what the centre is; all other frames are laid
// on the reference by the same matcher.

/// The light whose stars are the sky: the one named, else the one an earlier run into this archive
/// took, else the best trial frame. Collective. Throws Error{bad_input} when the one named is none
/// of the usable lights, or no trial frame shows stars.
std::int64_t choose_reference(const RunContext& run, const RunState& state);

/// Fills field, star list and state.sky from light `i_light`. Collective. Throws Error{bad_input}
/// when its stars cannot be found or nothing says where the field is.
void list_reference_stars(const RunContext& run, RunState& state, std::int64_t i_light);

}  // namespace skyweft::workflows

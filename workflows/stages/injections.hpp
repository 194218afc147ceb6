// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/photometry.hpp"
#include "lc/injection.hpp"
#include "workflows/run_config.hpp"
#include "workflows/stages/stages.hpp"
#include "workflows/stages/star_tiles.hpp"

namespace skyweft::workflows {

/// Plans what section [inject] asks for; needs state.stars. The star nearest to each target, within
/// a minute of arc, gets none. Collective: no. Throws Error{bad_config} for signals in pixels
/// without the step that puts them there, and as lc::plan_injections() does.
lc::InjectionPlan plan_injections(const RunConfig& config, const RunState& state);

/// Multiplies the fluxes of a tile's stars by their signals, unless the pixels have them; what
/// read_raw() gives in a run with injections. Costs nothing without any. Collective: no.
void inject_in_tile(const lc::InjectionPlan& plan, const RunState& state, const Tile& tile,
                    StarBlock& raw);

/// The same, to the last bit, for one frame (row `i_row` of a block) whose stars begin with
/// `first_star`: what each_frame_of_mine() gives. Collective: no.
void inject_in_frame(const lc::InjectionPlan& plan, const RunState& state, std::int64_t i_light,
                     std::int64_t first_star, std::int64_t i_row, FrameBlock& photometry);

/// The columns [column][frame] of a star's signal that EPD and TFA fit together with their own
/// terms; empty for a star without one, or unless inject.reconstruct is set. Collective: no.
std::vector<std::vector<double>> injected_columns(const lc::InjectionPlan& plan,
                                                  const RunState& state, std::int64_t row);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workflows/stages/master_inputs.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// The inputs of one master as they go into the stack.
struct StackInputs {
  std::vector<const ScannedFrame*> frames;
  std::vector<InputModel> models;              ///< parallel to frames
  std::vector<calib::SmoothSurface> surfaces;  ///< of sky flats; empty otherwise
  calib::StackConfig stack;
  std::vector<std::string> notes;  ///< inputs left out, and why
};

/// Looks at all inputs of a plan, each rank at its share: overscan, levels, scatter. Bias and dark
/// frames that stand out from the others are left out. Collective; throws Error{bad_input} on all
/// ranks.
StackInputs look_at_inputs(const RunContext& run, const std::vector<const ScannedFrame*>& frames,
                           const InputMasters& masters);

/// Removes the inputs for which `drop` says why, and notes it. Collective: no.
void leave_out(StackInputs& inputs, const std::vector<std::string>& drop);

/// Throws Error{bad_input} with the notes when fewer than `n_min` inputs are left; `kind` and
/// `option` are for the message. Collective: no.
void require_inputs(const StackInputs& inputs, std::string_view kind, std::int64_t n_min,
                    const char* option);

/// Sky flats sorted by level, with the surfaces that bring them to one large-scale shape.
struct SkyFlats {
  StackInputs high;  ///< these make the master
  StackInputs low;   ///< these show which pixels are not linear; no frames: too few of them
};

/// Chooses among the sky flats of a session. Collective; throws Error{bad_input} on all ranks when
/// too few bright ones are left.
SkyFlats prepare_sky_flats(const RunContext& run, const InputMasters& masters, StackInputs inputs);

/// A master before it is written; on root only, elsewhere empty.
struct MadeMaster {
  Grid<float> value;
  Grid<float> error;
  Grid<std::int32_t> count;
  Mask mask;
};

/// Stacks the inputs in strips of rows, each rank its own, normalises flats and marks bad pixels.
/// Collective.
MadeMaster stack_master(const RunContext& run, const MasterPlan& plan, const StackInputs& inputs,
                        const InputMasters& masters);

/// Marks pixels NONLINEAR whose response differs between bright and faint flats. Collective: no.
void mark_nonlinear(const RunContext& run, const MadeMaster& low, MadeMaster& high);

/// Writes a master and notes it in the journal. Collective: no; root alone.
void write_master(const RunContext& run, const MasterPlan& plan, const StackInputs& inputs,
                  const MadeMaster& made, const std::string& digest);

/// The first light of every window that is smaller than its masters is compared with them at
/// neighbouring places. Collective; throws Error{bad_config} on all ranks when its pixels fit
/// better elsewhere: the declared origin is wrong.
void test_windows(const RunContext& run, const RunState& state);

/// Says how the flats of one camera and filter changed from session to session. Collective.
void tell_flat_stability(const RunContext& run, const RunState& state);

/// Holds a master of the archive once per node. Collective over the node.
std::unique_ptr<HeldMaster> hold_master(const RunContext& run, const MasterPlan& plan,
                                        const std::string& digest);

/// Holds the map of faulty pixels that `like` names once per node: a FITS image, not 0 where bad,
/// of the frame's pixels (WINX0 and WINY0 in its header say where it begins on the detector) or of
/// the whole mosaic, or a text list for a detector of nx × ny pixels. Collective over the node.
std::unique_ptr<HeldMaster> hold_bad_pixels(const RunContext& run, const FrameInfo& like,
                                            std::int64_t nx, std::int64_t ny);

/// Holds the map of the shutter's delay in seconds that `like` names (a FITS image, placed alike)
/// once per node. Collective over the node.
std::unique_ptr<HeldMaster> hold_shutter_map(const RunContext& run, const FrameInfo& like);

}  // namespace skyweft::workflows

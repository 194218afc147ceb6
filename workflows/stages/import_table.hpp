// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// Takes the place of the stages scan to frames when run.table names a photometry table: fills the
/// star list, the records, the batches and their segments from its rows, so that all that follows
/// works as on measured frames. Frames without a flux are set aside.
///
/// Fluxes become electrons; magnitudes become electrons of table.zero_point_mag. Stars without a
/// catalogue magnitude get their median instrumental one. Where the table has no x and y, these are
/// arcseconds in the plane tangent to the sky amid the stars; where it has, a plate solution of
/// order 1 to 3 is fitted to each frame. The table is read whole by root, and again only when it or
/// its options changed. Collective. Throws Error as io::read_photometry_table(), stars_of_table()
/// and frames_of_table() do, and Error{bad_input} when no frame has a flux.
void import_table(RunContext& run, RunState& state);

}  // namespace skyweft::workflows

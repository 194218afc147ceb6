// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"
#include "mpi/comm.hpp"
#include "workflows/archive.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// Runs all stages into `archive`, skipping what its journal says is done; a branch takes the
/// stages before its first one from the archive it belongs to. Collective.
/// Returns complete, or too_many_rejects; everything else is thrown.
ExitCode run_all(const mpi::Comm& world, const RunConfig& config, const Archive& archive);

/// Throws Error{bad_config} naming the first option of a stage before `branch`'s first one whose
/// value differs from that of the archive it belongs to, and Error{bad_input} when that is none.
void require_same_beginning(const RunConfig& config, const Archive& branch);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/error.hpp"
#include "mpi/comm.hpp"
#include "workflows/run_config.hpp"

namespace skyweft::workflows {

/// Runs all stages, skipping what the archive's journal says is done. Collective.
/// Returns complete, or too_many_rejects; everything else is thrown.
ExitCode run_all(const mpi::Comm& world, const RunConfig& config);

}  // namespace skyweft::workflows

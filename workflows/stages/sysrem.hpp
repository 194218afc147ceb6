// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// The alternative to TFA: finds the systematic effects of every observing group and aperture from
/// the brightest quiet stars (SysRem; Tamuz, Mazeh & Zucker 2005) and takes them off all stars;
/// reads stage epd, writes stage tfa. Targets and variables are corrected but no effect is found
/// from them; their known events and signals are kept as EPD and TFA keep them.
///
/// Sums run over blocks of 64 stars of the effects' own list, so that neither ranks nor memory can
/// enter the bits. Collective. Throws Error{bad_config}, because "sysrem_memory_mib", on all ranks
/// when the stars of one aperture do not fit half of run.memory_mib.
void remove_systematics(RunContext& run, RunState& state, const std::string& digest);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times the magnitude fit of one frame of 100 000 simulated stars by 20 terms, with one aperture
/// and with four, its evaluation of terms, and the correction of one star over 5000 frames. Needs
/// none of the other stages. Collective: no.
void time_magfit_stages(const Options& options, const Floors& floors, Table& table);

}  // namespace skyweft::bench

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times TFA of stars with 5 000 epochs, a twentieth of them missing at random, by 200 templates,
/// as the TFA stage drives it, beside the matrix product of the BLAS in use and the same fit from
/// scratch for every star. Stars are independent: 1 024 of the 10 000 are done. Collective: no.
void time_tfa_stages(const Options& options, const Floors& floors, Table& table);

}  // namespace skyweft::bench

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times the import of a star store of a Gaia-like sky and queries of it, beside a plain write and
/// cached reads. Collective: no. Throws Error{io}.
void time_catalog_stages(const Options& options, const Floors& floors, Table& table);

}  // namespace skyweft::bench

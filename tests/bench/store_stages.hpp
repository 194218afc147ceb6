// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/night.hpp"
#include "bench/series.hpp"
#include "bench/table.hpp"

#include "mpi/comm.hpp"

namespace skyweft::bench {

/// Times a segment's writing and reading, the transpose, and a shard's writing and reading.
/// Collective; meant for one rank. Throws Error{io}.
void time_store_stages(const Options& options, const Floors& floors, const Night& night,
                       const Series& series, const mpi::Comm& world, Table& table);

}  // namespace skyweft::bench

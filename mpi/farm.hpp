// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>

#include "mpi/comm.hpp"

namespace skyweft::mpi {

/// Collective. Calls `work(item)` once for each of 0 … n_items − 1, in increasing order, on
/// whichever rank is free (a counter on root, MPI_Fetch_and_op); one rank runs a plain loop.
///
/// Returns when all ranks are done. An exception that leaves `work` stops the handing out of items;
/// when all ranks have finished what they had, the lowest failed rank's Error is thrown on every
/// rank. When `should_stop()` is true on a rank, that rank takes no more items; if it is true on
/// all ranks, items may be left over. Returns how many items were worked on, over all ranks.
std::int64_t farm(const Comm& comm, std::int64_t n_items,
                  const std::function<void(std::int64_t item)>& work,
                  const std::function<bool()>& should_stop = {});

/// Lets MPI make progress inside long work. Collective: no.
void tick(const Comm& comm);

}  // namespace skyweft::mpi

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <filesystem>

#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Makes an all-sky index of about `n_quad` quads of a synthetic sky, and times its making, its
/// loading, blind solutions of random fields (warm, and after the pages were dropped) and a frame
/// that shows nothing. The index is written to options.folder and removed. Throws Error{io}.
void time_blind_stages(const Options& options, std::int64_t n_quad, Table& table);

}  // namespace skyweft::bench

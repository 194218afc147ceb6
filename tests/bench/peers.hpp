// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/frame_stages.hpp"
#include "bench/night.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Runs the peers that are installed, each as a whole process on the same frame written to disk,
/// and sets their CPU seconds beside ours for the same work. Collective: no. Throws Error{io}.
void time_peers(const Options& options, const Night& night, const FrameProducts& ours,
                Table& table);

}  // namespace skyweft::bench

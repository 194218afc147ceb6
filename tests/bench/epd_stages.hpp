// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/options.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times EPD with 20 terms over 5000 frames, in one and in six apertures: terms that change from
/// star to star (polynomials, and with the sines of HAT's recipe), and terms of the frames alone.
/// Light curves have noise, 3 % missing points and 0.2 % outliers, so that clipping takes a few
/// rounds. Collective: no.
void time_epd_stages(const Options& options, const Floors& floors, Table& table);

}  // namespace skyweft::bench

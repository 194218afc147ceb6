// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/night.hpp"
#include "bench/series.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times magnitude fit, EPD and TFA in one aperture, driven as workflows/stages drives them, each
/// on the result of the one before. Collective: no.
void time_curve_stages(const Options& options, const Floors& floors, const Night& night,
                       const Series& series, const StarBlock& stars, Table& table);

}  // namespace skyweft::bench

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "bench/floors.hpp"
#include "bench/frame_stages.hpp"
#include "bench/night.hpp"
#include "bench/table.hpp"

namespace skyweft::bench {

/// Times star shapes on the frame of the frame stages: the bicubic map, PSF fluxes, apertures with
/// light divided by the shape; and a whole frame from the raw file to ten apertures, with the share
/// of each of its steps. Collective: no.
void time_shape_stages(const Options& options, const Night& night, const FrameProducts& products,
                       Table& table);

}  // namespace skyweft::bench

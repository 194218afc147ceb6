// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/grid.hpp"
#include "io/header.hpp"
#include "simulator/observing.hpp"
#include "simulator/scene.hpp"

namespace skyweft::simulator {

/// One exposure as the camera would have written it.
struct RenderedFrame {
  Grid<std::uint16_t> adu;  ///< the raw image, overscan included
  io::Header header;
  FrameTruth truth;  ///< of light frames; empty for calibration frames
  double time_utc_mid_jd = 0.0;
  std::vector<std::int64_t> cosmic_pixels;  ///< iy·nx + ix with more than 50 e- from a cosmic ray
};

/// The electrons expected in every pixel of a light frame, without dark current, cosmic rays or
/// noise: (sky + stars) × flat × Bayer transmission. [ny][nx]. Collective: no.
Grid<float> expected_light_e(const Scene& scene, const FrameTruth& truth);

/// Renders frame `index` of its kind. Random numbers depend on seed, kind and index alone, so the
/// order of calls and the rank that calls do not matter. Collective: no.
RenderedFrame render_light(const Scene& scene, std::int64_t index);
RenderedFrame render_bias(const Scene& scene, std::int64_t index);
RenderedFrame render_dark(const Scene& scene, std::int64_t index);
RenderedFrame render_flat(const Scene& scene, std::int64_t index);

/// Transmission of an RGGB mosaic for light of this colour index, by [iy & 1][ix & 1]; green is 1.
std::array<double, 4> bayer_response(double colour);

}  // namespace skyweft::simulator

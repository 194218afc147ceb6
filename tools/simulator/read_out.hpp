// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/grid.hpp"
#include "data/detector.hpp"
#include "simulator/random.hpp"
#include "simulator/scene.hpp"

namespace skyweft::simulator {

/// How the simulated camera writes its pixels: with one amplifier the overscan follows the image;
/// with two the left half is followed by its overscan, then comes the right one's overscan and the
/// right half mirrored, as charge that leaves to the right is written. Empty for a camera without
/// overscan and with one amplifier: the raw image is the frame.
std::vector<Amplifier> amplifiers_of(const SimConfig& config);

/// The amplifiers as `camera.NAME.amplifiers` of a run's configuration writes them.
std::vector<std::string> amplifier_texts(const SimConfig& config);

/// The highest value the converter gives.
double ceiling_adu(const SimConfig& config);

/// Charge to numbers: shot noise on light and dark current, cosmic-ray charge, read noise, each
/// amplifier's gain, the sensor's non-linearity, bias, overscan with its drift along the rows, and
/// the converter's limits. `light_e` and `cosmic_e` are [ny][nx] or empty; the result is the raw
/// image. Collective: no.
Grid<std::uint16_t> read_out(const Scene& scene, const Grid<float>& light_e, double exposure_s,
                             const Grid<float>& cosmic_e, Random& random);

}  // namespace skyweft::simulator

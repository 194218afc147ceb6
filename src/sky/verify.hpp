// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/units.hpp"

namespace skyweft::sky {

/// What a hypothesis claims about the scatter of true pairs.
struct OddsModel {
  double area_px2 = 1.0;   ///< of the frame
  double sigma_px = 1.0;   ///< per axis, at `centre`
  PixelPos centre{};       ///< where the hypothesis is anchored
  double anchor_px = 0.0;  ///< σ² grows as 1 + r²/anchor²; 0: it does not grow
  int free_pairs = 0;      ///< the best terms left out: pairs the hypothesis fits by construction
};

/// ln of the Bayes factor between "these sources are these stars" and "chance", at the best prefix
/// of `sources` (brightest first); `stars` are predicted places inside the frame (Lang et al. 2010,
/// section 3; science.md 3.8). The share of sources that are no stars of the catalogue is unknown:
/// the odds are averaged over 0.25 (their value), 0.5, 0.75 and 0.9, so that a catalogue that has
/// only one source in six is still recognised. Two sources that want one star: the nearer keeps it,
/// the other counts as a distractor. −inf-like (−1e9) without stars. Collective: no. Throws: never.
double log_odds(std::span<const PixelPos> sources, std::span<const PixelPos> stars,
                const OddsModel& model);

}  // namespace skyweft::sky

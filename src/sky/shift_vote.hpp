// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/units.hpp"

namespace skyweft::sky {

/// A shift and how far it can be trusted.
struct ShiftVote {
  PixelPos shift;           ///< to add to the moving points; (0, 0) without any pair
  std::int64_t votes = 0;   ///< pairs in the fullest window of two by two bins
  double expected = 0.0;    ///< pairs that chance puts there at most
  double log_chance = 0.0;  ///< ln of the probability that chance fills any window as much, <= 0
};

/// The shift that brings most points of `moving` onto `fixed`, each component at most `max_shift`:
/// the fullest window of a 2-D histogram of all differences, then the median of the differences
/// near its middle. `bin` is about the scatter of true pairs.
///
/// Its significance: points strewn at random put n_m n_f (2 bin)² / A pairs into a window, A the
/// larger of the areas that the two lists cover; the counts are Poisson's, and each of the windows
/// had its chance. Where stars crowd together chance does better than that: demand a log_chance
/// below −20. Collective: no. Throws: never.
ShiftVote vote_shift(std::span<const PixelPos> moving, std::span<const PixelPos> fixed,
                     double max_shift, double bin);

}  // namespace skyweft::sky

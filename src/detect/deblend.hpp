// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/peaks.hpp"

namespace skyweft::detect {

struct DeblendRule {
  double fwhm_px = 2.5;
  double noise_scale = 1.0;
  int n_level = 32;
  double contrast = 0.005;
  bool one_per_island = false;
};

/// Decides which peaks of one island are sources of their own, by many thresholds (Bertin & Arnouts
/// 1996, section 5).
///
/// Peaks within 3 FWHM of each other form a group, alone it is left as it is. The group's light,
/// smoothed by a Gaussian of `fwhm_px`, is cut at n_level thresholds spaced evenly in the logarithm
/// from twice its noise to its maximum; pixels above hang together in 8 directions. Where branches
/// with peaks meet, going down, each must hold at least `contrast` of the island's light above the
/// threshold last seen between them, and its top must stand 3 noise sigma above it (else ripples on
/// the flat top of a trailed star become stars); the others lose their peaks. The branch with the
/// highest peak always stays. `one_per_island` keeps that one alone. A group wider than 2048 px is
/// left as it is. Returns 1 for the peaks that stay. Collective: no. Throws: never.
std::vector<std::uint8_t> deblended(const Frame& frame, const Background& background,
                                    const std::vector<Peak>& peaks, const DeblendRule& rule);

}  // namespace skyweft::detect

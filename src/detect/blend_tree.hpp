// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/grid.hpp"

namespace skyweft::detect {

/// A local maximum of an image that may be a source of its own.
struct BlendTop {
  std::int64_t x_px = 0;
  std::int64_t y_px = 0;
  double sigma = 1.0;  ///< noise of the image there
};

struct BlendRule {
  double lowest = 1.0;  ///< pixels above it make the islands; > 0
  int n_level = 32;
  double contrast = 0.005;
  double least_height_sigma = 3.0;
  bool one_per_island = false;
};

/// Which of the maxima are sources, by many thresholds (Bertin & Arnouts 1996, section 5).
///
/// The image is cut at n_level thresholds spaced evenly in the logarithm from its maximum down to
/// `lowest`; pixels above one hang together in 8 directions. Where branches with tops meet, going
/// down, all but the one with the highest pixel lose their tops unless they hold `contrast` of all
/// light above `lowest` and rise least_height_sigma, both above the last threshold that kept them
/// apart. Tops not above `lowest` stay; of two on one slope the
/// higher, of two on one pixel the first. Returns 1 for the tops that
/// stay. Cost: a sort of the pixels above `lowest`. Collective: no. Throws: never.
std::vector<std::uint8_t> separate_tops(const Grid<float>& image, const std::vector<BlendTop>& tops,
                                        const BlendRule& rule);

}  // namespace skyweft::detect

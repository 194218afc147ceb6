// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/grid.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

/// Signal-to-noise of a point source centred on each pixel: Σ K(I−B)/σ² ÷ √(Σ K²/σ²) (science.md
/// 3.7) with K a Gaussian of `fwhm_px` cut at 3 sigma; unusable pixels have no weight.
///
/// `noise_scale` (>= 1) divides the result: pixels scatter that much more than their variance says.
/// Cost: about 4·(3 FWHM) multiply-adds per pixel. Collective: no. Throws: never.
Grid<float> matched_filter_snr(const Frame& frame, const Background& background, double fwhm_px,
                               double noise_scale);

}  // namespace skyweft::detect

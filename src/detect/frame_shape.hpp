// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/detector.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/peaks.hpp"
#include "detect/source.hpp"

namespace skyweft::detect {

/// Windows spread over the frame in 5 x 5, together at most 1/8 of its pixels; the whole frame when
/// they would be smaller than 128 px or 12 `fwhm_px` a side.
std::vector<PixelBox> sample_windows(std::int64_t nx, std::int64_t ny, double fwhm_px);

/// Finds width, elongation and moments of the frame's stars: medians over at most 200 bright (S/N
/// >= 20), isolated, clean ones, not hot pixels.
///
/// Looks for peaks with `search.fwhm_px` in the sample windows, in the whole frame when these give
/// fewer than 20 usable stars, and measures them through a window that follows their width. Where
/// the width is far from the one searched with, peaks are looked for again with it, up to 30 px:
/// the knots of a defocused ring become one star that way. Isolated: no other peak within 4 FWHM;
/// when fewer than 5 are, the brightest within 4 FWHM. Undersampled stars (FWHM < 1.8 px) are
/// fitted instead (gaussian_centroid). All NaN without any star. Collective: no. Throws: never.
FrameShape frame_shape(const Frame& frame, const Background& background, PeakSearch search);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "data/frame.hpp"

namespace skyweft::phot {

/// The sky under one target.
struct LocalSky {
  double level_e = kNaN;             ///< per pixel, at the target
  double level_err_e = kNaN;         ///< of the level, the same error in all pixels of an aperture
  double pixel_variance_e2 = kNaN;   ///< of a pixel that holds sky alone; NaN: not known
  bool reliable = true;              ///< false: too few pixels, taken from the maps or missing
  const Grid<float>* map = nullptr;  ///< a level for each pixel instead of level_e

  double at(std::int64_t ix, std::int64_t iy) const {
    return map == nullptr ? level_e : static_cast<double>((*map)(ix, iy));
  }
};

/// What the sky of a frame is taken from. Maps have the frame's shape or are empty.
struct SkySources {
  const Grid<float>& background_e;
  const Grid<float>& background_rms_e;
  const Grid<std::uint8_t>& is_sky;  ///< 0: light of a source, not background; empty: all are sky
};

/// Measures the sky in the ring of pixel centres with inner_px < r < outer_px about (x, y).
///
/// Unusable pixels and those with is_sky = 0 are left out. Level: median of what `clip_sigma`
/// leaves (at most 5 rounds), not bound to the steps of the read-out; its error σ √(π/2n);
/// pixel_variance_e2: mean of their variance_e2. With fewer than `min_pixels`: as mapped_sky() with
/// n = min_pixels, but with one level, and not reliable. Collective: no. Throws: never.
LocalSky ring_sky(const Frame& frame, const SkySources& sources, double x_px, double y_px,
                  double inner_px, double outer_px, double clip_sigma, std::int64_t min_pixels);

/// The sky as the maps have it, each pixel with its own level: error rms √(π/2n) with n
/// pixels behind a value of the map, variance rms². NaN and not reliable where a map is empty.
/// Collective: no. Throws: never.
LocalSky mapped_sky(const SkySources& sources, double x_px, double y_px, double n_pixels);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

// Bad pixels of masters (science.md 3.3, 3.4). Values are [ny][nx], row-major; bits are only ever
// added.

/// Marks HOT where the dark exceeds its median by more than `limit_sigma` robust sigmas of the
/// frame and by more than `least_adu` (a tenth of what the sky gives in the same time, so that
/// harmless pixels are kept). Collective: no.
void mark_hot_pixels(std::span<const float> dark_adu, std::span<MaskBits> bits,
                     double limit_sigma = 5.0, double least_adu = 0.0);

/// Marks `bit` where the temporal scatter of a bias or dark (StackedStrip::scale) exceeds `limit`
/// times `expected`, which is [ny][nx] or one number for all. Not judged where either is not
/// positive or not finite. Collective: no.
void mark_unstable_pixels(std::span<const float> scale, std::span<const float> expected,
                          std::span<MaskBits> bits, double limit = 5.0, MaskBits bit = mask::fault);

struct FlatLimits {
  double low_flat = 0.2;       ///< LOWFLAT below this
  double error_max = 0.01;     ///< LOWFLAT above this relative error
  double response_low = 0.5;   ///< FAULT below this part of the local median
  double response_high = 1.5;  ///< FAULT above it
};

/// Marks LOWFLAT and FAULT. The local median is that of the usable finite pixels of the 15×15 px
/// around the pixel, fewer at the edges; which pixels are usable is judged before any is marked.
/// The median is worked out only where the extremes of the same pixels leave the answer open: cost
/// about 30 operations for a pixel of a clean flat. `error` may be empty. Collective: no.
void mark_flat_pixels(std::int64_t nx, std::int64_t ny, std::span<const float> flat,
                      std::span<const float> error, std::span<MaskBits> bits,
                      const FlatLimits& limits = {});

/// Marks NONLINEAR where two flats of high and low exposure, each with median 1 and its large-scale
/// part taken out, differ: |high/low − 1| above `limit_sigma` times its error. Not judged where a
/// value is not positive or an error not finite. Collective: no.
void mark_nonlinear_pixels(std::span<const float> high, std::span<const float> high_error,
                           std::span<const float> low, std::span<const float> low_error,
                           std::span<MaskBits> bits, double limit_sigma = 5.0);

/// Marks FAULT the whole column of a region when more than `share` of its pixels are unusable, or
/// the whole row when charge moves along rows; OUTER pixels do not count, nor are they marked.
/// Collective: no.
void mark_bad_columns(Mask& bits, const PixelBox& region, bool along_rows = false,
                      double share = 0.3);

}  // namespace skyweft::calib

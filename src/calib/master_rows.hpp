// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "calib/masters.hpp"
#include "core/grid.hpp"

namespace skyweft::calib {

// What happens to raw rows before stack_strip(), and to a master after it. A run of pixels is
// [n_px]; masks, bias and dark may be empty (nothing masked, zero). Saturated and otherwise
// unusable raw pixels become NaN, which the stack skips.

/// Copies a row of a bias frame. Collective: no.
void prepare_bias_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<float> out);

/// Subtracts the bias from a row of a dark frame. The result belongs to the dark's own exposure
/// time; darks of one stack have equal exposure times. Collective: no.
void prepare_dark_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<float> out);

/// Subtracts bias and dark × dark_scale (τ/τ_D) from a row of a flat frame and divides by the
/// frame's level (flat_level()). Collective: no.
void prepare_flat_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<const float> dark_adu,
                      double dark_scale, double level_adu, std::span<float> out);

/// The level of a flat frame: median over the central quarter of its area after bias and dark, ADU.
/// Throws Error{bad_input} because of "flat_level_adu" when it is not positive. Collective: no.
double flat_level(const Grid<float>& adu, const Mask& bits, std::span<const float> bias_adu,
                  std::span<const float> dark_adu, double dark_scale);

/// Marks HOT where the dark exceeds its median by more than `limit_sigma` robust sigmas. [ny][nx].
/// Collective: no.
void mark_hot_pixels(std::span<const float> dark_adu, std::span<MaskBits> bits,
                     double limit_sigma = 5.0);

/// Divides a flat and its error by the flat's median over the central quarter of the area, so that
/// this becomes 1. Throws Error{bad_input} because of "flat_median" when it is not positive.
/// Collective: no.
void normalise_flat(std::int64_t nx, std::int64_t ny, std::span<float> flat, std::span<float> error,
                    std::span<const MaskBits> bits);

struct FlatLimits {
  double low_flat = 0.2;       ///< LOWFLAT below this
  double error_max = 0.01;     ///< LOWFLAT above this relative error
  double response_low = 0.5;   ///< FAULT below this part of the local median
  double response_high = 1.5;  ///< FAULT above it
};

/// Marks LOWFLAT and FAULT (science.md 3.3, 3.4). The local median is that of the 15×15 px tile
/// that holds the pixel. `error` may be empty. Collective: no.
void mark_flat_pixels(std::int64_t nx, std::int64_t ny, std::span<const float> flat,
                      std::span<const float> error, std::span<MaskBits> bits,
                      const FlatLimits& limits = {});

}  // namespace skyweft::calib

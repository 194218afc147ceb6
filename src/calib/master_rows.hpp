// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "calib/master_rows_bad.hpp"
#include "calib/masters.hpp"
#include "core/grid.hpp"

namespace skyweft::calib {

// What happens to raw rows before stack_strip(), and to a master after it. A run of pixels is
// [n_px]; masks, bias and dark may be empty (nothing masked, zero). Saturated and otherwise
// unusable raw pixels become NaN, which the stack skips.

/// Copies a row of a bias frame. Collective: no.
void prepare_bias_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<float> out);

/// Subtracts the bias from a row of a dark frame and multiplies by `scale`, which brings darks of
/// different exposure times and temperatures to those of the master (dark_scale.hpp). Collective:
/// no.
void prepare_dark_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<float> out, double scale = 1.0);

/// Subtracts bias and dark × dark_scale (τ/τ_D) from a row of a flat frame and divides by the
/// frame's level. Collective: no.
void prepare_flat_row(std::span<const float> adu, std::span<const MaskBits> bits,
                      std::span<const float> bias_adu, std::span<const float> dark_adu,
                      double dark_scale, double level_adu, std::span<float> out);

/// Divides a flat and its error by the flat's median over the central quarter of the area, so that
/// this becomes 1. Throws Error{bad_input} because of "flat_median" when it is not positive.
/// Collective: no.
void normalise_flat(std::int64_t nx, std::int64_t ny, std::span<float> flat, std::span<float> error,
                    std::span<const MaskBits> bits);

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/grid.hpp"
#include "data/flags.hpp"
#include "data/frame.hpp"

namespace skyweft::calib {

/// By how much longer than commanded a mechanical shutter lets light onto each pixel. [ny][nx].
struct ShutterMap {
  Grid<float> delay_s;      ///< δ, negative where light is lost; 0 where masked
  Grid<float> variance_s2;  ///< 0 where masked
  Mask mask;                ///< NODATA where no delay could be measured
};

/// Measures the delay from a short and a long exposure of the same steady, even light.
///
/// I ∝ t + δ, so with r = I_short/I_long, δ = (r t_long − t_short)/(1 − r) and its variance is
/// r² (σ_s²/I_s² + σ_l²/I_l²) [(t_long − t_short)/(1 − r)²]². Frames are calibrated (no bias, no
/// dark; the flat cancels). Light that changes by a fraction ε between the two looks like a delay
/// of about ε t_short: alternate long and short exposures and average. Unusable pixels, those
/// without signal and those with r >= 1 are masked. Throws Error{bad_input} because of
/// "shutter_exposure_s" unless 0 < t_short < t_long, of "frame_nx" or "frame_ny" when the frames
/// differ in size. Collective: no.
ShutterMap fit_shutter_map(const Frame& short_frame, const Frame& long_frame);

/// Averages maps of several pairs. Each map has one weight, the inverse of its median variance, so
/// that no pixel is drawn to values that are low by chance; pixels masked in one map rest on the
/// others. Throws Error{bad_input} because of "shutter_maps" when there is none or all are masked,
/// of "frame_nx" or "frame_ny" when they differ in size. Collective: no.
ShutterMap average_shutter_maps(std::span<const ShutterMap> maps);

/// Fills `factor` with t/(t + δ), by which signal is multiplied to be as if the shutter were
/// perfect; NaN where t + δ <= 0 (no light can be told). Equal lengths. Collective: no.
void shutter_factor_row(std::span<const float> delay_s, double exposure_s, std::span<float> factor);

}  // namespace skyweft::calib

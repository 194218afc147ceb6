// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "calib/calibrate_config.hpp"
#include "calib/prepared_masters.hpp"
#include "data/frame.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::calib {

/// One amplifier's part of an assembled frame, for which saturation has been judged.
struct ReadOut {
  PixelBox frame;
  double gain_e_per_adu = 1.0;
  double read_noise_e = 0.0;
  std::span<const float> row_variance_adu2{};  ///< of the overscan level, [frame.ny()]; empty: 0
};

/// What was done to a frame, and what was wanted but could not be done.
struct Corrections {
  CorrectionBits done = 0;
  CorrectionBits missing = 0;
  bool operator==(const Corrections&) const = default;
};

/// What the master dark is multiplied by for a frame, s below; 1 without a dark. Collective: no.
double dark_scale_for(const FrameInfo& info, const MasterView& dark, const CalibConfig& config);

/// Turns assembled ADU (overscan subtracted) into a Frame: electrons, variance and mask.
///
///   a = L(A − B),  L(x) = x (1 + c0 x + c1 x² + …),  r = F (τ + δ) / τ
///   s = τ/τ_D · exp(κ (T − T_D)),  w = |1 − s| when the dark was made with this bias, else 1
///   C = g [a − s D] / r
///   σ² = { g max(a, 0) + L'² [R² + g²/12 + g² (σ_O² + w² σ_B²)] + g² s² σ_D² + C² σ_r² } / r²
///
/// with A the raw value, gain g and read noise R by amplifier, c from info.traits.linearity, F the
/// flat, δ the shutter's delay, σ_O² the variance of the overscan level, and σ_r the error of r
/// from those of F and δ (autowisp.md 4.1: shot noise before the dark is subtracted, correct flat
/// term). Light is counted before the response bends, so its shot noise is that of the
/// straightened value; read noise, quantisation, overscan and bias come after it and are stretched
/// by the slope L'. Temperatures that are unknown scale nothing.
///
/// `adu` is [ny][nx], `raw_mask` of the same shape or empty. With `amplifiers` saturation is in
/// raw_mask already, and pixels of no amplifier get NODATA; without, gain and read noise are from
/// `info` and saturation is judged here (A >= info.saturation_adu, not at all when that is NaN).
/// Masters are cut at info.window_x0, window_y0. Pixels without value (not finite, raw or
/// master) get NODATA, signal 0 and the read noise as variance: every number is finite and every
/// variance positive. The memory of `out` is used again when it has the frame's shape.
///
/// Throws Error{bad_config} for a wanted but missing master (missing_master = "fail";
/// with "skip" Error{bad_input} and the tests "has_master_bias", "has_master_dark",
/// "has_master_flat", "has_master_shutter", "has_master_bad_pixels"), Error{bad_input} with its
/// test for a frame of the wrong size ("frame_nx", "frame_ny") or outside its masters ("window"),
/// without values ("no_data_fraction"), constant ("pixel_sigma_adu"), saturated
/// ("saturated_fraction") or without a positive gain ("gain_e_per_adu"); `out` then holds nothing
/// of use. Cost: memory bound, one pass. Collective: no.
Corrections calibrate_into(Frame& out, const Grid<float>& adu, const Mask& raw_mask,
                           const FrameInfo& info, std::span<const ReadOut> amplifiers,
                           const PreparedMasters& masters, const CalibConfig& config);

/// The same for one frame of one amplifier, with masters as they are. For many frames prepare the
/// masters once.
Frame calibrate(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                const Masters& masters, const CalibConfig& config);

}  // namespace skyweft::calib

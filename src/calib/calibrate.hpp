// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>

#include "calib/masters.hpp"
#include "core/fields.hpp"
#include "data/frame.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::calib {

struct CalibConfig {
  bool bias = true;
  bool dark = true;
  bool flat = true;
  std::string missing_master = "fail";
  double saturated_fraction_max = 0.05;
  double no_data_fraction_max = 0.5;
  double suspect_fraction = 0.8;
  double low_flat = 0.2;
  double pedestal_adu = 0.0;

  static constexpr auto fields() {
    return std::tuple{
        field("bias", &CalibConfig::bias, "", "subtract the master bias"),
        field("dark", &CalibConfig::dark, "", "subtract the master dark, scaled by exposure time"),
        field("flat", &CalibConfig::flat, "", "divide by the master flat"),
        field("missing_master", &CalibConfig::missing_master, "",
              "what to do with frames for which a wanted master does not exist",
              one_of("fail|uncorrected")),
        field("saturated_fraction_max", &CalibConfig::saturated_fraction_max, "",
              "set a frame aside when more of its pixels are saturated", fraction),
        field("no_data_fraction_max", &CalibConfig::no_data_fraction_max, "",
              "set a frame aside when more of its pixels have no value", fraction),
        field("suspect_fraction", &CalibConfig::suspect_fraction, "",
              "pixels above this part of the saturation level are marked SUSPECT", fraction),
        field("low_flat", &CalibConfig::low_flat, "",
              "pixels with a flat field below this are marked LOWFLAT", fraction),
        field("pedestal_adu", &CalibConfig::pedestal_adu, "adu",
              "level without light, subtracted where there is no master bias")};
  }
};

/// Turns raw ADU into a Frame: electrons, variance and mask.
///
///   C = g [A − B − (τ/τ_D) D] / F
///   σ² = { g max(A − B, 0) + R² + g²/12 + g² [σ_B² + (τ/τ_D)² σ_D²] } / F² + C² σ_F² / F²
///
/// with A the raw value, g e-/ADU and R from `info` (autowisp.md 4.1: shot noise before the dark is
/// subtracted, correct flat term). Saturation is judged on A (>= info.saturation_adu, not at all
/// when that is NaN). Masks of raw frame and masters are joined, saturation in a master becoming
/// FAULT; pixels without value get NODATA, signal 0 and the read noise as variance, so that every
/// number is finite.
///
/// Throws Error{bad_config} for a wanted but missing master (missing_master = "fail"),
/// Error{bad_input} with its test for a frame of the wrong size ("frame_nx", "frame_ny"), without
/// values ("no_data_fraction"), constant
/// ("pixel_sigma_adu"), saturated ("saturated_fraction") or without a positive gain
/// ("gain_e_per_adu"). Collective: no.
Frame calibrate(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                const Masters& masters, const CalibConfig& config);

}  // namespace skyweft::calib

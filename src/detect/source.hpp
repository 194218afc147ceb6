// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "data/flags.hpp"
#include "detect/star_shape.hpp"

namespace skyweft::detect {

/// A place where a source may be.
struct Candidate {
  double x_px = 0.0;
  double y_px = 0.0;
  float snr = 0.0f;
  double plateau_px = 0.0;  ///< radius of the saturated plateau; 0 for ordinary stars
  bool bled = false;        ///< charge ran out of the plateau along a line
};

/// One measured source, a row of the SourceList.
struct Source {
  double x_px = 0.0;
  double y_px = 0.0;
  float snr = 0.0f;
  float flux_e = 0.0f;
  float flux_err_e = 0.0f;
  float pos_err_px = 0.0f;
  float peak_e = 0.0f;
  StarShape shape{};
  double sharp_px = 0.0;  ///< FWHM through a window of at least kSharpWindow_px, to tell hot pixels
  MaskBits mask = 0;
  SourceBits flags = 0;
};

/// Narrower windows see one pixel of an undersampled star and cannot tell it from a hot pixel.
inline constexpr double kSharpWindow_px = 2.0;

/// The frame's stars as the first pass sees them; NaN without any.
struct FrameShape {
  double fwhm_px = kNaN;
  double elongation = kNaN;
  double sharp_px = kNaN;  ///< median of Source::sharp_px
  Covariance shape{};      ///< medians of the elements
};

}  // namespace skyweft::detect

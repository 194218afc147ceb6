// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "data/detector.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

/// A place where a star may be.
struct Peak {
  double x_px = 0.0;  ///< top of a parabola through the filtered S/N, within half a pixel
  double y_px = 0.0;
  float snr = 0.0f;  ///< of a point source on the highest pixel
};

struct PeakSearch {
  double fwhm_px = 2.5;          ///< of the matched filter
  double noise_scale = 1.0;      ///< pixels scatter this much more than variance_e2 says
  double threshold_sigma = 5.0;  ///< least S/N
  int min_pixels = 3;            ///< of 3 x 3 above the threshold
  int edge_px = 2;               ///< nothing closer to the frame's edge; at least 1
};

/// Local maxima of the matched filter's S/N (FilteredRows), row by row, left to right.
///
/// A maximum is above the threshold, higher than the four neighbours before it in that order and
/// not lower than the four after it, has `min_pixels` of its 3 x 3 pixels above the threshold, and
/// rises by the threshold above the median of 16 points at 2 FWHM around it (those on the frame):
/// that refuses noise on the halo of a bright star. Maxima lie in `window` (half open; what
/// reaches over the frame is ignored); pixels around it count as everywhere else, so that a window
/// holds exactly the whole frame's maxima inside it. A star wider than about 2 filter widths
/// without a peak of its own, such as a donut, gives several. Collective: no. Throws: never for a
/// consistent Frame and its Background.
std::vector<Peak> find_peaks(const Frame& frame, const Background& background,
                             const PeakSearch& search, const PixelBox& window);

/// The same in the whole frame.
std::vector<Peak> find_peaks(const Frame& frame, const Background& background,
                             const PeakSearch& search);

/// How much more the pixels scatter than their variance says, at least 1: root of the median of
/// rms²/variance over the usable ones of about 5000 pixels spread over the frame; 1 without any.
/// Collective: no. Throws: never.
double noise_scale_of(const Frame& frame, const Background& background);

}  // namespace skyweft::detect

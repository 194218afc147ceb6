// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>
#include <string>

#include "data/frame.hpp"
#include "detect/background.hpp"
#include "detect/source.hpp"
#include "detect/stamp.hpp"
#include "detect/windowed.hpp"

namespace skyweft::detect {

enum class CentroidMethod { windowed, quadratic, gaussian, mean, peak };

/// The method named in DetectConfig::centroid; auto is gaussian below 1.5 px FWHM, where windowed
/// centroids are pulled towards pixel centres, else windowed.
CentroidMethod centroid_method(const std::string& name, double fwhm_px);

/// What all sources of a frame share.
struct MeasureRule {
  FrameShape stars;  ///< nothing NaN
  CentroidMethod method = CentroidMethod::windowed;
  double max_shift_px = 2.5;
  double noise_scale = 1.0;
  StarWindow window{std::max(stars.fwhm_px, kSharpWindow_px)};
};

/// Centres and measures one candidate; nothing when there is no light in its aperture.
///
/// Windowed centroids and shapes use a window of the frame's FWHM; the gaussian method fits 5 x 5
/// pixels or more (to 1.2 FWHM), with the frame's shape below S/N 20, where the source's own is too
/// uncertain. The box methods look at 1.2 FWHM around the peak, quadratic at its own 5 x 5. Without
/// a centroid the peak's place stands and no_centroid is set. Saturated plateaus: a window of twice
/// their radius, at most 1 px outside it; where charge bled, the plateau's centre; the error is at
/// least a tenth of the radius. Sets all flags but blended; elongated and wide mean 1.5 times the
/// frame's value and by 3 standard errors (2/(S/N) and 1/(S/N)). Collective: no. Throws: never.
std::optional<Source> measure_source(const Frame& frame, const Background& background,
                                     const Candidate& candidate, const MeasureRule& rule,
                                     Stamp& scratch);

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/frame.hpp"
#include "data/source_list.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

struct DetectConfig {
  double threshold_sigma = 5.0;
  int min_pixels = 3;
  int max_sources = 4000;
  double fwhm_guess_px = 2.5;
  double min_width_ratio = 0.5;
  double max_width_ratio = 3.0;
  int edge_px = 2;
  std::string centroid = "windowed";

  static constexpr auto fields() {
    using C = DetectConfig;
    return std::tuple{
        field("threshold_sigma", &C::threshold_sigma, "sigma", "least S/N in the matched filter",
              positive),
        field("min_pixels", &C::min_pixels, "px", "pixels of 3 x 3 above the threshold, at least",
              between(1, 9)),
        field("max_sources", &C::max_sources, "", "keep this many, spread over the frame",
              at_least(1)),
        field("fwhm_guess_px", &C::fwhm_guess_px, "px", "FWHM of the first pass", between(0.8, 50)),
        field("min_width_ratio", &C::min_width_ratio, "",
              "narrower than this times the frame's FWHM is a hot pixel or cosmic ray",
              non_negative),
        field("max_width_ratio", &C::max_width_ratio, "",
              "wider than this times the frame's FWHM is no star; 3 and more keeps all", positive),
        field("edge_px", &C::edge_px, "px", "no sources closer than this to the frame's edge",
              non_negative),
        field("centroid", &C::centroid, "", "windowed, or the peak of the filtered frame",
              one_of("windowed|peak"))};
  }
};

struct Detection {
  SourceList sources;
  double fwhm_px = kNaN;  ///< median of isolated unsaturated sources; NaN without any
  double elongation = kNaN;
};

/// Finds stars in two passes: the frame's own FWHM first, then a matched filter of that width.
///
/// Local maxima of the filtered S/N that also rise threshold_sigma above the filtered ring at 2
/// FWHM (which refuses noise on the halo of a bright star). Saturated stars are listed at the
/// centre of their plateau and carry the bit in `mask`. Brightest first (flux, then y, x); above
/// max_sources, round robin over 8 x 8 cells. flux_e is in 2 FWHM radius. Where the background's
/// scatter is larger than variance_e2 says (median over the frame), the S/N uses the scatter. An
/// empty list and NaNs when there is nothing. Collective: no. Throws: never for a consistent Frame.
Detection detect_sources(const Frame& frame, const Background& background,
                         const DetectConfig& config = {});

}  // namespace skyweft::detect

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
  std::string centroid = "auto";
  double max_shift = 1.0;
  std::string lost_centroid = "peak";
  std::string deblend = "levels";
  int deblend_levels = 32;
  double deblend_contrast = 0.005;
  bool reject_streaks = true;

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
        field("centroid", &C::centroid, "",
              "auto is gaussian where stars are undersampled, else windowed; peak is the maximum "
              "of the filtered frame",
              one_of("auto|windowed|quadratic|gaussian|mean|peak")),
        field("max_shift", &C::max_shift, "FWHM", "a centroid further from the peak is refused",
              positive),
        field("lost_centroid", &C::lost_centroid, "",
              "a source without a centroid is listed at its peak, or dropped", one_of("peak|drop")),
        field("deblend", &C::deblend, "",
              "levels tells peaks of one island apart by their share of its light, peaks keeps "
              "every peak, none one per island",
              one_of("levels|peaks|none")),
        field("deblend_levels", &C::deblend_levels, "", "thresholds an island is cut at",
              between(2, 1024)),
        field("deblend_contrast", &C::deblend_contrast, "",
              "least share of the island's light in a source of its own", fraction),
        field("reject_streaks", &C::reject_streaks, "",
              "drop chains of elongated sources: satellites, aircraft")};
  }
};

struct Detection {
  SourceList sources;
  double fwhm_px = kNaN;  ///< median of isolated unsaturated sources; NaN without any
  double elongation = kNaN;
};

/// Finds stars in two passes: the frame's own FWHM first (frame_shape.hpp), then a matched filter
/// of that width (peaks.hpp).
///
/// Each peak is centred and measured (measure.hpp), hot pixels go by their width, streaks by their
/// elongation against the frame's own (streaks.hpp), peaks of one island are deblended
/// (deblend.hpp); of two sources within the frame's star ellipse the fainter is dropped. Saturated
/// stars are listed at the centre of their plateau (plateaus.hpp). Brightest first (flux, then y,
/// x); above max_sources, spread evenly (selection.hpp). flux_e is in 2 FWHM radius, of the frame's
/// FWHM. Where the background's scatter is larger than variance_e2 says (median over the frame),
/// S/N and errors use the scatter. An empty list and NaNs when there is nothing. Collective: no.
/// Throws: never for a consistent Frame.
Detection detect_sources(const Frame& frame, const Background& background,
                         const DetectConfig& config = {});

}  // namespace skyweft::detect

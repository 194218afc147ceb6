// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/extended_sources.hpp"
#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

struct ExtendedConfig {
  double threshold_sigma = 1.5;
  int min_pixels = 5;
  std::string filter = "3x3";
  int deblend_levels = 32;
  double deblend_contrast = 0.005;
  double clean = 1.0;
  double kron_factor = 2.5;
  double min_kron_px = 1.75;
  std::vector<double> aperture_px{2.5, 5.0, 10.0};
  double min_width_px = 0.0;
  double extended_ratio = 1.5;
  double trace_elongation = 2.5;

  static constexpr auto fields() {
    using C = ExtendedConfig;
    return std::tuple{
        field("threshold_sigma", &C::threshold_sigma, "sigma",
              "pixels of an object are this far above the sky", positive),
        field("min_pixels", &C::min_pixels, "px", "pixels of an object, at least", at_least(1)),
        field("filter", &C::filter, "",
              "smoothing before the threshold: none, the pyramid 1 2 1, or a Gaussian of the "
              "frame's FWHM weighted by variance",
              one_of("none|3x3|matched")),
        field("deblend_levels", &C::deblend_levels, "",
              "thresholds tried to part blended objects; 1 parts none", between(1, 64)),
        field("deblend_contrast", &C::deblend_contrast, "",
              "least share of the light for an object of its own", fraction),
        field("clean", &C::clean, "",
              "drop what the wings of a neighbour would make alone; smaller drops more, 0 none",
              non_negative),
        field("kron_factor", &C::kron_factor, "", "ellipse of flux_auto in Kron radii", positive),
        field("min_kron_px", &C::min_kron_px, "px", "its least mean radius; smaller: a circle",
              positive),
        field("aperture_px", &C::aperture_px, "px", "radii of circular apertures", positive),
        field("min_width_px", &C::min_width_px, "px",
              "objects of smaller FWHM are left out, as an opening would", non_negative),
        field("extended_ratio", &C::extended_ratio, "",
              "an object is extended when wider than this times the frame's stars", at_least(1)),
        field("trace_elongation", &C::trace_elongation, "",
              "a longer object is a trace when its width is that of a star", at_least(1))};
  }
};

/// Finds all connected pixels above the sky and measures isophotal, Kron and elliptical quantities
/// as Source Extractor does, through the library SEP (Bertin & Arnouts 1996; Barbary 2016).
///
/// The threshold stands on background.rms_e; errors on the larger of variance_e2 and rms_e². Masked
/// pixels (mask::unusable) take no part; in apertures they count as the mean of the others.
/// Saturated pixels are used as they are and set `saturated`; touching the edge sets `edge`, an
/// unusable pixel in the Kron ellipse `bad_pixel`, parted from a neighbour `blended`, and a trace
/// `elongated`, an extended one `wide`. The class compares with `star_fwhm_px`; NaN takes the
/// median over round unblended objects with S/N > 20, and `unknown` is what remains without any. A
/// trace is longer than trace_elongation and not wider across than extended_ratio stars; what is
/// broad and long is extended. Brightest Kron flux first, ties by y, then x. Collective: no; not
/// for two threads at once (SEP keeps its pixel stack's size globally). Throws Error{bad_input}
/// when the frame is larger than 2^31 − 1 pixels (test "n_pixels") or too crowded to be parted
/// (test "deblend"), Error{numeric} when SEP fails otherwise.
ExtendedSources detect_extended(const Frame& frame, const Background& background,
                                double star_fwhm_px, const ExtendedConfig& config = {});

}  // namespace skyweft::detect

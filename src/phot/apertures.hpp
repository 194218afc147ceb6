// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/frame.hpp"
#include "data/photometry.hpp"

namespace skyweft::phot {

struct ApertureConfig {
  std::vector<double> radii_px{2.0, 2.5, 3.0, 4.0, 5.0, 6.0};
  double annulus_inner_px = 0.0;
  double annulus_outer_px = 0.0;
  std::int64_t min_background_pixels = 50;
  std::string background = "median";
  double background_clip = 3.0;
  double neighbour_exclusion_px = 0.0;
  double flat_error = 5e-4;

  static constexpr auto fields() {
    return std::tuple{
        field("radii_px", &ApertureConfig::radii_px, "px",
              "aperture radii, in the order of the products", positive),
        field("annulus_inner_px", &ApertureConfig::annulus_inner_px, "px",
              "inner radius of the background annulus; 0: 4 FWHM, and outside the largest aperture",
              non_negative),
        field("annulus_outer_px", &ApertureConfig::annulus_outer_px, "px",
              "outer radius of the background annulus; 0: 7 FWHM, and 4 px beyond the inner radius",
              non_negative),
        field("min_background_pixels", &ApertureConfig::min_background_pixels, "",
              "fewer annulus pixels than this: the background map is used and the point flagged",
              at_least(3)),
        field("background", &ApertureConfig::background, "", "how the annulus gives one number",
              one_of("median")),
        field("background_clip_sigma", &ApertureConfig::background_clip, "sigma",
              "annulus pixels further than this from the median are dropped", positive),
        field("neighbour_exclusion_px", &ApertureConfig::neighbour_exclusion_px, "px",
              "annulus pixels this near to a listed star are not background; 0: 2 FWHM; at most "
              "the inner radius",
              non_negative),
        field("flat_error", &ApertureConfig::flat_error, "",
              "relative error of the flat field under a star", fraction)};
  }
};

/// The radii in use for stars of this width: zeros of the configuration replaced.
struct Annulus {
  double inner_px = 0.0;
  double outer_px = 0.0;
  double exclusion_px = 0.0;  ///< around every listed star; <= inner_px
};

/// Derives the annulus from the configuration and the stars' FWHM.
/// Throws Error{bad_config} when the outer radius is not larger than the inner one.
Annulus annulus_for(const ApertureConfig& config, double fwhm_px);

/// Measures all listed stars of one frame at the given places (forced photometry).
///
/// x_px, y_px, catalog_mag are [star]; NaN positions are allowed, and so are NaN magnitudes (no
/// neighbour flag). `frame.signal_e` still holds its background. `background_e` and
/// `background_rms_e` are maps of the frame's shape, or empty. Result rows are in the order of the
/// positions, aperture columns in that of config.radii_px.
///
///   flux = Σ w I − (Σ w) B,   σ² = Σ w² V + (Σ w)² σ_B² + (flat_error · flux)² (science.md 3.11)
///
/// with w the exact overlap of pixel and circle, B the clipped median of the annulus pixels
/// (centres within its radii, unmasked, away from listed stars) and σ_B = σ √(π/2n). Too few of
/// them: B and σ_B from the maps (σ_B = rms / √min_background_pixels) with
/// quality::background_unreliable, NaN flux when there are no maps.
///
/// One quality word serves all apertures of a point, so that every NaN has a flag:
///   edge, bad_pixel, cosmic   some aperture leaves the frame or touches an unusable pixel; exactly
///   those
///                             apertures are NaN, the smaller ones are good
///   interpolated, bleed       such a pixel touches the largest aperture; the flux is given
///   saturated                 a saturated pixel touches the core (radius: smallest aperture or
///   FWHM, the larger); flux given neighbour_1pc, _10pc      see phot/neighbours.hpp; for the
///   middle one of the radii not_measured              no position, or the largest aperture lies
///   outside the frame
///
/// Throws Error{bad_config} for unusable radii, Error{bad_input} for a FWHM that is not positive,
/// Error{internal} for unequal lengths or shapes. Collective: no.
FramePhotometry measure_frame(const Frame& frame, const Grid<float>& background_e,
                              const Grid<float>& background_rms_e, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const float> catalog_mag,
                              double fwhm_px, const ApertureConfig& config);

}  // namespace skyweft::phot

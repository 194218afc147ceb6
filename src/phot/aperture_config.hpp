// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"

namespace skyweft::phot {

struct ApertureConfig {
  std::vector<double> radii_px{2.0, 2.5, 3.0, 4.0, 5.0, 6.0};
  std::vector<double> radii_arcsec;
  std::vector<double> radii_fwhm;
  std::string fwhm_of = "night";
  std::string weighting = "area";
  double annulus_inner_px = 0.0;
  double annulus_outer_px = 0.0;
  std::int64_t min_background_pixels = 50;
  std::string background = "median";
  double background_clip = 3.0;
  double neighbour_exclusion_px = 0.0;
  double flat_error = 5e-4;
  double error_offset_e = 0.0;
  bool parity = false;
  std::vector<std::string> extra;

  static constexpr auto fields() {
    return std::tuple{
        field("radii_px", &ApertureConfig::radii_px, "px",
              "aperture radii, in the order of the products", positive),
        field("radii_arcsec", &ApertureConfig::radii_arcsec, "arcsec",
              "aperture radii instead of radii_px", positive),
        field("radii_fwhm", &ApertureConfig::radii_fwhm, "FWHM",
              "aperture radii instead of radii_px, in widths of the stars", positive),
        field("fwhm_of", &ApertureConfig::fwhm_of, "",
              "radii_fwhm follow the width of the night's stars, or of each frame's",
              one_of("night|frame")),
        field("weighting", &ApertureConfig::weighting, "",
              "light of a pixel on the circle: by its area inside, or by the star's shape and the "
              "sub-pixel sensitivity",
              one_of("area|psf")),
        field("annulus_inner_px", &ApertureConfig::annulus_inner_px, "px",
              "inner radius of the background annulus; 0: 4 FWHM, and outside the largest aperture",
              non_negative),
        field("annulus_outer_px", &ApertureConfig::annulus_outer_px, "px",
              "outer radius of the background annulus; 0: 7 FWHM, and 4 px beyond the inner radius",
              non_negative),
        field("min_background_pixels", &ApertureConfig::min_background_pixels, "",
              "fewer annulus pixels than this: the background map is used and the point flagged",
              at_least(3)),
        field("background", &ApertureConfig::background, "",
              "how the annulus gives one number: clipped median, mode, mean or plane; or the "
              "background map instead of an annulus",
              one_of("median|mode|mean|plane|map")),
        field("background_clip_sigma", &ApertureConfig::background_clip, "sigma",
              "annulus pixels further than this from the median are dropped", positive),
        field("neighbour_exclusion_px", &ApertureConfig::neighbour_exclusion_px, "px",
              "annulus pixels this near to a listed star are not background; 0: 2 FWHM; at most "
              "the inner radius",
              non_negative),
        field("flat_error", &ApertureConfig::flat_error, "",
              "relative error of the flat field under a star", fraction),
        field("error_offset_e", &ApertureConfig::error_offset_e, "e-",
              "error added in quadrature to every pixel of an aperture", non_negative),
        field("parity", &ApertureConfig::parity, "",
              "take the error of the background as independent from pixel to pixel, as AstroWISP "
              "does; it is one error for the whole aperture"),
        field("extra", &ApertureConfig::extra, "", "further columns to keep for every point",
              one_of("peak_e|coverage|neighbour_light|psf_chi2|psf_qfit|noise_source_e|noise_sky_e|"
                     "noise_read_e|noise_dark_e|noise_flat_e|noise_bias_e|noise_background_e|"
                     "noise_scintillation_e|noise_total_e"))};
  }
};

/// Gives the radii in pixels: radii_arcsec or radii_fwhm where one of them is set, radii_px
/// otherwise. `scale_arcsec_px` is needed for the first, `fwhm_night_px` or `fwhm_frame_px` (by
/// fwhm_of) for the second; unused ones may be NaN.
///
/// Throws Error{bad_config} when both are set, when there is no radius, or when one is not above 0
/// and below 10000 px (because "radius_px"), Error{bad_input} when the number that turns them into
/// pixels is not positive (because "scale_arcsec_px" or "fwhm_px"). Collective: no.
std::vector<double> radii_for(const ApertureConfig& config, double scale_arcsec_px,
                              double fwhm_night_px, double fwhm_frame_px);

/// The same radii when there are any, all above 0 and below 10000 px; Error{bad_config} otherwise
/// (because "radius_px"). Collective: no.
std::vector<double> checked_radii(const std::vector<double>& radii_px);

/// The radii in use for stars of this width: zeros of the configuration replaced.
struct Annulus {
  double inner_px = 0.0;
  double outer_px = 0.0;
  double exclusion_px = 0.0;  ///< around every listed star; <= inner_px
};

/// Derives the annulus from the configuration and the stars' FWHM; `radii_px` (of radii_for()) must
/// be the apertures, config.radii_px when left out.
/// Throws Error{bad_config} when the outer radius is not larger than the inner one.
Annulus annulus_for(const ApertureConfig& config, double fwhm_px);
Annulus annulus_for(const ApertureConfig& config, const std::vector<double>& radii_px,
                    double fwhm_px);

}  // namespace skyweft::phot

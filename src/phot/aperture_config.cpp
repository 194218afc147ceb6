// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/aperture_config.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::phot {
namespace {

constexpr double kLargestRadius = 1e4;

double usable_factor(double factor, const char* what, const char* test) {
  if (factor > 0.0 && std::isfinite(factor)) return factor;
  throw Error{Errc::bad_input,
              fmt::format("{} is unknown, so apertures given in it have no size; is the frame "
                          "solved, and is anything detected on it? Or set apertures.radii_px",
                          what)}
      .because({test, factor, 0.0});
}

}  // namespace

std::vector<double> radii_for(const ApertureConfig& config, double scale_arcsec_px,
                              double fwhm_night_px, double fwhm_frame_px) {
  if (!config.radii_arcsec.empty() && !config.radii_fwhm.empty())
    throw Error{Errc::bad_config,
                "apertures.radii_arcsec and apertures.radii_fwhm are both set; keep one of them"};
  std::vector<double> radii = config.radii_px;
  if (!config.radii_arcsec.empty()) {
    const double scale = usable_factor(scale_arcsec_px, "the pixel scale", "scale_arcsec_px");
    radii = config.radii_arcsec;
    for (double& r : radii) r /= scale;
  } else if (!config.radii_fwhm.empty()) {
    const double fwhm = usable_factor(config.fwhm_of == "frame" ? fwhm_frame_px : fwhm_night_px,
                                      "the width of the stars", "fwhm_px");
    radii = config.radii_fwhm;
    for (double& r : radii) r *= fwhm;
  }
  return checked_radii(radii);
}

std::vector<double> checked_radii(const std::vector<double>& radii_px) {
  if (radii_px.empty())
    throw Error{Errc::bad_config, "apertures.radii_px needs at least one radius; try [2, 3, 4, 5]"};
  for (const double r : radii_px)
    if (!(r > 0.0 && r < kLargestRadius))
      throw Error{Errc::bad_config,
                  fmt::format("apertures: a radius of {} px; it must be above 0 and below {}", r,
                              kLargestRadius)}
          .because({"radius_px", r, 0.0});
  return radii_px;
}

Annulus annulus_for(const ApertureConfig& config, double fwhm_px) {
  return annulus_for(config, config.radii_px, fwhm_px);
}

Annulus annulus_for(const ApertureConfig& config, const std::vector<double>& radii_px,
                    double fwhm_px) {
  const double largest = radii_px.empty() ? 0.0 : *std::ranges::max_element(radii_px);
  Annulus out;
  out.inner_px = config.annulus_inner_px > 0.0 ? config.annulus_inner_px
                                               : std::max(4.0 * fwhm_px, largest + 1.0);
  out.outer_px = config.annulus_outer_px > 0.0 ? config.annulus_outer_px
                                               : std::max(7.0 * fwhm_px, out.inner_px + 4.0);
  const double exclusion =
      config.neighbour_exclusion_px > 0.0 ? config.neighbour_exclusion_px : 2.0 * fwhm_px;
  out.exclusion_px = std::min(exclusion, out.inner_px);
  if (!(out.outer_px > out.inner_px) || out.outer_px > kLargestRadius)
    throw Error{Errc::bad_config, fmt::format("apertures: annulus_outer ({} px) must be larger "
                                              "than annulus_inner ({} px), and at most 10000",
                                              out.outer_px, out.inner_px)};
  return out;
}

}  // namespace skyweft::phot

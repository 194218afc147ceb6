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
#include "data/subpixel_map.hpp"
#include "phot/shapes_of_stars.hpp"

namespace skyweft::phot {

struct PsfFluxConfig {
  double fit_radius_px = 0.0;
  std::string weights = "model";
  std::string background = "annulus";
  std::int64_t max_group = 64;
  std::int64_t max_rounds = 3;
  double reject_sigma = 0.0;
  double min_light = 0.25;
  std::int64_t min_pixels = 5;
  double max_chi2 = 100.0;
  double flat_error = 5e-4;

  static constexpr auto fields() {
    return std::tuple{
        field("fit_radius_px", &PsfFluxConfig::fit_radius_px, "px",
              "a star is fitted to the pixels whose centres are this near; 0: all that the grid of "
              "its shape overlaps",
              non_negative),
        field("weights", &PsfFluxConfig::weights, "",
              "variance of a pixel from the fitted light (unbiased for faint stars) or from the "
              "value read",
              one_of("model|data")),
        field("background", &PsfFluxConfig::background, "",
              "from each star's annulus, or a constant fitted to each group of overlapping stars",
              one_of("annulus|joint")),
        field("max_group", &PsfFluxConfig::max_group, "",
              "overlapping stars solved at once; larger groups are solved by iterations over "
              "pieces of this size",
              between(1, 500)),
        field("max_rounds", &PsfFluxConfig::max_rounds, "",
              "rounds of fluxes and the weights that follow from them", between(2, 10)),
        field("reject_sigma", &PsfFluxConfig::reject_sigma, "sigma",
              "pixels further than this from the fit are dropped; 0: none", non_negative),
        field("min_light", &PsfFluxConfig::min_light, "",
              "no flux where usable pixels hold less than this part of a star's light", fraction),
        field("min_pixels", &PsfFluxConfig::min_pixels, "",
              "no flux from fewer usable pixels than this", at_least(1)),
        field("max_chi2", &PsfFluxConfig::max_chi2, "",
              "chi-square per degree of freedom above which the flux is flagged", positive)};
  }
};

/// Fluxes of all stars of a frame, columns [star]. Every NaN has a quality bit.
struct PsfFluxes {
  std::vector<double> flux_e;
  std::vector<double> flux_err_e;
  std::vector<double> chi2_dof;
  /// Σ |residual| / flux over the fitted pixels (Anderson & King 2000); NaN unless flux > 0.
  std::vector<double> qfit;
  std::vector<double> background_e;      ///< that was taken off: given, or given plus fitted
  std::vector<std::int32_t> n_pixel;     ///< that the star was fitted to
  std::vector<std::int32_t> group_size;  ///< stars fitted together, itself included
  std::vector<QualityBits> quality;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(flux_e.size()); }
};

/// Fits the fluxes of all listed stars of one frame at given places, stars that overlap jointly
/// (autowisp.md 10.6; Stetson 1987, section III, with places held).
///
/// x_px, y_px, background_e, background_err_e and catalog_mag are [star]. `frame.signal_e` still
/// holds its background. The model of pixel p is B + Σ F_s f_s(p), with f from
/// shape::pixel_values(); F minimises Σ (I − model)² / σ² over the usable pixels of every group. σ²
/// follows from the model (phot/pixel_noise.hpp), so that the noise of a pixel has no part in its
/// own weight and the flux has no bias at low signal to noise. B of a pixel is that of the nearest
/// star fitted there; with `background = "joint"` a constant of each group (of each piece of a
/// large one) is fitted beside it, and stars without background count as 0.
///
///   σ²(F) = (AᵀWA)⁻¹ + (∂F/∂B σ_B)² + (flat_error F)², without the second term for "joint"
///
/// where the background's error is one and the same for all stars of a group.
///
/// Catalogue magnitudes (NaN: unknown) matter only where two stars are so near to each other that
/// the fit cannot part them: their sum is then split in the catalogue's ratio, or evenly.
///
/// Quality bits:
///   not_measured           no finite place, or no light of the star inside the frame
///   edge                   more than 1e-3 of its light (in the fitted part) is off the frame
///   saturated              a saturated pixel above half of the peak; fitted without it
///   bleed, interpolated, bad_pixel, cosmic   such pixels hold more than 1 % of its light; the fit
///                          leaves them out (but for interpolated ones)
///   background_unreliable  the given background or its error is not finite: no flux, unless
///                          "joint"
///   psf_unreliable         no shape, too little light on usable pixels, too few of them (no flux);
///                          χ² above the limit, neighbours that inflate the variance more than
///                          100 times, or equations that did not converge (flux given)
///
/// Throws Error{internal} for unequal lengths or shapes. Collective: no.
PsfFluxes fit_psf_fluxes(const Frame& frame, std::span<const double> x_px,
                         std::span<const double> y_px, std::span<const double> background_e,
                         std::span<const double> background_err_e, const StarShapes& shapes,
                         const SubPixelMap& subpixels, std::span<const float> catalog_mag,
                         const PsfFluxConfig& config = {});

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "data/photometry.hpp"
#include "phot/annulus.hpp"
#include "phot/aperture_config.hpp"
#include "phot/aperture_sums.hpp"
#include "phot/star_details.hpp"

namespace skyweft::phot {

/// Gives sums of its own for a star in place of the area-weighted ones: light split by the star's
/// shape. Called once for every measured star, in any order.
class SumSource {
 public:
  virtual ~SumSource() = default;
  /// `sums` [radius] holds the area-weighted sums of star `i_star` at (x, y) and may be replaced.
  /// Returns quality bits to add.
  virtual QualityBits refine(std::size_t i_star, double x_px, double y_px,
                             const LocalBackground& background, std::span<ApertureSum> sums) = 0;
};

/// What measure_frame() may be given and asked for beside the frame and its stars.
struct MeasureOptions {
  std::vector<double> radii_px{};          ///< by radii_for(); empty: config.radii_px
  SumSource* sums = nullptr;               ///< none: area-weighted sums
  StarDetails* details = nullptr;          ///< filled when given
  std::span<const LocalBackground> sky{};  ///< [star] of local_backgrounds(); empty: measured here
  std::vector<LocalBackground>* sky_found = nullptr;  ///< [star] those used, when given
};

/// Measures all listed stars of one frame at the given places (forced photometry).
///
/// x_px, y_px, catalog_mag are [star]; NaN positions are allowed, and so are NaN magnitudes (no
/// neighbour flag). `frame.signal_e` still holds its background. `background_e` and
/// `background_rms_e` are maps of the frame's shape, or empty. Result rows are in the order of the
/// positions, aperture columns in that of the radii.
///
/// Sums are exact (phot/aperture_sums.hpp), the background comes from an annulus away from all
/// listed stars and unusable pixels (phot/annulus.hpp), flux and error from both
/// (phot/star_flux.hpp). Without a background, NaN flux.
///
/// One quality word serves all apertures of a point, so that every NaN has a flag:
///   edge, bad_pixel, cosmic   some aperture leaves the frame or touches an unusable pixel; exactly
///                             those apertures are NaN, the smaller ones are good
///   interpolated, bleed       such a pixel touches the largest aperture; the flux is given
///   saturated                 a saturated pixel touches the core (radius: smallest aperture or
///                             FWHM, the larger); flux given
///   background_unreliable     too few background pixels: the map's level, or NaN
///   neighbour_1pc, _10pc      see phot/neighbours.hpp; for the middle one of the radii
///   not_measured              no position, or the largest aperture lies outside the frame
///
/// Throws Error{bad_config} for unusable radii, Error{bad_input} for a FWHM that is not positive,
/// Error{internal} for unequal lengths or shapes. Collective: no.
FramePhotometry measure_frame(const Frame& frame, const Grid<float>& background_e,
                              const Grid<float>& background_rms_e, std::span<const double> x_px,
                              std::span<const double> y_px, std::span<const float> catalog_mag,
                              double fwhm_px, const ApertureConfig& config,
                              const MeasureOptions& options = {});

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"
#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"

namespace skyweft::phot {

/// Where one star's light is centred.
struct StarCentre {
  double x_px = kNaN;
  double y_px = kNaN;
  double x_err_px = kNaN;
  double y_err_px = kNaN;
  double flux_e = kNaN;
  double flux_err_e = kNaN;
  bool is_found = false;  ///< converged, within `max_shift_px` of the start
};

/// Fits flux and place of a lone star to its pixels (Stetson 1987, section III): the shape's
/// gradients are central differences of its pixel values, the weights those of
/// phot/pixel_noise.hpp, so the errors are the Cramér–Rao bound. Uses usable pixels within
/// `radius_px` of the start. Not found: an empty shape, less than 6 pixels, no light, a step that
/// never settles. Collective: no. Throws: never.
StarCentre fitted_centre(const Frame& frame, const StarShape& shape, PsfView view,
                         const SubPixelMap& subpixels, double background_e, double x_px,
                         double y_px, double radius_px, double max_shift_px);

/// Centres a Gaussian window of `fwhm_px` on the star, for stars without a shape: x ← x + 2 Σ w I
/// (x' − x) / Σ w I to 1e-4 px (Bertin & Arnouts 1996; SExtractor's XWIN). Biased towards pixel
/// centres below 2 px FWHM. Not found: an unusable pixel or the frame's edge within 4 sigma.
/// Collective: no. Throws: never.
StarCentre windowed_centre(const Frame& frame, double background_e, double x_px, double y_px,
                           double fwhm_px, double max_shift_px);

}  // namespace skyweft::phot

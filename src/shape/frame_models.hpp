// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "shape/empirical_prf.hpp"
#include "shape/parametric_fit.hpp"
#include "shape/psf_fit.hpp"

namespace skyweft::shape {

/// fit_parametric_map() for the stars of a frame as fit_psf_map() takes them: model, view, terms,
/// radius_px, max_stars, min_snr, max_rounds, tolerance and pixel_rejection_sigma of `config`
/// apply. Fluxes to choose by are sums within 1.5 FWHM of the places. `start_fwhm_px` is the width
/// of the frame's detections. Throws Error{bad_config} for wrong terms or columns. Collective: no.
ParametricFit fit_parametric_map(const ShapeFrame& stars, const SubPixelMap& subpixels,
                                 const ShapeConfig& config, double start_fwhm_px);

/// fit_empirical_prf() likewise. Without `variables` terms can name x alone.
EmpiricalPrf fit_empirical_prf(const ShapeFrame& stars, double start_fwhm_px,
                               const EmpiricalPrfConfig& config);

}  // namespace skyweft::shape

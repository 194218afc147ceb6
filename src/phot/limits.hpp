// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/units.hpp"

namespace skyweft::phot {

/// Zero point − 2.5 log10(flux); NaN when the flux is not positive: keep the flux.
double magnitude(double flux_e, double zero_point_mag);

/// 1.0857 σ/F, the error of a magnitude to first order; NaN when the flux is not positive.
double magnitude_error(double flux_e, double flux_err_e);

/// The magnitudes of F + σ and F − σ beside that of F, as distances: first order fails below S/N 5.
struct MagnitudeInterval {
  double brighter = kNaN;  ///< mag(F) − mag(F + σ)
  double fainter = kNaN;   ///< mag(F − σ) − mag(F); infinite when σ >= F
};
MagnitudeInterval magnitude_interval(double flux_e, double flux_err_e);

/// Noise of `area_px` pixels of sky, each of `rms_e`, without correlation: rms √area.
double noise_of_area_e(double area_px, double rms_e);

/// The flux that n_sigma of the noise without a source make, and its magnitude: what a source
/// needs to be seen. It does not depend on the flux that was measured.
double upper_limit_e(double n_sigma, double noise_e);
double upper_limit_mag(double n_sigma, double noise_e, double zero_point_mag);

/// The faintest source of a frame in an aperture, by the error budget and by empty apertures.
struct Depth {
  double radius_px = kNaN;
  double n_sigma = kNaN;
  double budget_e = kNaN;  ///< n_sigma of the budget
  double budget_mag = kNaN;
  double empty_e = kNaN;  ///< n_sigma of the scatter of empty apertures: correlated noise included
  double empty_mag = kNaN;
  double ratio = kNaN;  ///< empty_e / budget_e: 1 when the budget is honest
};

/// Puts both noises of one aperture into limits. NaN noise or zero point stay NaN.
/// Collective: no. Throws: never.
Depth depth_of(double radius_px, double n_sigma, double budget_noise_e, double empty_noise_e,
               double zero_point_mag);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/limits.hpp"

#include <cmath>
#include <limits>

namespace skyweft::phot {

double magnitude(double flux_e, double zero_point_mag) {
  return flux_e > 0.0 ? zero_point_mag - 2.5 * std::log10(flux_e) : kNaN;
}

double magnitude_error(double flux_e, double flux_err_e) {
  return flux_e > 0.0 ? kMagPerRelativeFlux * flux_err_e / flux_e : kNaN;
}

MagnitudeInterval magnitude_interval(double flux_e, double flux_err_e) {
  MagnitudeInterval out;
  if (!(flux_e > 0.0) || !(flux_err_e >= 0.0)) return out;
  const double relative = flux_err_e / flux_e;
  out.brighter = kMagPerRelativeFlux * std::log1p(relative);
  out.fainter = relative < 1.0 ? -kMagPerRelativeFlux * std::log1p(-relative)
                               : std::numeric_limits<double>::infinity();
  return out;
}

double noise_of_area_e(double area_px, double rms_e) {
  return rms_e * std::sqrt(area_px);
}

double upper_limit_e(double n_sigma, double noise_e) {
  return n_sigma * noise_e;
}

double upper_limit_mag(double n_sigma, double noise_e, double zero_point_mag) {
  return magnitude(upper_limit_e(n_sigma, noise_e), zero_point_mag);
}

Depth depth_of(double radius_px, double n_sigma, double budget_noise_e, double empty_noise_e,
               double zero_point_mag) {
  Depth out;
  out.radius_px = radius_px;
  out.n_sigma = n_sigma;
  out.budget_e = upper_limit_e(n_sigma, budget_noise_e);
  out.budget_mag = magnitude(out.budget_e, zero_point_mag);
  out.empty_e = upper_limit_e(n_sigma, empty_noise_e);
  out.empty_mag = magnitude(out.empty_e, zero_point_mag);
  if (budget_noise_e > 0.0) out.ratio = empty_noise_e / budget_noise_e;
  return out;
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise.hpp"

#include <cmath>

#include "core/units.hpp"
#include "phot/noise_budget.hpp"

namespace skyweft::phot {

double scintillation_rel(double diameter_m, double cy, double exposure_s, double airmass,
                         double site_height_m) {
  if (!(diameter_m > 0.0) || !(exposure_s > 0.0)) return 0.0;
  const double variance = 1e-5 * cy * cy * std::pow(diameter_m, -4.0 / 3.0) / exposure_s * airmass *
                          airmass * airmass * std::exp(-2.0 * site_height_m / 8000.0);
  return std::sqrt(variance);
}

double scintillation_mag(double diameter_m, double cy, double exposure_s, double airmass,
                         double site_height_m) {
  return kMagPerRelativeFlux *
         scintillation_rel(diameter_m, cy, exposure_s, airmass, site_height_m);
}

double young_scintillation_rel(double diameter_m, double exposure_s, double airmass,
                               double site_height_m) {
  if (!(diameter_m > 0.0) || !(exposure_s > 0.0)) return 0.0;
  return 0.09 * std::pow(100.0 * diameter_m, -2.0 / 3.0) * std::pow(airmass, 1.75) *
         std::exp(-site_height_m / 8000.0) / std::sqrt(2.0 * exposure_s);
}

NoiseTerms noise_terms(const NoiseInputs& inputs, const NoiseModelConfig& config) {
  const double area_px = kPi * inputs.aperture_radius_px * inputs.aperture_radius_px;
  const double twinkle = scintillation_rel(config.telescope_diameter_m, config.scintillation_cy,
                                           inputs.exposure_s, inputs.airmass, inputs.site_height_m);
  const NoiseBudget budget = noise_budget({.read_noise_e = inputs.read_noise_e,
                                           .gain_e_per_adu = inputs.gain_e_per_adu,
                                           .flat_error = inputs.flat_error,
                                           .scintillation_rel = twinkle},
                                          {.flux_e = inputs.flux_e,
                                           .area_px = area_px,
                                           .background_e = inputs.background_e,
                                           .n_background_px = inputs.n_background_px});
  const double mag_per_e = inputs.flux_e > 0.0 ? kMagPerRelativeFlux / inputs.flux_e : kNaN;
  NoiseTerms terms;
  terms.source = mag_per_e * budget.source_e;
  terms.sky = mag_per_e * budget.sky_e;
  terms.read = mag_per_e * std::hypot(budget.read_e, budget.quantisation_e);
  terms.background = mag_per_e * budget.background_e;
  terms.flat = mag_per_e * budget.flat_e;
  terms.scintillation = kMagPerRelativeFlux * twinkle;
  terms.systematic = config.systematic_mag;
  terms.total = std::hypot(mag_per_e * budget.total_e, config.systematic_mag);
  return terms;
}

double expected_sigma_mag(const NoiseInputs& inputs, const NoiseModelConfig& config) {
  return noise_terms(inputs, config).total;
}

}  // namespace skyweft::phot

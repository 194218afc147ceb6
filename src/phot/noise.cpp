// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/noise.hpp"

#include <cmath>

#include "core/units.hpp"

namespace skyweft::phot {

double scintillation_mag(double diameter_m, double cy, double exposure_s, double airmass,
                         double site_height_m) {
  if (!(diameter_m > 0.0) || !(exposure_s > 0.0)) return 0.0;
  const double variance = 1e-5 * cy * cy * std::pow(diameter_m, -4.0 / 3.0) / exposure_s * airmass *
                          airmass * airmass * std::exp(-2.0 * site_height_m / 8000.0);
  return kMagPerRelativeFlux * std::sqrt(variance);
}

NoiseTerms noise_terms(const NoiseInputs& inputs, const NoiseModelConfig& config) {
  const double n_px = kPi * inputs.aperture_radius_px * inputs.aperture_radius_px;
  const double quantisation_e2 = inputs.gain_e_per_adu * inputs.gain_e_per_adu / 12.0;
  const double read_e2 = inputs.read_noise_e * inputs.read_noise_e + quantisation_e2;
  const double pixel_e2 = inputs.background_e + read_e2;
  const double background_e2 = inputs.n_background_px > 0.0
                                   ? 0.5 * kPi * n_px * n_px * pixel_e2 / inputs.n_background_px
                                   : 0.0;
  const double mag_per_e = inputs.flux_e > 0.0 ? kMagPerRelativeFlux / inputs.flux_e : kNaN;

  NoiseTerms terms;
  terms.source = mag_per_e * std::sqrt(inputs.flux_e);
  terms.sky = mag_per_e * std::sqrt(n_px * inputs.background_e);
  terms.read = mag_per_e * std::sqrt(n_px * read_e2);
  terms.background = mag_per_e * std::sqrt(background_e2);
  terms.flat = mag_per_e * inputs.flat_error * inputs.flux_e;
  terms.scintillation = scintillation_mag(config.telescope_diameter_m, config.scintillation_cy,
                                          inputs.exposure_s, inputs.airmass, inputs.site_height_m);
  terms.systematic = config.systematic_mag;
  double sum = 0.0;
  for (const double t : {terms.source, terms.sky, terms.read, terms.background, terms.flat,
                         terms.scintillation, terms.systematic})
    sum += t * t;
  terms.total = std::sqrt(sum);
  return terms;
}

double expected_sigma_mag(const NoiseInputs& inputs, const NoiseModelConfig& config) {
  return noise_terms(inputs, config).total;
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <tuple>

#include "core/fields.hpp"

namespace skyweft::phot {

struct NoiseModelConfig {
  double telescope_diameter_m = 0.0;
  double scintillation_cy = 1.5;
  double systematic_mag = 0.0;

  static constexpr auto fields() {
    return std::tuple{
        field("telescope_diameter_m", &NoiseModelConfig::telescope_diameter_m, "m",
              "diameter of the aperture, for scintillation; 0: no scintillation term",
              non_negative),
        field("scintillation_cy", &NoiseModelConfig::scintillation_cy, "",
              "site coefficient C_Y of Osborn et al. 2015 (1.3 to 1.7)", non_negative),
        field("systematic_mag", &NoiseModelConfig::systematic_mag, "mag",
              "floor added in quadrature to every star", non_negative)};
  }
};

/// One star in one aperture on a typical frame.
struct NoiseInputs {
  double flux_e = 0.0;  ///< in the aperture, background removed
  double aperture_radius_px = 0.0;
  double background_e = 0.0;  ///< sky plus dark current, per pixel
  double read_noise_e = 0.0;
  double gain_e_per_adu = 0.0;   ///< for quantisation noise; 0: none
  double n_background_px = 0.0;  ///< annulus pixels; 0: background known exactly
  double flat_error = 0.0;
  double exposure_s = 0.0;
  double airmass = 1.0;
  double site_height_m = 0.0;
};

/// The parts of the expected scatter, each in magnitudes; `total` is their quadratic sum.
struct NoiseTerms {
  double source = 0.0;
  double sky = 0.0;
  double read = 0.0;        ///< read-out and quantisation
  double background = 0.0;  ///< error of the background level
  double flat = 0.0;
  double scintillation = 0.0;
  double systematic = 0.0;
  double total = 0.0;
};

/// Computes the expected scatter of a star by its causes (science.md 3.16; Merline & Howell 1995).
///
/// The parts are those of noise_budget() (noise_budget.hpp) in magnitudes. A median background is
/// taken, so its error carries π/2. All terms but the last two are NaN when the flux is not
/// positive. Collective: no. Throws: never.
NoiseTerms noise_terms(const NoiseInputs& inputs, const NoiseModelConfig& config = {});

/// The total of noise_terms(), mag.
double expected_sigma_mag(const NoiseInputs& inputs, const NoiseModelConfig& config = {});

/// Computes the relative rms that scintillation adds to a flux:
/// σ² = 1e-5 C_Y² D^(−4/3) t^(−1) X³ exp(−2h/8000 m) (Osborn et al. 2015, MNRAS 452, 1707, eq. 7).
///
/// For exposures longer than the shadow pattern takes to cross the aperture, some 0.6 D/wind (0.06
/// s for 1 m and 10 m/s); a shorter one scatters less than this, as the noise grows no further. A
/// point of flux F takes it up as σ² += (F σ_scint)². 0 when diameter or exposure is not positive.
/// Collective: no. Throws: never.
double scintillation_rel(double diameter_m, double cy, double exposure_s, double airmass,
                         double site_height_m);

/// The same in magnitudes. Collective: no. Throws: never.
double scintillation_mag(double diameter_m, double cy, double exposure_s, double airmass,
                         double site_height_m);

/// The older form, for comparison: 0.09 D^(−2/3) X^1.75 exp(−h/8000 m) (2t)^(−1/2) with D in cm
/// (Young 1967, AJ 72, 747). It has no site coefficient and is below what good sites measure by
/// about the 1.5 that Osborn et al. find. 0 when diameter or exposure is not positive.
/// Collective: no. Throws: never.
double young_scintillation_rel(double diameter_m, double exposure_s, double airmass,
                               double site_height_m);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "core/units.hpp"

namespace skyweft::phot {

/// What the errors of all stars of one frame have in common. Levels are per pixel.
struct FrameNoise {
  double read_noise_e = 0.0;
  double gain_e_per_adu = 0.0;     ///< for quantisation, g²/12; 0: none
  double dark_e = 0.0;             ///< dark current in this exposure; 0: unknown, part of the sky
  double dark_err_e = 0.0;         ///< error of the master dark, scaled to this exposure
  double bias_err_e = 0.0;         ///< error of the master bias (and overscan)
  double flat_error = 0.0;         ///< relative error of the flat field under a star
  double scintillation_rel = 0.0;  ///< scintillation_rel() of noise.hpp
};

/// One star in one aperture, or in one PSF fit with the background held.
///
/// For a fit with weights p/Σp², `area_px` and `pixel_area_px` both are the noise-equivalent area
/// 1/Σp² and `source_factor` is Σp³/(Σp²)²; for weights of the true variances it is near 1 (King
/// 1983, PASP 95, 163).
struct StarNoise {
  double flux_e = 0.0;             ///< background removed; below zero counts as zero
  double area_px = 0.0;            ///< Σw: takes the error of the background level
  double pixel_area_px = kNaN;     ///< Σw²: takes what differs from pixel to pixel; NaN: area_px
  double source_factor = 1.0;      ///< Σw² f / Σw f of the star's light f
  double background_e = 0.0;       ///< sky and dark current, per pixel; below zero counts as zero
  double background_err_e = kNaN;  ///< of the level; NaN: of a median of n_background_px pixels
  double n_background_px = 0.0;    ///< 0 (and no background_err_e): the level is exact
};

/// The parts of the error of one flux, electrons rms; `total_e` is their quadratic sum.
struct NoiseBudget {
  double source_e = 0.0;
  double sky_e = 0.0;
  double read_e = 0.0;
  double quantisation_e = 0.0;
  double dark_e = 0.0;  ///< noise of the dark current and error of the master dark
  double bias_e = 0.0;  ///< error of the master bias
  double flat_e = 0.0;
  double background_e = 0.0;  ///< error of the background level
  double scintillation_e = 0.0;
  double total_e = 0.0;
};

/// Computes the error of a flux by its causes, with F⁺ = max(flux, 0), A = area, n = pixel area:
///   σ² = s F⁺ + n (sky + R² + g²/12 + dark + σ_dark² + σ_bias²) + A² σ_B² + (ε_flat F⁺)²
///      + (σ_scint F⁺)²
/// (Merline & Howell 1995, Experimental Astronomy 6, 163; master errors as in the variance of a
/// calibrated pixel). σ_B² = π/2 · (pixel variance)/n_B for a median of n_B pixels that carry the
/// same terms. The sky is what of the background is not dark current. No part is lost for a flux
/// below zero, so that a star not seen has its error too. NaN in, NaN out. Collective: no. Throws:
/// never.
NoiseBudget noise_budget(const FrameNoise& frame, const StarNoise& star) noexcept;

/// Columns of stars for noise_columns(): each [star], or of length 1 and valid for all. An empty
/// one has the value that StarNoise has by default.
struct StarNoiseColumns {
  std::span<const float> flux_e{};  ///< [star], decides how many there are
  std::span<const float> area_px{};
  std::span<const float> pixel_area_px{};
  std::span<const float> source_factor{};
  std::span<const float> background_e{};
  std::span<const float> background_err_e{};
  std::span<const float> n_background_px{};
};

/// Where noise_columns() writes: each [star], or empty and not written.
struct NoiseBudgetColumns {
  std::span<float> source_e{};
  std::span<float> sky_e{};
  std::span<float> read_e{};
  std::span<float> quantisation_e{};
  std::span<float> dark_e{};
  std::span<float> bias_e{};
  std::span<float> flat_e{};
  std::span<float> background_e{};
  std::span<float> scintillation_e{};
  std::span<float> total_e{};
};

/// noise_budget() for all stars of a frame. Throws Error{internal} for columns of unequal length.
/// Collective: no.
void noise_columns(const FrameNoise& frame, const StarNoiseColumns& in,
                   const NoiseBudgetColumns& out);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "phot/annulus.hpp"
#include "phot/aperture_config.hpp"
#include "phot/aperture_sums.hpp"
#include "phot/nearest_pixels.hpp"

namespace skyweft::phot {

/// The circles of a frame, in the order of the products.
struct ApertureSet {
  std::vector<double> radii_px;
  double largest_px = 0.0;
  double core_px = 0.0;  ///< smallest aperture or FWHM, the larger; at most the largest aperture
};

/// `radii_px` must not be empty.
ApertureSet aperture_set(std::vector<double> radii_px, double fwhm_px);

/// Turns a star's sums into fluxes and errors [radius] and returns its quality bits, those of the
/// background included; the sums may be area-weighted or weighted by the star's shape.
///
///   flux = Σ k I − area B − g·Σ k Δ,
///   σ² = Σ k² V + area² σ_B² + n c² + (flat_error · flux)²           (science.md 3.11)
///
/// with B, σ_B and the slope g of the background, c the error offset and n the pixels touched. With
/// `parity` Σ k² σ_B² stands for area² σ_B². The level goes in as the float that is stored. An
/// aperture that is not clean (Nearest::is_clean) is NaN, and so is every one without a background.
/// Collective: no. Throws: never.
QualityBits finish_star(const ApertureSet& apertures, std::span<const ApertureSum> sums,
                        const LocalBackground& background, const Nearest& nearest,
                        const ApertureConfig& config, std::span<float> flux_e,
                        std::span<float> flux_err_e) noexcept;

}  // namespace skyweft::phot

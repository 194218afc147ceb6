// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::phot {

/// Computes the part of a round Gaussian's light that falls into a circle whose centre is
/// `distance_px` away. Absolute error below 1e-6. Collective: no. Throws: never.
double gaussian_in_circle(double distance_px, double radius_px, double sigma_px);

/// Computes for each star the light of all other stars inside its aperture, over its own light
/// there.
///
/// Stars are round Gaussians of the frame's FWHM with fluxes from their catalogue magnitudes; those
/// further than the radius plus 5 sigma add nothing. NaN for a star without place or magnitude; as
/// a neighbour such a star adds nothing. Collective: no. Throws: never.
std::vector<double> neighbour_light(std::span<const double> x_px, std::span<const double> y_px,
                                    std::span<const float> catalog_mag, double fwhm_px,
                                    double radius_px);

}  // namespace skyweft::phot

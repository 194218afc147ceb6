// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "phot/shapes_of_stars.hpp"

namespace skyweft::phot {

/// The listed stars of a frame as crowding needs them: borrowed columns [star].
struct CrowdedField {
  std::span<const double> x_px;
  std::span<const double> y_px;
  std::span<const float> mag;  ///< NaN: not known
  const StarShapes& shapes;
  double fwhm_px = 0.0;  ///< of round Gaussians, where there are no shapes at all
};

/// What apertures share between a star and its neighbours, [star][radius].
struct Crowding {
  std::int64_t n_radius = 0;
  std::vector<double> enclosed;    ///< part of the star's light inside its aperture
  std::vector<double> neighbours;  ///< light of all others inside, over the star's light inside

  double at(const std::vector<double>& column, std::int64_t star, std::int64_t radius) const {
    return column[static_cast<std::size_t>(star * n_radius + radius)];
  }
};

/// Computes crowding from places, catalogue magnitudes and shapes (science.md 3.11): the dilution
/// of a star is 1 / (1 + neighbours).
///
/// `enclosed` is NaN for a star without place or shape, `neighbours` for one without magnitude too;
/// as a neighbour such a star adds nothing, and neither does one that would add less than 1e-6 of
/// the star's total light. Errors: 1e-6 (light_in_circle.hpp). Cost: one integral per star and
/// radius (of a bicubic map: one per term and radius) and one per pair of near stars and radius.
/// Throws Error{internal} for unequal lengths, Error{bad_config} because of "radius_px" for a
/// radius that is not positive. Collective: no.
Crowding crowding_of(const CrowdedField& field, std::span<const double> radii_px);

/// A star that adds light to an aperture.
struct CrowdingStar {
  std::int64_t star = 0;
  double distance_px = 0.0;
  double delta_mag = 0.0;     ///< its magnitude minus the target's: negative is brighter
  double contribution = 0.0;  ///< its light inside over the target's light inside
};

/// Lists the stars that add at least `min_contribution` of the light of star `star` to its
/// aperture, the largest first (ties by index). Empty where the star has no place, magnitude or
/// shape. Looks through all stars: for a few targets. Throws as crowding_of(). Collective: no.
std::vector<CrowdingStar> crowding_stars(const CrowdedField& field, std::int64_t star,
                                         double radius_px, double min_contribution);

}  // namespace skyweft::phot

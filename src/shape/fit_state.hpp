// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "shape/joint_fluxes.hpp"
#include "shape/map_space.hpp"

namespace skyweft::shape {

/// What is known of the stars between two descents. Arrays over pixels are [patch][ny][sx].
struct FitState {
  StarPatches patches;
  std::vector<Overlap> overlap;
  std::vector<Shadow> shadow;
  Rows kappa;                       ///< [patch][n_term]
  std::vector<double> variance_e2;  ///< that weights are made of
  std::vector<double> model;        ///< of flux 1
  std::vector<double> light_e;      ///< of all stars
  std::vector<double> flux_e;       ///< [patch]
};

/// Sets weights from the variances: 1 / (variance + background error²), in parity 1 / variance.
/// For the shape, pixels that a spoiling star reaches have none; nor has any that an unmodelled one
/// reaches. Throws: never.
void set_weights(FitState& state, bool parity);

/// Sets models, fluxes of all patches, the light of all stars, and what the used stars have to
/// explain: the excess less the light of the others. `shape` is [n_term][n_free]. Throws: never.
void measure(FitState& state, const MapSpace& space, const Rows& shape);

/// Replaces the variances by what the model's light says of them: v = level of the star + slope of
/// the frame × light, by least squares, so that a pixel's own noise is no part of its weight.
/// What a pixel has beyond one and a half times what its light explains is added. Throws: never.
void model_variances(FitState& state);

/// Removes pixels further than config.pixel_rejection_sigma from the model, in units of the larger
/// of their error and the rms of the star's others but the three worst, and by more than
/// config.max_misfit of the light there. Returns how many.
std::int64_t reject_pixels(FitState& state, const ShapeConfig& config);

/// How well a star's own pixels fit.
struct PatchQuality {
  std::int64_t n_pixel = 0;
  double chi2 = 0.0;
  double light = 0.0;  ///< Σ w light²

  double misfit() const noexcept { return chi2 - static_cast<double>(n_pixel); }
  double chi2_dof() const noexcept {
    return n_pixel > 1 ? chi2 / static_cast<double>(n_pixel - 1) : kNaN;
  }
};
PatchQuality quality_of(const FitState& state, std::size_t i_patch);

/// Takes stars out of the shape that are none, or do not fit: chi2_dof above config.max_chi2, or
/// χ² − n beyond five standard deviations of χ² and its root above max_misfit of the light's
/// signal-to-noise, and above three times what half of the stars have: a grid too coarse for the
/// stars is no fault of any of them. Sets their `why`; their pixels are spoilt. Returns how many.
std::int64_t reject_stars(FitState& state, const ShapeConfig& config,
                          std::vector<StarFits>& report);

/// Takes pairs out of the shape whose models are the same to 2 % (correlation above 0.98).
std::int64_t reject_blends(FitState& state, std::vector<StarFits>& report);

/// The standard error of a flux, fitted with the star's direct neighbours, with the error of the
/// background, which all pixels share.
double flux_error(const FitState& state, std::size_t i_patch,
                  const std::vector<std::vector<std::size_t>>& overlaps_of);

}  // namespace skyweft::shape

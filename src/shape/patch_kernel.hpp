// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "shape/star_patches.hpp"

namespace skyweft::shape {

/// The shapes of all stars: node parameters base + Σ_k kappa[k] term[k] of a star.
struct ShapeBasis {
  std::size_t n_term = 0;
  std::vector<double> base;  ///< [n_node]
  std::vector<double> term;  ///< [n_term][n_node]
};

/// Memory that the kernels work in.
struct PatchScratch {
  std::vector<double> shape;   ///< [n_node]
  std::vector<double> lines;   ///< [nb][sx]
  std::vector<double> model;   ///< [ny][sx]
  std::vector<double> slope;   ///< [n_node]
  std::vector<double> column;  ///< [4][sx]
  explicit PatchScratch(const PatchLayout& l)
      : shape(l.n_node()),
        lines(l.nb * l.sx),
        model(l.n_pixel()),
        slope(l.n_node()),
        column(4 * l.sx) {}
};

/// What one star's own pixels say of its flux.
struct PatchFit {
  double flux = 0.0;      ///< Σ w m t / Σ w m², 0 without weight
  double strength = 0.0;  ///< Σ w m²
  double chi2 = 0.0;      ///< Σ w (t − flux m)²
};

/// Computes what a star of flux 1 gives each pixel, [ny][sx]. Throws: never.
void patch_model(const PatchLayout& l, const double* table, const std::uint16_t* band,
                 const ShapeBasis& basis, const double* kappa, PatchScratch& scratch,
                 double* model);

/// Adds to `gradient` [n_term][n_node] the derivatives of Σ pull · flux · model by the terms: the
/// adjoint of patch_model(). `pull` is [ny][sx]. Throws: never.
void patch_gradient(const PatchLayout& l, const double* table, const std::uint16_t* band,
                    const double* kappa, std::size_t n_term, double flux, const double* pull,
                    PatchScratch& scratch, double* gradient);

/// Model, flux and gradient of a star whose pixels no other used star shares. Throws: never.
PatchFit fit_patch(const PatchLayout& l, const double* table, const std::uint16_t* band,
                   const ShapeBasis& basis, const double* kappa, const double* target,
                   const double* weight, PatchScratch& scratch, double* gradient);

}  // namespace skyweft::shape

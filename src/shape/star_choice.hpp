// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/terms.hpp"
#include "shape/psf_fit.hpp"
#include "shape/star_patches.hpp"

namespace skyweft::shape {

/// A rectangle of pixels that two patches share; a < b.
struct Overlap {
  std::size_t a = 0;
  std::size_t b = 0;
  std::size_t at_a = 0;  ///< its first pixel in [ny][sx] of each
  std::size_t at_b = 0;
  std::size_t nx = 0;
  std::size_t ny = 0;
};

/// A rectangle of a patch that a star reaches whose light is not modelled.
struct Shadow {
  std::size_t patch = 0;
  std::size_t at = 0;
  std::size_t nx = 0;
  std::size_t ny = 0;
};

/// The stars that take part: those used for the shape and those that share pixels with them.
struct StarChoice {
  std::vector<Patch> patch;  ///< ascending frame, then star
  std::vector<Overlap> overlap;
  std::vector<Shadow> shadow;
  std::vector<double> kappa;     ///< [patch][n_term], as the terms give them
  std::vector<StarFits> report;  ///< [frame] with `why` filled in
};

/// Chooses by what can be seen without a shape: pixels, saturation, background, variables and
/// signal-to-noise of the sum over the window; equal stars go by frame and number.
/// Collective: no. Throws Error{bad_config} for unknown variables.
StarChoice choose_stars(std::span<const ShapeFrame> frames, const ShapeConfig& config,
                        const Terms& terms, const PatchLayout& layout);

}  // namespace skyweft::shape

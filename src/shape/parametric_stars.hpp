// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "shape/parametric_fit.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::shape {

/// A star whose light is modelled, with the pixels of its window.
struct ModelledStar {
  std::int64_t star = 0;
  double x_px = 0.0;
  double y_px = 0.0;
  bool shapes = false;  ///< its pixels define the shape; else only its light in theirs counts
  PixelWindow window;
  std::vector<double> data;       ///< (v − B)/σ, row by row; 0 where not used
  std::vector<double> weight;     ///< 1/σ; 0 where not used
  std::vector<std::uint8_t> own;  ///< 1 where no earlier star of the list has the pixel
};

struct ModelledStars {
  std::vector<ModelledStar> member;
  std::vector<std::pair<std::size_t, std::size_t>> overlap;  ///< a < b, ascending
  std::int64_t n_pixel = 0;
};

/// Which stars and pixels are out: grows by rejection.
struct Rejected {
  std::vector<std::uint8_t> star;    ///< [star]
  std::vector<std::int64_t> pixels;  ///< iy · nx + ix, ascending
};

/// Chooses stars and their neighbours and gathers their pixels (fit_parametric_map() says which).
/// Collective: no. Throws: never.
ModelledStars gather_stars(const StarInput& input, const ParametricConfig& config, double reach_px,
                           const Rejected& rejected);

/// The part that two windows share; size() is 0 when there is none.
PixelWindow shared_window(const PixelWindow& a, const PixelWindow& b);

}  // namespace skyweft::shape

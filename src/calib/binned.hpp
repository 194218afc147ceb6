// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

/// An image in cells of factor × factor pixels; cells at the far edges may be smaller. A cell holds
/// the mean of its usable pixels, so that mean × area is the flux of the cell as it would be
/// without bad pixels, and Σ mean × area is the flux of an unmasked image.
struct BinnedImage {
  Grid<float> mean;     ///< [cells in y][cells in x]; NaN: too few usable pixels
  std::int64_t nx = 0;  ///< of the full image
  std::int64_t ny = 0;
  std::int64_t factor = 1;

  /// Pixels in a cell.
  std::int64_t area(std::int64_t ix, std::int64_t iy) const;
  /// The place of a column's (a row's) centre in the full image, pixels.
  double x_px(std::int64_t ix) const;
  double y_px(std::int64_t iy) const;
};

/// Averages the pixels of each cell that are finite and not masked (mask::unusable). Cells with
/// less than `min_valid` of their pixels left become NaN. `bits` may be empty: nothing masked.
/// Throws Error{internal} for a factor below 1 or a mask of another shape. Collective: no.
BinnedImage bin_image(const Grid<float>& image, const Mask& bits, std::int64_t factor,
                      double min_valid = 0.5);

/// The indices at which box_median() samples an axis of n cells: evenly spread, at most `step`
/// apart, the first and the last among them. Collective: no. Throws: never.
std::vector<std::int64_t> sample_indices(std::int64_t n, std::int64_t step);

/// The median of the finite cells in a box around every sampled cell; NaN where there is none.
///
/// The box is `size` cells wide, an even size counting as the next odd one, so that it has a
/// centre. Near an edge it shrinks alike on both sides (but not below 3 cells, which the edge
/// cuts), so that a slope is not flattened there. With `step` > 1 only every step-th cell is
/// computed (sample_indices() of each axis): neighbouring medians share most of their cells. Result
/// [samples in y][samples in x]. Throws Error{internal} for size or step below 1. Collective: no.
Grid<float> box_median(const Grid<float>& cells, std::int64_t size, std::int64_t step = 1);

}  // namespace skyweft::calib

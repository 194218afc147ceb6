// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "calib/binned.hpp"
#include "calib/sky_flat_config.hpp"
#include "calib/smooth_surface.hpp"
#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

// A sky flat carries the gradient of the twilight of its moment. Every frame f is therefore brought
// to one large-scale shape L before the frames are stacked: f' = f × smooth(L / f). Smooth shapes
// need no full resolution, so L is an image of cells (1/16 of the pixels), and what a frame is
// multiplied by is a spline of some 64 numbers. Per frame: flat_cells(); over all frames, cell by
// cell: reference_cells(); per frame: model_of_flat(); then, row by row, correct_flat_row().

/// A flat frame (bias and dark subtracted) as cells of bin_factor² pixels, divided by their mean.
struct FlatCells {
  BinnedImage cells;       ///< mean of the finite cells 1
  double level_adu = 0.0;  ///< what they were divided by
};

/// Throws Error{bad_input} because of "flat_cells" when fewer than a tenth of the cells have a
/// value, of "flat_level_adu" when their mean is not positive. Collective: no.
FlatCells flat_cells(const Grid<float>& adu, const Mask& bits, const SkyFlatConfig& config);

/// The large-scale reference: per cell the median over frames, after one rejection of frames
/// further than reference_clip sigmas (1.4826 MAD). `samples` is [n_frame][n_cell] of FlatCells;
/// NaN is skipped; cells with fewer than reference_min_frames values (than one, where there are
/// fewer frames) become NaN. Every cell is on its own: the cells may be cut into strips at will.
/// Result [n_cell]. Throws Error{internal} for a wrong length. Collective: no.
std::vector<float> reference_cells(std::span<const float> samples, std::int64_t n_frame,
                                   std::int64_t n_cell, const SkyFlatConfig& config);

/// What is needed to correct any row of a frame.
struct FlatModel {
  double level_adu = 1.0;  ///< divide by this…
  SmoothSurface ratio;     ///< …and multiply with this
  double deviation = 0.0;  ///< largest |smooth(f'/L) − 1| in the central part
};

/// The smooth surface through cells: box median of filter_size cells, then a cubic spline with
/// x_nodes × y_nodes inner knots and rejection (fit_surface()). The spline is evaluated at full
/// resolution as it is; the cells' totals are not enforced (their noise is what is smoothed away).
/// Boxes shrink towards the edges (box_median()), so the outermost filter_size / 2 cells are the
/// noisiest: a corner follows the median of its 4 cells.
/// Throws Error{numeric} because of "surface_points" when no cell has a value. Collective: no.
SmoothSurface smooth_cells(const BinnedImage& cells, const SkyFlatConfig& config);

/// smooth(L / f): brings a frame to the reference's shape. `reference` and the frame's cells have
/// one shape; only cells positive in both count. Throws Error{internal} when they differ in shape,
/// Error{bad_input} because of "flat_cells" when fewer than a tenth of the cells count.
/// Collective: no.
SmoothSurface large_scale_ratio(const Grid<float>& reference, const BinnedImage& cells,
                                const SkyFlatConfig& config);

/// The cloud test of a corrected frame: max |median(f × ratio / L) − 1|, the median over boxes of
/// cloud_filter_size cells, the maximum over the central cloud_area of each axis: corners have the
/// least light and the smallest boxes, and would be found cloudy by their noise. 0 where no cell
/// counts. Collective: no.
double large_scale_deviation(const Grid<float>& reference, const BinnedImage& cells,
                             const SmoothSurface& ratio, const SkyFlatConfig& config);

/// Level, ratio and deviation of a frame in one call. The frame is cloudy when the deviation is
/// above cloud_deviation. Throws what large_scale_ratio() throws. Collective: no.
FlatModel model_of_flat(const Grid<float>& reference, const FlatCells& flat,
                        const SkyFlatConfig& config);

/// Multiplies row `iy` of a frame, which prepare_flat_row() divided by model.level_adu, with the
/// model's ratio. `scratch` and `row` are [nx]. Throws Error{internal} for a wrong length.
/// Collective: no.
void correct_flat_row(const SmoothSurface& ratio, std::int64_t iy, std::span<float> row,
                      std::span<float> scratch);

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/sky_flat.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

constexpr double kMinCells = 0.1;  ///< part of the cells that must have a value

void require_cells(std::int64_t n_good, std::int64_t n_all) {
  const double part = n_all > 0 ? static_cast<double>(n_good) / static_cast<double>(n_all) : 0.0;
  if (part < kMinCells || n_good == 0)
    throw Error{Errc::bad_input,
                "hardly any part of a flat frame has usable pixels; is it saturated or masked?"}
        .because({"flat_cells", part, kMinCells});
}

/// Cells between medians: these share most of their boxes.
std::int64_t step_of(std::int64_t size) {
  return std::max<std::int64_t>(1, size / 3);
}

/// Positions of the medians along an axis, by `px` of a cell index.
template <class Px>
std::vector<double> sample_px(std::int64_t n_cell, std::int64_t step, Px px) {
  std::vector<double> at;
  for (const std::int64_t i : sample_indices(n_cell, step)) at.push_back(px(i));
  return at;
}

bool in_centre(double px, std::int64_t n, double part) {
  const double middle = 0.5 * static_cast<double>(n - 1);
  return std::abs(px - middle) <= 0.5 * part * static_cast<double>(n);
}

void require_same_shape(const Grid<float>& reference, const BinnedImage& cells) {
  if (!same_shape(reference, cells.mean))
    throw Error{Errc::internal, "the large-scale reference and a flat differ in shape"};
}

}  // namespace

FlatCells flat_cells(const Grid<float>& adu, const Mask& bits, const SkyFlatConfig& config) {
  FlatCells out{.cells = bin_image(adu, bits, config.bin_factor), .level_adu = 0.0};
  double sum = 0.0;
  std::int64_t n = 0;
  for (const float v : out.cells.mean.pixels())
    if (std::isfinite(v)) {
      sum += static_cast<double>(v);
      ++n;
    }
  require_cells(n, out.cells.mean.size());
  out.level_adu = sum / static_cast<double>(n);
  if (!(out.level_adu > 0.0))
    throw Error{Errc::bad_input,
                "a flat frame has no light left after bias and dark; was it exposed?"}
        .because({"flat_level_adu", out.level_adu, 0.0});
  for (float& v : out.cells.mean.pixels())
    v = static_cast<float>(static_cast<double>(v) / out.level_adu);
  return out;
}

std::vector<float> reference_cells(std::span<const float> samples, std::int64_t n_frame,
                                   std::int64_t n_cell, const SkyFlatConfig& config) {
  const auto n = static_cast<std::size_t>(n_frame);
  const auto width = static_cast<std::size_t>(n_cell);
  if (samples.size() != n * width)
    throw Error{Errc::internal, "reference_cells: samples are not [n_frame][n_cell]"};
  const auto needed = static_cast<std::size_t>(
      std::max<std::int64_t>(1, std::min(config.reference_min_frames, n_frame)));
  std::vector<float> out(width, kNaNf);
  std::vector<float> column(n);
  std::vector<float> off(n);
  for (std::size_t i = 0; i < width; ++i) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < n; ++k)
      if (const float v = samples[k * width + i]; std::isfinite(v)) column[kept++] = v;
    if (kept < needed) continue;
    const float median = median_in_place(std::span<float>{column.data(), kept});
    for (std::size_t k = 0; k < kept; ++k) off[k] = std::abs(column[k] - median);
    const double limit = config.reference_clip * kMadToSigma *
                         static_cast<double>(median_in_place(std::span<float>{off.data(), kept}));
    const auto end =
        std::partition(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(kept),
                       [&](float v) { return static_cast<double>(std::abs(v - median)) <= limit; });
    const auto left = static_cast<std::size_t>(end - column.begin());
    if (left >= needed) out[i] = median_in_place(std::span<float>{column.data(), left});
  }
  return out;
}

SmoothSurface smooth_cells(const BinnedImage& cells, const SkyFlatConfig& config) {
  const std::int64_t step = step_of(config.filter_size);
  const auto x = sample_px(cells.mean.nx(), step, [&](auto i) { return cells.x_px(i); });
  const auto y = sample_px(cells.mean.ny(), step, [&](auto i) { return cells.y_px(i); });
  return fit_surface({.nx = cells.nx,
                      .ny = cells.ny,
                      .n_node_x = config.x_nodes,
                      .n_node_y = config.y_nodes},
                     x, y, box_median(cells.mean, config.filter_size, step),
                     {.clip_sigma = config.surface_clip, .max_rounds = config.surface_rounds})
      .surface;
}

SmoothSurface large_scale_ratio(const Grid<float>& reference, const BinnedImage& cells,
                                const SkyFlatConfig& config) {
  require_same_shape(reference, cells);
  BinnedImage ratio = cells;
  std::int64_t n_good = 0;
  for (std::size_t i = 0; i < reference.pixels().size(); ++i) {
    const float l = reference.pixels()[i];
    float& v = ratio.mean.pixels()[i];
    const bool ok = l > 0.0F && v > 0.0F && std::isfinite(l / v);
    v = ok ? l / v : kNaNf;
    n_good += ok ? 1 : 0;
  }
  require_cells(n_good, reference.size());
  return smooth_cells(ratio, config);
}

double large_scale_deviation(const Grid<float>& reference, const BinnedImage& cells,
                             const SmoothSurface& ratio, const SkyFlatConfig& config) {
  require_same_shape(reference, cells);
  Grid<float> corrected(reference.nx(), reference.ny(), kNaNf);
  std::vector<float> row(static_cast<std::size_t>(cells.nx));
  for (std::int64_t iy = 0; iy < reference.ny(); ++iy) {
    ratio.evaluate_row(static_cast<std::int64_t>(cells.y_px(iy)), row);
    for (std::int64_t ix = 0; ix < reference.nx(); ++ix) {
      const float l = reference(ix, iy);
      const float r = row[static_cast<std::size_t>(cells.x_px(ix))];
      if (l > 0.0F) corrected(ix, iy) = cells.mean(ix, iy) * r / l;
    }
  }
  const std::int64_t step = std::max<std::int64_t>(1, config.cloud_filter_size / 2);
  const Grid<float> smooth = box_median(corrected, config.cloud_filter_size, step);
  const auto x = sample_px(reference.nx(), step, [&](auto i) { return cells.x_px(i); });
  const auto y = sample_px(reference.ny(), step, [&](auto i) { return cells.y_px(i); });
  double worst = 0.0;
  for (std::size_t j = 0; j < y.size(); ++j)
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!in_centre(x[i], cells.nx, config.cloud_area) ||
          !in_centre(y[j], cells.ny, config.cloud_area))
        continue;
      const auto v =
          static_cast<double>(smooth(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)));
      if (std::isfinite(v)) worst = std::max(worst, std::abs(v - 1.0));
    }
  return worst;
}

FlatModel model_of_flat(const Grid<float>& reference, const FlatCells& flat,
                        const SkyFlatConfig& config) {
  FlatModel model{.level_adu = flat.level_adu,
                  .ratio = large_scale_ratio(reference, flat.cells, config),
                  .deviation = 0.0};
  model.deviation = large_scale_deviation(reference, flat.cells, model.ratio, config);
  return model;
}

void correct_flat_row(const SmoothSurface& ratio, std::int64_t iy, std::span<float> row,
                      std::span<float> scratch) {
  if (row.size() != scratch.size())
    throw Error{Errc::internal, "correct_flat_row: row and scratch differ in length"};
  ratio.evaluate_row(iy, scratch);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] *= scratch[i];
}

}  // namespace skyweft::calib

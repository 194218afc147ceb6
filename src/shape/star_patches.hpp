// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/subpixel_map.hpp"
#include "shape/psf_fit.hpp"

namespace skyweft::shape {

/// Sizes that all patches share. Rows of pixels are padded to `sx`, rows of functions to `sa`
/// (multiples of 4, zeros behind), so that loops along them need no remainder.
struct PatchLayout {
  std::size_t nx = 0;  ///< pixels; as many as the grid can overlap
  std::size_t ny = 0;
  std::size_t na = 0;  ///< Hermite functions along x, two per inner node (node_basis.hpp)
  std::size_t nb = 0;  ///< along y
  std::size_t sx = 0;
  std::size_t sa = 0;
  std::size_t rank = 1;  ///< products of an x and a y part that make up the sub-pixel map

  std::size_t n_pixel() const noexcept { return ny * sx; }
  std::size_t n_node() const noexcept { return nb * sa; }
  std::size_t x_at(std::size_t r) const noexcept { return r * (na * sx + nx * sa + ny * nb); }
  std::size_t x_turned_at(std::size_t r) const noexcept { return x_at(r) + na * sx; }
  std::size_t y_at(std::size_t r) const noexcept { return x_turned_at(r) + nx * sa; }
  std::size_t n_table() const noexcept { return x_at(rank); }
  std::size_t n_band() const noexcept { return 2 * (ny + nb); }
};

/// One star and the square of pixels about it.
struct Patch {
  std::size_t frame = 0;
  std::size_t star = 0;
  std::int64_t first_x = 0;  ///< may lie outside the frame; pixels there have no weight
  std::int64_t first_y = 0;
  bool used = false;    ///< for the shape; else its light is only modelled
  bool spoils = false;  ///< pixels in its window are no good for the shape
  double background_var_e2 = 0.0;
};

/// The pixels of stars and what the map's basis gives each of them: pixel p of a star is
/// Σ_r Σ_ab x_r[a][px] y_r[b][py] q[b][a], q[2 iy + (k >> 1)][2 ix + (k & 1)] the node parameters.
struct StarPatches {
  PatchLayout layout;
  std::vector<Patch> patch;
  std::vector<double> table;  ///< [patch][rank]{x [na][sx], x turned [nx][sa], y [ny][nb]}
  /// [patch]{[ny][2] functions that a row sees, [nb][2] rows that a function reaches}
  std::vector<std::uint16_t> band;
  // [patch][ny][sx]
  std::vector<double> excess_e;     ///< signal − background; 0 where unusable
  std::vector<double> variance_e2;  ///< as given; 0: not usable
  std::vector<double> noise_e2;     ///< background_err²; shared pixels have their stars' mean
  std::vector<double> target_e;     ///< what the used stars have to explain
  std::vector<double> weight;       ///< [1/e-²] for the shape
  std::vector<double> weight_all;   ///< for fluxes

  const double* table_of(std::size_t i) const { return table.data() + i * layout.n_table(); }
  const std::uint16_t* band_of(std::size_t i) const { return band.data() + i * layout.n_band(); }
  std::span<double> row(std::vector<double>& v, std::size_t i) const {
    return {v.data() + i * layout.n_pixel(), layout.n_pixel()};
  }
  std::span<const double> row(const std::vector<double>& v, std::size_t i) const {
    return {v.data() + i * layout.n_pixel(), layout.n_pixel()};
  }
};

PatchLayout patch_layout(const ShapeConfig& config, PsfView view, const SubPixelMap& subpixels);

/// The first pixel, along one axis, that a grid beginning at `first_line_px` from a star overlaps.
std::int64_t first_pixel(double star_px, double first_line_px);

/// Reads the pixels of out.patch and computes their tables; weights are left 0. Throws: never.
void fill_patches(std::span<const ShapeFrame> frames, const ShapeConfig& config, PsfView view,
                  const SubPixelMap& subpixels, StarPatches& out);

}  // namespace skyweft::shape

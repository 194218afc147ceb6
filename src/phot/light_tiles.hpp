// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/psf_map.hpp"
#include "phot/light_cells.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::phot {

/// One axis of a window, cut at the edges of pixels, at the grid lines of a star's shape and at the
/// star itself. Part i lies between at[i] and at[i + 1], px from the star, ascending.
struct TileLines {
  std::vector<double> at;
  std::vector<std::int32_t> pixel;  ///< [part], counted from the window's first
  std::vector<std::int32_t> cell;   ///< [part], -1 outside the grid
  std::vector<std::int32_t> first;  ///< [pixel + 1]: a pixel's first part
  std::int32_t below = 0;           ///< parts on the negative side of the star

  std::int32_t n_part() const noexcept { return static_cast<std::int32_t>(pixel.size()); }
  std::int32_t n_pixel() const noexcept { return static_cast<std::int32_t>(first.size()) - 1; }

  /// Cuts the pixels first_pixel … + n_pixel about a star at `star_px`.
  void cut(std::int64_t first_pixel, std::int64_t n_pixel, double star_px,
           std::span<const double> nodes);
};

/// The light φ = F f + B about one star in tiles small enough that each lies in one pixel, in one
/// cell of the shape's grid and in one quadrant about the star: inside a tile φ is one bicubic
/// polynomial, and a circle about the star crosses it in one arc at most. Reused from star to star
/// without allocation.
class LightTiles {
 public:
  /// Cuts the window about a star at (x, y) and integrates φ over every tile. Collective: no.
  /// Throws: never.
  void set(const StarShape& shape, double flux_e, double level_e, double x_px, double y_px,
           const shape::PixelWindow& window);

  const TileLines& x() const noexcept { return x_; }
  const TileLines& y() const noexcept { return y_; }
  /// ∬φ over the tiles, [y part][x part].
  std::span<const double> integrals() const noexcept { return integral_; }
  /// ∬φ over whole pixels, [ny][nx] of the window.
  std::span<const double> pixels() const noexcept { return pixel_; }
  const LightCell& cell(std::int32_t ix, std::int32_t iy) const noexcept {
    return cells_.at(x_.cell[static_cast<std::size_t>(ix)], y_.cell[static_cast<std::size_t>(iy)]);
  }

 private:
  TileLines x_;
  TileLines y_;
  LightCells cells_;
  std::vector<double> integral_;
  std::vector<double> pixel_;
};

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "data/psf_map.hpp"

namespace skyweft::phot {

/// φ = F f + B inside one cell of a star's grid, ready to be integrated along either axis. With
/// (u, v) the offset from the corner (x0, y0) in px, the antiderivatives are
///   ∫φ du = Σ_i u^(i+1) Σ_j along_x[4i + j] v^j     ∫φ dv = Σ_j v^(j+1) Σ_i along_y[4j + i] u^i
struct LightCell {
  double x0 = 0.0;  ///< px from the star
  double y0 = 0.0;
  std::array<double, 16> along_x{};
  std::array<double, 16> along_y{};
};

/// The cells of one star that an aperture can reach. Reused from star to star without allocation.
class LightCells {
 public:
  /// Sets φ = flux f + level [e-/px²] for the cells that overlap ±reach of the star. `shape` must
  /// outlive its use here. Collective: no. Throws: never.
  void set(const StarShape& shape, double flux_e, double level_e, double left_px, double right_px,
           double bottom_px, double top_px);

  /// The cell in column cx and row cy of the grid; outside of it (-1) φ is the level alone.
  const LightCell& at(std::int32_t cx, std::int32_t cy) const noexcept {
    if (cx < 0 || cy < 0) return cells_[0];
    return cells_[static_cast<std::size_t>(1 + (cy - first_y_) * nx_ + (cx - first_x_))];
  }

 private:
  std::vector<LightCell> cells_;
  std::int32_t first_x_ = 0;
  std::int32_t first_y_ = 0;
  std::int32_t nx_ = 0;
};

}  // namespace skyweft::phot

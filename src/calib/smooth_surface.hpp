// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/grid.hpp"
#include "core/units.hpp"

namespace skyweft::calib {

/// The image a surface covers and the inner knots of its spline along each axis.
struct SurfaceShape {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::int64_t n_node_x = 4;
  std::int64_t n_node_y = 4;
  std::int64_t n_coefficient() const noexcept { return (n_node_x + 4) * (n_node_y + 4); }
  bool operator==(const SurfaceShape&) const = default;
};

/// A smooth function over an image: a tensor product of cubic splines. The image, from the outer
/// edge of its first to that of its last pixel, is cut by the inner knots into n_node + 1 equal
/// intervals per axis. Small and copyable: shape() and coefficients() are all of it.
///
/// Values are those at pixel centres. The mean over a pixel differs by the curvature / 24 per axis,
/// at most 2e-6 for a shape that bends by 1 over an interval of 150 px.
class SmoothSurface {
 public:
  SmoothSurface() = default;
  /// `coefficients` is [n_node_y + 4][n_node_x + 4]. Throws Error{internal} for another length.
  SmoothSurface(const SurfaceShape& shape, std::vector<double> coefficients);
  /// The same value everywhere.
  static SmoothSurface constant(const SurfaceShape& shape, double value);

  const SurfaceShape& shape() const noexcept { return shape_; }
  std::span<const double> coefficients() const noexcept { return coefficients_; }

  /// The value at a place; beyond the image the outermost polynomial goes on. Collective: no.
  double at(const PixelPos& place) const;
  /// Values of row iy, `out` is [nx]. A row depends on nothing but the model and iy.
  /// Throws Error{internal} for another length. Collective: no.
  void evaluate_row(std::int64_t iy, std::span<float> out) const;
  /// The surface times a number.
  SmoothSurface scaled(double factor) const;

  bool operator==(const SmoothSurface&) const = default;

 private:
  /// Coefficients along x of row position `y_px`, [n_node_x + 4].
  std::vector<double> along_row(double y_px) const;

  SurfaceShape shape_{.nx = 0, .ny = 0, .n_node_x = 0, .n_node_y = 0};
  std::vector<double> coefficients_ = std::vector<double>(16, 0.0);
};

struct SurfaceFitConfig {
  double clip_sigma = 5.0;  ///< points further from the surface are dropped
  int max_rounds = 1;       ///< clipping rounds at most; 0: none
};

struct SurfaceFit {
  SmoothSurface surface;
  double rms = 0.0;         ///< of the points kept
  std::int64_t n_used = 0;  ///< points kept
};

/// Fits a surface to values on a lattice by least squares; NaN is skipped. `value` is
/// [y_px.size()][x_px.size()], the vectors hold pixel positions.
///
/// A penalty on second differences of neighbouring coefficients (Eilers & Marx 1996), 1e-10 of the
/// weight of the data, decides what the data leave open: across a masked block, or with fewer
/// points than coefficients, the surface goes on smoothly. Throws Error{numeric} because of
/// "surface_points" when no value is finite. Collective: no.
SurfaceFit fit_surface(const SurfaceShape& shape, std::span<const double> x_px,
                       std::span<const double> y_px, const Grid<float>& value,
                       const SurfaceFitConfig& config = {});

}  // namespace skyweft::calib

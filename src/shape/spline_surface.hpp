// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::shape {

/// A square grid of cubic B-splines about a star: lines from −reach to reach, equally apart, and
/// products of splines that end, with value and slope 0, inside it: one per line that is at least
/// two from the edge.
class SplineGrid {
 public:
  /// `oversampling` lines a pixel; 2 · reach_px · oversampling is rounded up to a whole number.
  SplineGrid(double reach_px, std::int64_t oversampling);

  std::int64_t n_line() const noexcept { return n_cell_ + 1; }
  std::int64_t n_spline() const noexcept { return n_cell_ - 3; }  ///< along each axis
  double line_px(std::int64_t i) const noexcept {
    return step_px_ * static_cast<double>(i) - reach_px_;
  }
  double reach_px() const noexcept { return reach_px_; }
  double step_px() const noexcept { return step_px_; }
  /// Splines along an axis with three more before and behind, whose coefficients are 0.
  std::int64_t n_padded() const noexcept { return n_cell_ + 3; }

  /// The four splines at an offset inside the grid: the first one's padded index, values and
  /// slopes [1/px].
  struct Four {
    std::int64_t first = 0;
    std::array<double, 4> value{};
    std::array<double, 4> slope{};
  };
  Four at(double offset_px) const;

 private:
  double reach_px_;
  double step_px_;
  std::int64_t n_cell_;
};

/// Value and slopes of the surface of padded coefficients [n_padded][n_padded] at an offset; 0
/// outside the grid. Collective: no. Throws: never.
struct SurfacePoint {
  double value = 0.0;
  double by_x = 0.0;
  double by_y = 0.0;
};
SurfacePoint surface_at(const SplineGrid& grid, std::span<const double> padded, double dx_px,
                        double dy_px);

/// The node parameters of the surface as data/psf_map.hpp has them: [line y][line x][4] of the
/// inner lines. Exact: a bicubic spline is a piecewise bicubic.
std::vector<double> node_parameters(const SplineGrid& grid, std::span<const double> padded);

/// Normal equations of several surfaces on one grid, data = Σ_t κ_t surface_t(offset).
class SplineNormal {
 public:
  SplineNormal(const SplineGrid& grid, std::int64_t n_term);
  /// Adds a datum with its weight (1/σ²); `kappa` is [n_term]. Offsets outside the grid are not
  /// counted.
  void add(double dx_px, double dy_px, std::span<const double> kappa, double datum, double weight);
  /// Solves with a penalty on third differences of each surface's coefficients, `smoothing` times
  /// the least diagonal element among the four: it bridges lines without data. Padded coefficients
  /// [n_term][n_padded][n_padded]; empty when there is no data. Collective: no. Throws: never.
  std::vector<double> solve(double smoothing) const;

 private:
  const SplineGrid* grid_;
  std::int64_t n_term_;
  std::vector<double> matrix_;  ///< [t1][t2 <= t1][padded²][7][7]: rows by (dy + 3, dx + 3)
  std::vector<double> rhs_;     ///< [t][padded²]
};

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/frame.hpp"
#include "phot/ring_table.hpp"

namespace skyweft::phot {

/// What one circle collects, background included. k is a pixel's weight: its area in the circle,
/// or what stands for that where light is split by the star's shape.
struct ApertureSum {
  double area = 0.0;      ///< px², of the circle inside the frame
  double signal = 0.0;    ///< Σ k I
  double variance = 0.0;  ///< Σ k² V
  double square = 0.0;    ///< Σ k², for errors that are independent from pixel to pixel
  double n_pixel = 0.0;   ///< pixels with k > 0
  double moment_x = 0.0;  ///< Σ k Δx, Δx from the star to the pixel's centre; for sloping skies
  double moment_y = 0.0;  ///< Σ k Δy
  double sky_weight = 0.0;  ///< px², what an error of the level is multiplied by; 0: the area
};

/// Area-weighted sums of all radii at the stars of one frame: k is the exact overlap of pixel and
/// circle (science.md 3.11). Borrows the frame.
///
/// Inside the frame a star's pixels come from a table for its sub-pixel phase (ring_table.hpp), so
/// that only pixels which may be cut are looked at; near the edge, and for circles smaller or
/// larger than the table takes, row by row. Both give the same numbers but for rounding (1e-15 of
/// the row's sum). Pixels that are not finite add nothing to signal and variance.
class AreaSums {
 public:
  /// The radii may have any order; moments are given only when asked for.
  /// Throws Error{internal} when a radius is not positive.
  AreaSums(const Frame& frame, std::span<const double> radii_px, bool with_moments = false);

  /// Sums all circles about (x, y), |x|, |y| < 1e9; out is [radius]. `all_finite`: no pixel of the
  /// largest circle's bounding box has a signal or variance that is not finite.
  /// Collective: no. Throws: never.
  void at(double x, double y, bool all_finite, std::span<ApertureSum> out);

 private:
  struct Running {
    double signal = 0.0;
    double variance = 0.0;
  };
  void by_rows(double x, double y, std::span<const std::size_t> apertures,
               std::span<ApertureSum> out);

  const Frame* frame_;
  std::vector<double> radii_px_;
  bool with_moments_;
  std::vector<std::size_t> all_;     ///< apertures, by radius
  std::vector<std::size_t> tabled_;  ///< those of the table, by radius
  std::vector<std::size_t> others_;
  RingTables tables_;
  double table_reach_px_ = 0.0;
  std::vector<double> weight_;    // scratch
  std::vector<Running> running_;  // scratch
};

}  // namespace skyweft::phot

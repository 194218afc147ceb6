// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

namespace skyweft::phot {

/// A point of a circle in its first quadrant, px from its centre.
struct ArcPoint {
  double x = 0.0;
  double y = 0.0;
};

/// An arc inside one tile and what is integrated under it: a cell's antiderivative along its first
/// axis. The signs lead from the first quadrant to the arc's own.
struct ArcPiece {
  ArcPoint p;  ///< coordinates in the order of the axes
  ArcPoint q;
  const double* a = nullptr;
  double first_sign = 1.0;
  double first_corner = 0.0;  ///< of the cell
  double second_sign = 1.0;
  double second_corner = 0.0;
  double from = 0.0;  ///< where the integral along the first axis begins, from the corner
  std::int32_t pixel = 0;
};

/// The longest chord that add_arcs() takes at once, in radii: an arc of 0.6 rad.
inline constexpr double kLongestChord = 0.6;

/// Adds ∫ dv ∫ φ du between `from` and each arc to its pixel of `integral`: the inner integral in
/// closed form, the outer one by Gauss and Legendre's rule of 6 points in the tangent of half the
/// angle from the arc's middle. Positive where the arc lies further out than `from`. Collective:
/// no. Throws: never.
void add_arcs(std::span<const ArcPiece> arcs, double radius_px, std::span<double> integral);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

namespace skyweft::phot {

/// Computes the area that a circle and a unit pixel share, in pixels.
///
/// The circle's centre lies (dx, dy) from the pixel's centre. Closed form, a sum of rectangles,
/// trapezia and circular segments, without differences of large areas: absolute error below 1e-13
/// for radii up to 100 px. Bit-for-bit symmetric in the signs and the order of dx and dy.
/// A radius that is not positive gives 0. Collective: no. Throws: never.
double circle_pixel_overlap(double dx, double dy, double radius_px) noexcept;

}  // namespace skyweft::phot

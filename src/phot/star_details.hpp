// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "data/frame.hpp"

namespace skyweft::phot {

/// What else is known of every star of a frame; columns in the order of the positions. NaN (and 0)
/// where the star is not_measured.
struct StarDetails {
  std::vector<float> coverage;  ///< usable part of the largest aperture's area, 0…1
  std::vector<float> peak_e;    ///< brightest pixel of the core above the background, saturated or
                                ///< not; NaN without a usable one
  std::vector<float> neighbour_light;      ///< neighbours.hpp; also NaN without a magnitude
  std::vector<std::int32_t> n_background;  ///< pixels that gave the background; 0: the map's

  void assign(std::size_t n_star);
  bool operator==(const StarDetails&) const = default;
};

/// Computes the part of a circle's area that lies in the frame on usable, finite pixels.
/// |x|, |y| < 1e9. Collective: no. Throws: never.
double usable_part(const Frame& frame, double x_px, double y_px, double radius_px) noexcept;

/// The brightest finite pixel whose centre lies within the circle and that is usable or saturated;
/// NaN without one. Collective: no. Throws: never.
double brightest_pixel(const Frame& frame, double x_px, double y_px, double radius_px) noexcept;

}  // namespace skyweft::phot

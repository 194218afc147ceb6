// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// A plate solution: sky → pixel as a polynomial in the tangent plane.
///
/// With (ξ, η) the gnomonic coordinates of a star about `centre`, in degrees, and u = ξ/unit_deg,
/// v = η/unit_deg (so that |u|, |v| ≲ 1 inside the frame),
///   x = Σ cx_k u^p v^q,  y = Σ cy_k u^p v^q,   p + q <= order,
/// plus colour_x_px (C − colour_zero) and likewise in y for stars of known colour C;
/// terms in the order of O<order>{u,v} (core/terms.hpp): 1, u, v, u², uv, v², …
/// The inverse is found by Newton's method, so pixel → sky → pixel is exact to 1e-9 px.
struct Wcs {
  SkyPos centre;
  double unit_deg = 1.0;
  int order = 0;           ///< 0: no solution
  std::vector<double> cx;  ///< [(order+1)(order+2)/2] pixels
  std::vector<double> cy;
  double colour_zero = 0.0;  ///< mag
  double colour_x_px = 0.0;  ///< px per mag of colour: refraction by the air, or the lens
  double colour_y_px = 0.0;

  bool valid() const noexcept { return order > 0; }
  bool operator==(const Wcs&) const = default;
};

}  // namespace skyweft

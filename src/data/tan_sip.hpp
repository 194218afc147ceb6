// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace skyweft {

/// A plate solution as other programs read it: pixel → sky by TAN-SIP (Shupe et al. 2005).
///
/// With u = x − reference.x and v = y − reference.y in pixels,
///   f = u + Σ a_k u^p v^q,  g = v + Σ b_k u^p v^q   (2 <= p + q <= order),
///   ξ = cd[0] f + cd[1] g,  η = cd[2] f + cd[3] g   in degrees in the tangent plane of `centre`;
/// the way back is (f, g) = CD⁻¹ (ξ, η) and u = f + Σ ap_k f^p g^q, v = g + Σ bp_k f^p g^q
/// (0 <= p + q <= inverse_order), which is a fit and not exact. Terms in the order 1, u, v, u², uv,
/// v², …; those SIP leaves out are 0. Pixels count from 0 here; files get one more.
struct TanSip {
  SkyPos centre;       ///< CRVAL
  PixelPos reference;  ///< CRPIX, counted from 0
  std::array<double, 4> cd{};
  int order = 0;          ///< 0: nothing; 1: TAN without distortion
  int inverse_order = 0;  ///< of ap and bp; 0 when order is 1
  std::vector<double> a, b;
  std::vector<double> ap, bp;
  double forward_error_px = kNaN;     ///< worst distance to the solution over the frame
  double round_trip_error_px = kNaN;  ///< worst |pixel → sky → pixel − pixel| by a, b, ap, bp
  /// The solution's colour term is no part of it: px per mag of colour, and the colour for which
  /// the coordinates hold.
  PixelPos left_out_px_per_mag{};
  double colour_zero = 0.0;

  bool valid() const noexcept { return order > 0; }
  bool operator==(const TanSip&) const = default;
};

}  // namespace skyweft

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "core/units.hpp"
#include "data/pixel_map.hpp"
#include "data/tan_sip.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// The plate solution of a frame of nx × ny pixels as TAN-SIP, with the frame's middle as
/// reference.
///
/// Fitted on 40 × 40 places (science.md 3.9), judged on 61 × 61 others from edge to edge. Order 0
/// takes the lowest order with which the worst distance to `wcs` is below 1e-3 px, else the best of
/// 1 … 9; a given order (1 … 9) is used. The inverse likewise, by its round trip. Both numbers are
/// in the result. A colour term cannot be said in FITS and is left out. Throws Error{bad_input} for
/// an empty solution, a frame without pixels or an order beyond 9, Error{numeric} because of
/// "wcs_folds" when the solution cannot be inverted everywhere in the frame. Collective: no.
TanSip fit_tan_sip(const Wcs& wcs, std::int64_t nx, std::int64_t ny, int order = 0);

/// The direction seen at `place`. Collective: no. Throws: never.
SkyPos to_sky(const TanSip& sip, const PixelPos& place);

/// Where `position` falls by the fitted inverse; NaN behind the tangent plane.
/// Collective: no. Throws: never.
PixelPos to_pixel(const TanSip& sip, const SkyPos& position);

/// The same solution in pixels of the file that the frame was read from; errors in frame pixels
/// stay as they are. Collective: no. Throws: never.
TanSip in_file_pixels(const TanSip& sip, const PixelMap& map);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/units.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// (order+1)(order+2)/2: the coefficients per axis of a solution of this order.
constexpr std::int64_t n_wcs_terms(int order) {
  return static_cast<std::int64_t>(order + 1) * (order + 2) / 2;
}

/// Writes 1, u, v, u², uv, v², … up to `order` into `out`, as O<order>{u,v} of core/terms.hpp.
/// Collective: no. Throws: never.
void wcs_terms(double u, double v, int order, std::span<double> out);

/// Where `position` falls on the detector; NaN when it lies behind the tangent plane or `wcs` is
/// empty. Collective: no. Throws: never.
PixelPos to_pixel(const Wcs& wcs, const SkyPos& position);

/// Where a star of this colour falls: `wcs`'s colour term added, when the colour is known (finite).
/// The air refracts blue light more than red, towards the zenith and in proportion to tan z; within
/// one frame that is about one vector per magnitude of colour, the two coefficients. Collective:
/// no. Throws: never.
PixelPos to_pixel(const Wcs& wcs, const SkyPos& position, double colour);

/// The direction seen at `place`, by Newton's method; NaN when the solution folds over there.
/// Sky → pixel → sky closes to 1e-9 px inside the frame. Collective: no. Throws: never.
SkyPos to_sky(const Wcs& wcs, const PixelPos& place);

/// to_pixel for many stars; all spans are [n_star], degrees in, pixels out.
/// Collective: no. Throws: never.
void to_pixels(const Wcs& wcs, std::span<const double> ra_deg, std::span<const double> dec_deg,
               std::span<double> x_px, std::span<double> y_px);

/// The same with the colours of the stars, [n_star], NaN where unknown; an empty span: none known.
/// Collective: no. Throws: never.
void to_pixels(const Wcs& wcs, std::span<const double> ra_deg, std::span<const double> dec_deg,
               std::span<const float> colour, std::span<double> x_px, std::span<double> y_px);

/// The polynomial alone, at tangent-plane coordinates in units of `unit_deg`; all spans are
/// [n_star], NaN gives NaN. Collective: no. Throws: never.
void evaluate(const Wcs& wcs, std::span<const double> u, std::span<const double> v,
              std::span<double> x_px, std::span<double> y_px);

/// The side of a square of sky as large as one pixel at `at`. Collective: no. Throws: never.
double scale_arcsec_px(const Wcs& wcs, const PixelPos& at);

/// The position angle of +y at `at`, east of north, in [0, 360). Collective: no. Throws: never.
double rotation_deg(const Wcs& wcs, const PixelPos& at);

/// True when the frame shows the sky as in a mirror: with north up, east is to the right.
/// Collective: no. Throws: never.
bool is_mirrored(const Wcs& wcs);

/// A solution without distortion: `centre` falls on `centre_px`, +y has position angle
/// `rotation_deg`; not mirrored means that +x points west when north is up.
/// Collective: no. Throws: never.
Wcs linear_wcs(const SkyPos& centre, double scale_arcsec_px, double rotation_deg, bool mirrored,
               const PixelPos& centre_px);

/// The same solution written about `centre`, refitted over the frame of nx × ny pixels; for a move
/// of a fraction of the frame the change is far below 1e-3 px at order 3.
/// Collective: no. Throws: never.
Wcs recentred(const Wcs& wcs, const SkyPos& centre, std::int64_t nx, std::int64_t ny);

}  // namespace skyweft::sky

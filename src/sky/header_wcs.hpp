// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "data/pixel_map.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// The world coordinates that a FITS header states, as one of our solutions of the nx × ny pixels
/// of that header's image.
///
/// `cards` are records of 80 characters without gaps. Read by wcslib: every celestial projection of
/// Calabretta & Greisen 2002, with CD, PC and CDELT or CDELT and CROTA, TPV, and SIP where CTYPE
/// says -SIP. RADESYS ICRS; FK5 of any equinox by precession (J2000 counts as ICRS: 32 mas); FK4
/// of B1950; galactic longitude and latitude. The order rises from 1 to 9 until the worst error
/// over the frame is below 0.01 px; `worst_error_px` (may be null) gets what was reached.
///
/// Nothing when the header has no celestial axes 1 and 2. Untrusted text: only known keywords with
/// sane values reach wcslib. Throws Error{bad_input} because of "header_wcs" when they make no
/// sense, do not cover the frame or name another system. Collective: no.
std::optional<Wcs> wcs_from_header(std::string_view cards, std::int64_t nx, std::int64_t ny,
                                   double* worst_error_px);

/// A solution in pixels of a file as one in pixels of the frame that is read from it.
/// Collective: no. Throws: never.
Wcs in_frame_pixels(const Wcs& in_file, const PixelMap& map);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: what of a foreign header may reach wcslib.

#include <optional>
#include <string>
#include <string_view>

namespace skyweft::sky {

/// The celestial part of a header, written anew.
struct WcsCards {
  std::string text;   ///< records of 80 characters, END included
  std::string frame;  ///< RADESYS, upper case; "" when not said
  std::optional<double> equinox;
};

/// Picks the keywords of axes 1 and 2 that describe world coordinates (of a repeated one the first)
/// with numbers below 1e30 in size and indices that SIP and TPV can have, and writes them as two
/// axes. SIP polynomials of more than order 9 or without the suffix -SIP are left out.
/// Nothing when CTYPE1 or CTYPE2 names no projection. Collective: no. Throws: never.
std::optional<WcsCards> wcs_cards_of(std::string_view cards);

}  // namespace skyweft::sky

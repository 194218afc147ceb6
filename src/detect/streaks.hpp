// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "detect/source.hpp"

namespace skyweft::detect {

/// Marks the pieces of satellite and aircraft streaks: chains of at least four sources that are
/// more than 1.5 times as elongated as the frame's stars, each within 8 FWHM of the next and the
/// next lying along its major axis (less than 1 FWHM beside it or 8° off), with major axes less
/// than 15° apart.
///
/// Trailed frames live: there all stars are as elongated as the frame's. A piece between elongated
/// ones need not be elongated itself where it lies on the line of a marked chain (a star under the
/// streak does too, and is lost). Returns 1 for sources to drop. Collective: no. Throws: never.
std::vector<std::uint8_t> streak_pieces(const std::vector<Source>& sources, std::int64_t nx,
                                        std::int64_t ny, const FrameShape& stars);

}  // namespace skyweft::detect

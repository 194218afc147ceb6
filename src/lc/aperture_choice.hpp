// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::lc {

/// Chooses each star's aperture from its magnitude: in magnitude bins of at least 10 stars the one
/// of least median scatter, made non-increasing in radius towards faint stars and interpolated
/// between bin centres. `scatter` is [star][ap]; `radius_px` [ap] ascends, but for a 0, the PSF
/// fit, which is taken for all stars fainter than the magnitude from which on it has the less
/// scatter. A star without finite magnitude gets the middle bin's; one without scatter in its
/// aperture the nearest it has. All 0 when nothing is finite. Collective: no. Throws: never.
std::vector<std::int32_t> choose_apertures(std::span<const double> mag,
                                           std::span<const float> scatter,
                                           std::span<const double> radius_px);

}  // namespace skyweft::lc

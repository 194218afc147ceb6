// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "calib/sky_flat_config.hpp"
#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

/// What the centre of a flat frame says about it; plain numbers, to be sent between ranks.
struct StampStatistics {
  double mean_adu = kNaN;
  double variance_adu2 = kNaN;  ///< of the pixels about the smooth surface
  double saturated_fraction = 0.0;
  double valid_fraction = 0.0;
  std::int64_t n_px = 0;  ///< pixels left after clipping
  bool ok() const noexcept { return n_px > 0; }
};

/// Mean and variance of the central stamp of a flat frame, bias and dark subtracted.
///
/// A surface s of stamp_x_terms × stamp_y_terms products of powers is fitted to the stamp with
/// rejection and taken out as z/s × mean(s); mean and variance of that are clipped. (The terms span
/// the same surfaces as Legendre polynomials, integrated over pixels or not.) Pixels that are
/// masked (mask::unusable) or not finite are skipped. Statistics are NaN with n_px 0 when more than
/// stamp_max_saturated of the stamp is saturated, less than stamp_min_valid of it is usable, or its
/// mean is not positive. `bits` may be empty. Throws Error{internal} for a mask of another shape.
/// Collective: no.
StampStatistics stamp_statistics(const Grid<float>& adu, const Mask& bits,
                                 const SkyFlatConfig& config);

}  // namespace skyweft::calib

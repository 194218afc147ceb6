// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "calib/sky_flat_config.hpp"
#include "calib/smooth_surface.hpp"
#include "core/grid.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

/// A master flat as large × small: illumination and vignetting, and what single pixels and dust do.
/// Each is 1 at its median over the central quarter of the area; the product is the master times
/// a constant.
struct FlatParts {
  SmoothSurface large;
  Grid<float>
      small;  ///< NaN where the master is masked, not finite, or its large part not positive
};

/// Splits a finished master flat: large is the smooth surface through its cells (smooth_cells()),
/// small the master divided by it. `bits` may be empty.
/// Throws Error{bad_input} because of "flat_cells" or "flat_level_adu" (flat_cells()), or of
/// "flat_median" when a part has no positive median in the centre. Collective: no.
FlatParts split_flat(const Grid<float>& master, const Mask& bits, const SkyFlatConfig& config);

/// How two masters differ: what their ratio looks like, relative units.
struct FlatStability {
  double small_rms = 0.0;           ///< about its mean, over the pixels usable in both
  double small_peak_to_peak = 0.0;  ///< extremes of single pixels
  double large_rms = 0.0;           ///< of the smooth part, over the whole area
  double large_peak_to_peak = 0.0;
};

/// Compares two masters of one shape: the parts of a / b. Pixels masked, not finite or not positive
/// in either are left out. Throws what split_flat() throws, and Error{internal} for different
/// shapes. Collective: no.
FlatStability flat_stability(const Grid<float>& a, const Mask& a_bits, const Grid<float>& b,
                             const Mask& b_bits, const SkyFlatConfig& config);

}  // namespace skyweft::calib

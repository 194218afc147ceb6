// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "calib/calibrate.hpp"

namespace skyweft::calib {

// What calibrate_into asks before and after its pass over the pixels; its doc comment names the
// errors. Collective: no.

/// What the pass has counted.
struct FrameCounts {
  std::int64_t n_pixel = 0;
  std::int64_t no_data = 0;
  std::int64_t saturated = 0;
  bool is_constant = true;  ///< of the pixels that have a value
};

/// Masters cut to the frame; without values or mask where there is none.
struct Cuts {
  MasterView bias, dark, flat, shutter, joined;
};

/// Throws for shapes, gains and amplifiers that do not fit; `parts` is sorted by frame.x0.
void check_frame(const Grid<float>& adu, const Mask& raw_mask, const FrameInfo& info,
                 std::span<const ReadOut> parts, const CalibConfig& config);

/// What will be done and what is missing. Throws for a missing master unless "uncorrected".
Corrections corrections_for(const FrameInfo& info, const Masters& use, const CalibConfig& config);

/// Cuts the frame's window out of all masters. Throws where one does not cover it.
Cuts cut_masters(const PreparedMasters& masters, const FrameInfo& info, std::int64_t nx,
                 std::int64_t ny);

/// Throws for a frame without values, saturated or constant.
void check_counts(const FrameCounts& counts, const CalibConfig& config);

}  // namespace skyweft::calib

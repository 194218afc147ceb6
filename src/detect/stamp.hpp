// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "data/frame.hpp"
#include "detect/background.hpp"

namespace skyweft::detect {

/// A square of pixels around one source, copied once so that the kernels need no questions.
struct Stamp {
  std::int64_t x_px = 0;  ///< of the middle pixel
  std::int64_t y_px = 0;
  int radius = 0;               ///< the square has 2 radius + 1 pixels a side
  int stride = 0;               ///< floats from row to row, a multiple of 4
  bool whole = false;           ///< no pixel was left out
  std::vector<float> light_e;   ///< signal minus background; 0 where left out and in the padding
  std::vector<float> variance;  ///< of the pixel, e²; 0 where left out

  /// Four floats beyond the last row may be read. Row `j` = −radius…radius; entry 0 is column
  /// −radius.
  const float* light_row(int j) const { return light_e.data() + (j + radius) * stride; }
  const float* variance_row(int j) const { return variance.data() + (j + radius) * stride; }
};

/// Which pixels a stamp leaves out besides those off the frame and those without a finite value.
struct StampRule {
  MaskBits refused = static_cast<MaskBits>(mask::unusable & ~mask::saturated);
  bool mirrored = true;  ///< leave out the mirror image about the middle pixel too
};

/// Copies the pixels within `radius` of (x, y) in x and in y to `out`, whose memory is used again.
///
/// The middle pixel may lie off the frame. A radius below 0 counts as 0. Collective: no. Throws:
/// never.
void cut_stamp(const Frame& frame, const Background& background, std::int64_t x_px,
               std::int64_t y_px, int radius, const StampRule& rule, Stamp& out);

/// Asks the memory for the pixels a stamp will want soon; changes nothing but the time it takes.
void expect_stamp(const Frame& frame, const Background& background, double x_px, double y_px,
                  int radius);

}  // namespace skyweft::detect

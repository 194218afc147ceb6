// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "core/grid.hpp"
#include "data/flags.hpp"
#include "data/frame_catalog.hpp"

namespace skyweft::workflows {

/// A frame with its amplifiers joined and each one's overscan (its median) subtracted.
struct JoinedFrame {
  Grid<float> adu;                   ///< [ny][nx]
  Mask mask;                         ///< [ny][nx]; saturated pixels are OVERSATURATED
  std::vector<double> overscan_adu;  ///< per amplifier; 0 without overscan
};

/// The amplifiers of a frame; one that covers all when the header names none.
std::vector<Amplifier> amplifiers_of(const FrameInfo& info);

/// Reads a raw frame. Throws Error{bad_input} when it cannot be read, or because of "raw_nx" when
/// it is smaller than its amplifiers. Collective: no.
JoinedFrame read_joined(const FrameInfo& info);

/// The mean of a box after clipping at 4 sigma, masked pixels left out; NaN when more than 0.1 % of
/// the box is saturated or nothing is usable.
double level_of(const JoinedFrame& frame, const PixelBox& box);

/// The central quarter of the area of a box.
PixelBox centre_of(const PixelBox& box);

/// The pixels of a box, row by row.
template <class T>
std::vector<T> cut_out(const Grid<T>& grid, const PixelBox& box) {
  std::vector<T> out;
  out.reserve(static_cast<std::size_t>(box.nx() * box.ny()));
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy) {
    const auto row =
        grid.row(iy).subspan(static_cast<std::size_t>(box.x0), static_cast<std::size_t>(box.nx()));
    out.insert(out.end(), row.begin(), row.end());
  }
  return out;
}

}  // namespace skyweft::workflows

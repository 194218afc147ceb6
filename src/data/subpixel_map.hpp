// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "core/grid.hpp"

namespace skyweft {

/// How sensitive the parts of a pixel are: [ny][nx] equal rectangles tile every pixel, row 0 at its
/// lower edge. Values are relative to the mean, which is 1, so that an evenly lit pixel is
/// unchanged. A pixel under one quarter of a colour filter is 2×2 with a single 4.
struct SubPixelMap {
  Grid<double> sensitivity{1, 1, 1.0};

  bool uniform() const noexcept {
    for (const double s : sensitivity.pixels())
      if (s != sensitivity.pixels().front()) return false;
    return true;
  }
  bool operator==(const SubPixelMap&) const = default;
};

}  // namespace skyweft

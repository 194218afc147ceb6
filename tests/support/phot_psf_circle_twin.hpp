// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "core/units.hpp"
#include "shape/star_shape.hpp"

namespace skyweft::support {

/// The slow twin of light_in_circle(): closed rectangles, one for each of `n` strips of the circle,
/// as wide as the circle is in the middle of the strip (by angle). Error of order 1/n².
inline double light_in_strips(const StarShape& shape, double dx, double dy, double r, int n) {
  double sum = 0.0;
  for (int i = 0; i < n; ++i) {
    const double low = -0.5 * kPi + kPi * i / n;
    const double high = -0.5 * kPi + kPi * (i + 1) / n;
    const double reach = r * std::cos(0.5 * (low + high));
    sum += shape::integral_over(shape, dx - reach, dx + reach, dy + r * std::sin(low),
                                dy + r * std::sin(high));
  }
  return sum;
}

}  // namespace skyweft::support

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/variables.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"

namespace skyweft::lc {

std::vector<double> filled_colours(std::span<const double> colour_mag) {
  double fill = median_of_finite(colour_mag);
  if (!std::isfinite(fill)) fill = 0.0;
  std::vector<double> out(colour_mag.begin(), colour_mag.end());
  for (double& c : out) {
    if (!std::isfinite(c)) c = fill;
  }
  return out;
}

}  // namespace skyweft::lc

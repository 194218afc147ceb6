// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/gauss_legendre.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"

namespace skyweft::shape {

GaussLegendre gauss_legendre(std::size_t n) {
  GaussLegendre rule;
  rule.n = std::clamp<std::size_t>(n, 1, kMostPoints);
  const auto count = static_cast<double>(rule.n);
  for (std::size_t i = 0; i < rule.n; ++i) {
    double x = -std::cos(kPi * (static_cast<double>(i) + 0.75) / (count + 0.5));
    double slope = 1.0;
    for (int round = 0; round < 8; ++round) {
      double p = 1.0;
      double before = 0.0;
      for (std::size_t k = 1; k <= rule.n; ++k) {
        const auto order = static_cast<double>(k);
        const double next = ((2.0 * order - 1.0) * x * p - (order - 1.0) * before) / order;
        before = p;
        p = next;
      }
      slope = count * (x * p - before) / (x * x - 1.0);
      x -= p / slope;
    }
    rule.point[i] = 0.5 * x;
    rule.weight[i] = 1.0 / ((1.0 - x * x) * slope * slope);
  }
  return rule;
}

}  // namespace skyweft::shape

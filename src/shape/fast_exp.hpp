// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

namespace skyweft::shape {

/// Computes exp(x) for x <= 0 with a relative error below 4e-16, in a form that compilers turn into
/// vector code; 1e-304 below −700. x = k ln 2 + r, |r| <= ½ ln 2, and the series of exp(r) to
/// r¹³/13! (the next term is below 5e-18). Collective: no. Throws: never.
inline double fast_exp(double x) {
  constexpr double kShift = 6755399441055744.0;  // 1.5 · 2⁵²: the sum's low bits are the integer
  const double bounded = x < -700.0 ? -700.0 : x;
  const double shifted = bounded * 1.4426950408889634 + kShift;
  const double k = shifted - kShift;
  const double r = (bounded - k * 0.693147180369123816490) - k * 1.90821492927058770002e-10;
  double p = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  p = p * r + 1.0;
  p = p * r + 1.0;
  const std::uint64_t power = (std::bit_cast<std::uint64_t>(shifted) + 1023u) << 52;
  return p * std::bit_cast<double>(power);
}

}  // namespace skyweft::shape

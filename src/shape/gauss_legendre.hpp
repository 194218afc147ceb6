// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>

namespace skyweft::shape {

inline constexpr std::size_t kMostPoints = 16;

/// Gauss–Legendre rule on [−½, ½]: Σ weight f(point) is exact to degree 2 n − 1.
struct GaussLegendre {
  std::size_t n = 0;
  std::array<double, kMostPoints> point{};
  std::array<double, kMostPoints> weight{};
};

/// The rule of n points, 1 <= n <= 16, by Newton's method on the Legendre polynomial; good to
/// 1e-15. Collective: no. Throws: never.
GaussLegendre gauss_legendre(std::size_t n);

}  // namespace skyweft::shape

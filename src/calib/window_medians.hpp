// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/grid.hpp"

namespace skyweft::calib {

/// Pixels of a plane, each as iy · nx + ix.
using PixelIndices = std::vector<std::int64_t>;

namespace detail {
/// Windows worked on side by side: enough to fill any vector register.
inline constexpr std::size_t kLanes = 16;

/// Orders a[i] <= b[i] in every lane.
inline void exchange(float* __restrict a, float* __restrict b) {
  for (std::size_t i = 0; i < kLanes; ++i) {
    const float low = b[i] < a[i] ? b[i] : a[i];
    const float high = b[i] < a[i] ? a[i] : b[i];
    a[i] = low;
    b[i] = high;
  }
}

/// Moves the medians of kLanes windows of N values into v[1]: of N/2 + 2 values neither the least
/// nor the greatest is the median, so these two go, one more comes in, until three are left.
template <std::size_t N>
void median_in_lanes(float (&v)[N][kLanes]) {
  std::size_t next = N / 2 + 2;
  for (std::size_t k = N / 2 + 2;; --k) {
    for (std::size_t i = 0; i < k / 2; ++i) exchange(v[i], v[k - 1 - i]);
    for (std::size_t i = 1; i <= (k - 1) / 2; ++i) exchange(v[0], v[i]);
    for (std::size_t i = k / 2; i < k - 1; ++i) exchange(v[i], v[k - 1]);
    if (k == 3) return;
    std::copy_n(v[next++], kLanes, v[0]);
  }
}
}  // namespace detail

/// Medians over the (2R + 1)² pixels around each of `at`, in the order of `at`; beyond the edge of
/// [ny][nx] `plane` the nearest pixel is repeated, so that any size of plane will do. NaN is not
/// allowed. About 30 ns a window at R = 2: a network of compare-exchanges across kLanes windows,
/// whose instructions do not depend on the values. Collective: no. Throws: never.
template <std::int64_t R>
std::vector<float> window_medians(const Grid<float>& plane, const PixelIndices& at) {
  constexpr auto kSide = static_cast<std::size_t>(2 * R + 1);
  const std::int64_t nx = plane.nx();
  const float* pixel = plane.pixels().data();
  std::vector<float> out(at.size());
  float v[kSide * kSide][detail::kLanes] = {};
  for (std::size_t first = 0; first < at.size(); first += detail::kLanes) {
    const std::size_t n = std::min(detail::kLanes, at.size() - first);
    for (std::size_t lane = 0; lane < n; ++lane) {
      const std::int64_t x = at[first + lane] % nx;
      const std::int64_t y = at[first + lane] / nx;
      const bool inside = x >= R && y >= R && x + R < nx && y + R < plane.ny();
      std::size_t k = 0;
      for (std::int64_t dy = -R; dy <= R; ++dy) {
        const float* row = pixel + std::clamp<std::int64_t>(y + dy, 0, plane.ny() - 1) * nx;
        for (std::int64_t dx = -R; dx <= R; ++dx)
          v[k++][lane] = row[inside ? x + dx : std::clamp<std::int64_t>(x + dx, 0, nx - 1)];
      }
    }
    detail::median_in_lanes(v);
    std::copy_n(v[1], n, out.begin() + static_cast<std::ptrdiff_t>(first));
  }
  return out;
}

}  // namespace skyweft::calib

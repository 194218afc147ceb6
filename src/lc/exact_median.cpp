// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/exact_median.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/robust.hpp"

namespace skyweft::lc {
namespace {

// The rank of the median in a sample of 256 scatters by 8: the bracket misses it once in 80.
constexpr std::ptrdiff_t kSample = 256;
constexpr std::ptrdiff_t kHalfBracket = 20;
constexpr std::size_t kFewValues = 1024;

}  // namespace

double exact_median(std::span<const double> values, std::vector<double>& scratch) {
  const std::size_t n = values.size();
  if (scratch.size() < n + 1) scratch.resize(n + 1);
  if (n >= kFewValues) {
    std::array<double, kSample> sample;
    for (std::size_t i = 0; i < sample.size(); ++i) sample[i] = values[i * n / sample.size()];
    const auto low_at = sample.begin() + kSample / 2 - kHalfBracket;
    const auto high_at = sample.begin() + kSample / 2 + kHalfBracket;
    std::nth_element(sample.begin(), low_at, sample.end());
    std::nth_element(low_at, high_at, sample.end());
    const double low = *low_at;
    const double high = *high_at;
    std::size_t n_below = 0;
    std::size_t n_inside = 0;
    for (const double v : values) {
      scratch[n_inside] = v;  // overwritten by the next one unless it counts
      n_below += v < low ? 1U : 0U;
      n_inside += (v >= low ? 1U : 0U) & (v <= high ? 1U : 0U);
    }
    const std::size_t first = (n - 1) / 2;  // ranks of the two middle values, equal when n is odd
    const std::size_t second = n / 2;
    if (first >= n_below && second < n_below + n_inside) {
      const auto inside = std::span{scratch}.first(n_inside);
      const auto middle = inside.begin() + static_cast<std::ptrdiff_t>(second - n_below);
      std::ranges::nth_element(inside, middle);
      if (first == second) return *middle;
      const double before = *std::max_element(inside.begin(), middle);
      return before + (*middle - before) / 2.0;
    }
  }
  std::ranges::copy(values, scratch.begin());
  return median_in_place(std::span{scratch}.first(n));
}

}  // namespace skyweft::lc

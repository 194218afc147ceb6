// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/running_median.hpp"

#include <algorithm>

namespace skyweft::lc {

std::vector<double> running_median(std::span<const double> values, std::int64_t width) {
  const auto half = static_cast<std::size_t>(width / 2);
  std::vector<double> out(values.size());
  std::vector<double> window;  // sorted
  const auto place = [&](double v) { return std::ranges::lower_bound(window, v); };
  for (std::size_t i = 0; i < std::min(half, values.size()); ++i)
    window.insert(place(values[i]), values[i]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i + half < values.size()) window.insert(place(values[i + half]), values[i + half]);
    if (i > half) window.erase(place(values[i - half - 1]));
    const std::size_t n = window.size();
    out[i] = 0.5 * (window[(n - 1) / 2] + window[n / 2]);
  }
  return out;
}

}  // namespace skyweft::lc

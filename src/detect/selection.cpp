// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/selection.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace skyweft::detect {

std::vector<Source> spread_evenly(const std::vector<Source>& sources, std::size_t n_max) {
  if (sources.size() <= n_max) return sources;
  double x0 = sources[0].x_px, x1 = x0, y0 = sources[0].y_px, y1 = y0;
  for (const Source& s : sources) {
    x0 = std::min(x0, s.x_px);
    x1 = std::max(x1, s.x_px);
    y0 = std::min(y0, s.y_px);
    y1 = std::max(y1, s.y_px);
  }
  const int side = std::clamp(static_cast<int>(std::sqrt(static_cast<double>(n_max))), 1, 8);
  const auto cell = [&](double v, double low, double high) {
    if (!(high > low)) return 0;
    return std::clamp(static_cast<int>((v - low) * side / (high - low)), 0, side - 1);
  };
  std::vector<int> filled(static_cast<std::size_t>(side * side), 0), rank;
  for (const Source& s : sources)
    rank.push_back(
        filled[static_cast<std::size_t>(side * cell(s.y_px, y0, y1) + cell(s.x_px, x0, x1))]++);
  std::vector<std::size_t> order(sources.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank[a] < rank[b]; });
  order.resize(n_max);
  std::sort(order.begin(), order.end());
  std::vector<Source> kept;
  for (const std::size_t i : order) kept.push_back(sources[i]);
  return kept;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/shift_vote.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::sky {
namespace {

/// Of the box around the points.
double area_of(std::span<const PixelPos> points) {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  double x0 = kInf, x1 = -kInf, y0 = kInf, y1 = -kInf;
  for (const PixelPos& p : points) {
    if (!std::isfinite(p.x_px) || !std::isfinite(p.y_px)) continue;
    x0 = std::min(x0, p.x_px);
    x1 = std::max(x1, p.x_px);
    y0 = std::min(y0, p.y_px);
    y1 = std::max(y1, p.y_px);
  }
  return x1 > x0 && y1 > y0 ? (x1 - x0) * (y1 - y0) : 0.0;
}

/// ln P(N >= n) of a Poisson count of mean `mean`.
double log_tail(std::int64_t n, double mean) {
  const auto count = static_cast<double>(n);
  if (!(mean > 0.0) || count <= mean) return 0.0;
  double log_first = -mean;  // ln P(N = n)
  for (std::int64_t k = 1; k <= n; ++k) log_first += std::log(mean / static_cast<double>(k));
  double term = 1.0;
  double sum = 1.0;
  for (double k = count + 1.0; term > 1e-16 * sum; k += 1.0) sum += term *= mean / k;
  return std::min(0.0, log_first + std::log(sum));
}

}  // namespace

ShiftVote vote_shift(std::span<const PixelPos> moving, std::span<const PixelPos> fixed,
                     double max_shift, double bin) {
  const auto side = static_cast<std::int64_t>(std::ceil(2.0 * max_shift / bin)) + 1;
  std::vector<std::int32_t> votes(static_cast<std::size_t>(side * side), 0);
  const auto cell = [&](double shift) {
    return static_cast<std::int64_t>(std::floor((shift + max_shift) / bin));
  };
  for (const PixelPos& m : moving)
    for (const PixelPos& f : fixed) {
      const double dx = f.x_px - m.x_px;
      const double dy = f.y_px - m.y_px;
      if (!(std::abs(dx) <= max_shift && std::abs(dy) <= max_shift)) continue;
      ++votes[static_cast<std::size_t>(cell(dy) * side + cell(dx))];
    }
  // Windows of 2 × 2 bins, so that a peak on a border between bins is not split.
  std::int64_t best_x = 0;
  std::int64_t best_y = 0;
  std::int32_t most = 0;
  for (std::int64_t y = 0; y + 1 < side; ++y)
    for (std::int64_t x = 0; x + 1 < side; ++x) {
      const auto at = static_cast<std::size_t>(y * side + x);
      const auto up = at + static_cast<std::size_t>(side);
      const std::int32_t n = votes[at] + votes[at + 1] + votes[up] + votes[up + 1];
      if (n <= most) continue;
      most = n;
      best_x = x;
      best_y = y;
    }
  ShiftVote out;
  if (most == 0) return out;
  out.votes = most;
  out.expected = static_cast<double>(moving.size()) * static_cast<double>(fixed.size()) * 4.0 *
                 bin * bin / std::max({area_of(moving), area_of(fixed), 4.0 * bin * bin});
  out.log_chance =
      std::min(0.0, std::log(static_cast<double>(side * side)) + log_tail(out.votes, out.expected));
  PixelPos middle{static_cast<double>(best_x + 1) * bin - max_shift,
                  static_cast<double>(best_y + 1) * bin - max_shift};
  for (int round = 0; round < 2; ++round) {
    std::vector<double> xs;
    std::vector<double> ys;
    for (const PixelPos& m : moving)
      for (const PixelPos& f : fixed) {
        const double dx = f.x_px - m.x_px;
        const double dy = f.y_px - m.y_px;
        if (std::abs(dx - middle.x_px) > bin || std::abs(dy - middle.y_px) > bin) continue;
        xs.push_back(dx);
        ys.push_back(dy);
      }
    if (xs.empty()) break;
    middle = {median_in_place(std::span<double>{xs}), median_in_place(std::span<double>{ys})};
  }
  out.shift = middle;
  return out;
}

}  // namespace skyweft::sky

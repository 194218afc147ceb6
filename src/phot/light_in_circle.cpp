// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/light_in_circle.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace skyweft::phot {
namespace {

constexpr std::size_t kMostLines = 28;  // of both axes together, to cut at each of them
constexpr int kParts = 20;
constexpr std::size_t kMostCuts = 3 * kMostLines + 2;

/// Abscissae and weights of Gauss and Legendre on [−1, 1], positive half.
constexpr std::array<double, 4> kNode{0.1834346424956498, 0.5255324099163290, 0.7966664774136267,
                                      0.9602898564975363};
constexpr std::array<double, 4> kWeight{0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                        0.1012285362903763};

std::size_t cell_of(std::span<const double> lines, double v) {
  const auto above = std::ranges::upper_bound(lines, v);
  const auto i = static_cast<std::size_t>(above - lines.begin());
  return std::clamp<std::size_t>(i, 1, lines.size() - 1) - 1;
}

/// ∫ of the cubic with these end values and slopes from 0 to t of its cell.
double cubic_to(double t, double width, double v0, double s0, double v1, double s1) {
  const double t2 = t * t;
  return width * (v0 * t * (1.0 - t2 * (1.0 - 0.5 * t)) + v1 * t * t2 * (1.0 - 0.5 * t)) +
         width * width * t2 *
             (s0 * (0.5 - t * (2.0 / 3.0 - 0.25 * t)) + s1 * t * (0.25 * t - 1.0 / 3.0));
}

/// ∫ of the surface along x from `low` to `high` (inside the grid) at one y.
double along_x(const StarShape& shape, double y, double low, double high) {
  const auto& lines = shape.x_node_px;
  const std::size_t iy = cell_of(shape.y_node_px, y);
  const double height = shape.y_node_px[iy + 1] - shape.y_node_px[iy];
  const double t = (y - shape.y_node_px[iy]) / height;
  const double u = 1.0 - t;
  const double a0 = u * u * (1.0 + 2.0 * t);
  const double b0 = height * t * u * u;
  const double a1 = t * t * (3.0 - 2.0 * t);
  const double b1 = -height * t * t * u;
  const double* const lower = shape.node.data() + 4 * iy * lines.size();
  const double* const upper = lower + 4 * lines.size();
  const auto value = [&](std::size_t i) {
    return a0 * lower[4 * i] + b0 * lower[4 * i + 2] + a1 * upper[4 * i] + b1 * upper[4 * i + 2];
  };
  const auto slope = [&](std::size_t i) {
    return a0 * lower[4 * i + 1] + b0 * lower[4 * i + 3] + a1 * upper[4 * i + 1] +
           b1 * upper[4 * i + 3];
  };
  const std::size_t first = cell_of(lines, low);
  const std::size_t last = cell_of(lines, high);
  double sum = 0.0;
  double v0 = value(first);
  double s0 = slope(first);
  for (std::size_t i = first; i <= last; ++i) {
    const double v1 = value(i + 1);
    const double s1 = slope(i + 1);
    const double width = lines[i + 1] - lines[i];
    const double to = i == last ? (high - lines[i]) / width : 1.0;
    sum += cubic_to(to, width, v0, s0, v1, s1);
    if (i == first) sum -= cubic_to((low - lines[i]) / width, width, v0, s0, v1, s1);
    v0 = v1;
    s0 = s1;
  }
  return sum;
}

}  // namespace

double light_in_circle(const StarShape& shape, double dx_px, double dy_px, double radius_px) {
  if (shape.empty() || !(radius_px > 0.0) || !std::isfinite(dx_px) || !std::isfinite(dy_px))
    return 0.0;
  const auto& x_lines = shape.x_node_px;
  const auto& y_lines = shape.y_node_px;
  const double x_low = x_lines.front();
  const double x_high = x_lines.back();
  // y = dy + R sin t, so that the ends of the circle are smooth.
  const auto angle = [&](double y) {
    return std::asin(std::clamp((y - dy_px) / radius_px, -1.0, 1.0));
  };
  const double from = angle(y_lines.front());
  const double to = angle(y_lines.back());
  if (!(to > from) || dx_px + radius_px <= x_low || dx_px - radius_px >= x_high) return 0.0;

  std::array<double, kMostCuts> cuts{};
  std::size_t n_cut = 0;
  cuts[n_cut++] = from;
  if (x_lines.size() + y_lines.size() <= kMostLines) {
    const auto cut = [&](double t) {
      if (t > from && t < to) cuts[n_cut++] = t;
    };
    for (const double y : y_lines)
      if (std::abs(y - dy_px) < radius_px) cut(angle(y));
    for (const double x : x_lines)
      if (const double c = std::abs(x - dx_px) / radius_px; c < 1.0) {
        const double t = std::acos(c);
        cut(t);
        cut(-t);
      }
    std::sort(cuts.begin(), cuts.begin() + static_cast<std::ptrdiff_t>(n_cut));
  } else {
    for (int k = 1; k < kParts; ++k) cuts[n_cut++] = from + (to - from) * k / kParts;
  }
  cuts[n_cut++] = to;

  double total = 0.0;
  for (std::size_t k = 0; k + 1 < n_cut; ++k) {
    const double half = 0.5 * (cuts[k + 1] - cuts[k]);
    const double middle = 0.5 * (cuts[k + 1] + cuts[k]);
    if (!(half > 0.0)) continue;
    double sum = 0.0;
    for (std::size_t g = 0; g < kNode.size(); ++g)
      for (const double side : {-1.0, 1.0}) {
        const double t = middle + side * half * kNode[g];
        const double reach = radius_px * std::cos(t);
        const double low = std::max(dx_px - reach, x_low);
        const double high = std::min(dx_px + reach, x_high);
        if (high > low)
          sum += kWeight[g] * reach * along_x(shape, dy_px + radius_px * std::sin(t), low, high);
      }
    total += half * sum;
  }
  return total;
}

}  // namespace skyweft::phot

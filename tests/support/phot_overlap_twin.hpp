// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace skyweft::support {

/// The slow twin of circle_pixel_overlap(): adaptive quadrature of the pixel's columns.
///
/// The height of circle ∩ column is integrated between its kinks with x = m + h sin t (which
/// removes the square-root ends) by Simpson's rule, refined until two rounds agree to 1e-14.
inline double overlap_by_quadrature(double dx, double dy, double r) {
  const double x0 = dx - 0.5;
  const double x1 = dx + 0.5;
  const double y0 = dy - 0.5;
  const double y1 = dy + 0.5;
  const auto height = [&](double x) {
    const double h = std::sqrt(std::max((r - x) * (r + x), 0.0));
    return std::max(0.0, std::min(h, y1) - std::max(-h, y0));
  };
  std::vector<double> cuts{x0, x1, -r, r};
  for (const double y : {y0, y1})
    if (std::abs(y) < r) {
      cuts.push_back(std::sqrt((r - y) * (r + y)));
      cuts.push_back(-std::sqrt((r - y) * (r + y)));
    }
  std::sort(cuts.begin(), cuts.end());
  double total = 0.0;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    const double a = std::clamp(cuts[k], x0, x1);
    const double b = std::clamp(cuts[k + 1], x0, x1);
    if (b <= a) continue;
    double last = -1.0;
    for (int panels = 24; panels <= 24 << 11; panels *= 2) {
      const double step = std::acos(-1.0) / panels;
      double sum = 0.0;
      for (int i = 1; i < panels; ++i) {
        const double t = -std::acos(0.0) + i * step;
        sum += (i % 2 == 1 ? 4.0 : 2.0) * height(0.5 * (a + b) + 0.5 * (b - a) * std::sin(t)) *
               std::cos(t);
      }
      const double area = sum * step / 3.0 * 0.5 * (b - a);
      if (std::abs(area - last) < 1e-14) {
        last = area;
        break;  // nearly singular pieces take more panels
      }
      last = area;
    }
    total += last;
  }
  return total;
}

}  // namespace skyweft::support

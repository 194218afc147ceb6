// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/units.hpp"
#include "phot/ellipse_overlap.hpp"

namespace skyweft::support {

/// The slow twin of EllipseOverlap: adaptive quadrature of the pixel's columns.
///
/// The ellipse is A x² + 2 B x y + C y² = 1. The height of ellipse ∩ column is integrated between
/// its kinks with x = m + h sin t, which removes the square-root ends, by Simpson's rule, refined
/// until two rounds agree to 1e-14.
inline double ellipse_overlap_by_quadrature(double dx, double dy, const phot::Ellipse& e) {
  const double cs = std::cos(e.theta_deg * kRadPerDeg);
  const double sn = std::sin(e.theta_deg * kRadPerDeg);
  const double a2 = e.a_px * e.a_px;
  const double b2 = e.b_px * e.b_px;
  // y of the boundary at x: (slope x ± a b √(w² − x²))/w² with w the half width.
  const double w2 = a2 * cs * cs + b2 * sn * sn;
  const double w = std::sqrt(w2);
  const double slope = (a2 - b2) * sn * cs;
  const double h2 = a2 * sn * sn + b2 * cs * cs;
  const double x0 = dx - 0.5;
  const double x1 = dx + 0.5;
  const double y0 = dy - 0.5;
  const double y1 = dy + 0.5;
  const auto height = [&](double x) {
    const double half = e.a_px * e.b_px * std::sqrt(std::max((w - x) * (w + x), 0.0)) / w2;
    const double middle = slope * x / w2;
    return std::max(0.0, std::min(middle + half, y1) - std::max(middle - half, y0));
  };
  std::vector<double> cuts{x0, x1, -w, w};
  for (const double y : {y0, y1})
    if (y * y < h2) {
      const double half = e.a_px * e.b_px * std::sqrt(h2 - y * y) / h2;
      cuts.push_back(slope * y / h2 + half);
      cuts.push_back(slope * y / h2 - half);
    }
  std::sort(cuts.begin(), cuts.end());
  double total = 0.0;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    const double from = std::clamp(cuts[k], x0, x1);
    const double to = std::clamp(cuts[k + 1], x0, x1);
    if (to <= from) continue;
    double last = -1.0;
    for (int panels = 24; panels <= 24 << 11; panels *= 2) {
      const double step = kPi / panels;
      double sum = 0.0;
      for (int i = 1; i < panels; ++i) {
        const double t = -0.5 * kPi + i * step;
        sum += (i % 2 == 1 ? 4.0 : 2.0) *
               height(0.5 * (from + to) + 0.5 * (to - from) * std::sin(t)) * std::cos(t);
      }
      const double area = sum * step / 3.0 * 0.5 * (to - from);
      const bool settled = std::abs(area - last) < 1e-14;
      last = area;
      if (settled) break;  // nearly singular pieces take more panels
    }
    total += last;
  }
  return total;
}

}  // namespace skyweft::support

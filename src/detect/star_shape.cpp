// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/star_shape.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::detect {
namespace {

struct Axes {
  double large, small, cos2, sin2;  ///< eigenvalues; cosine and sine of twice the angle
};

Axes axes_of(const Covariance& c) {
  const double mean = 0.5 * (c.xx + c.yy), half = 0.5 * (c.xx - c.yy);
  const double split = std::hypot(half, c.xy);
  if (!(split > 0.0)) return {mean, mean, 1.0, 0.0};
  return {mean + split, mean - split, half / split, c.xy / split};
}

Covariance covariance_of(const Axes& a) {
  const double mean = 0.5 * (a.large + a.small), split = 0.5 * (a.large - a.small);
  return {mean + split * a.cos2, mean - split * a.cos2, split * a.sin2};
}

bool finite(const Covariance& c) {
  return std::isfinite(c.xx) && std::isfinite(c.yy) && std::isfinite(c.xy);
}

}  // namespace

StarShape shape_of(const Covariance& c, double least_var, double most_var) {
  if (!finite(c)) return {};
  Axes a = axes_of(c);
  a.large = std::clamp(a.large, least_var, most_var);
  a.small = std::clamp(a.small, least_var, most_var);
  const double mean = 0.5 * (1.0 / a.small + 1.0 / a.large);
  const double split = 0.5 * (1.0 / a.small - 1.0 / a.large);
  return {.fwhm_px = kFwhmPerSigma * std::pow(a.large * a.small, 0.25),
          .elongation = std::sqrt(a.large / a.small),
          .angle = 0.5 * std::atan2(a.sin2, a.cos2),
          .s = mean,
          .d = -split * a.cos2,
          .k = -split * a.sin2};
}

Covariance unwindowed(const Covariance& seen, double window_var) {
  if (!finite(seen)) return {};
  Axes a = axes_of(seen);
  const auto without = [&](double m) {
    m = std::max(m, 1e-4);
    return m < 0.9 * window_var ? m / (1.0 - m / window_var) : 9.0 * window_var;
  };
  a.large = without(a.large);
  a.small = without(a.small);
  return covariance_of(a);
}

}  // namespace skyweft::detect

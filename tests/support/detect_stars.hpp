// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "data/frame.hpp"

namespace skyweft::support {

/// A frame of constant sky with Gaussian noise of `noise_e`; variance says so.
inline Frame sky_frame(std::int64_t nx, std::int64_t ny, double sky_e, double noise_e,
                       std::uint32_t seed) {
  Frame frame;
  frame.signal_e = Grid<float>(nx, ny);
  frame.variance_e2 = Grid<float>(nx, ny, static_cast<float>(noise_e * noise_e));
  frame.mask = Mask(nx, ny, 0);
  std::mt19937 random{seed};
  std::normal_distribution<double> noise{sky_e, noise_e};
  for (float& v : frame.signal_e.pixels()) v = static_cast<float>(noise(random));
  return frame;
}

/// Adds a Gaussian star (sampled at pixel centres).
inline void add_star(Frame& frame, double x_px, double y_px, double flux_e, double fwhm_px) {
  const double s2 = std::pow(fwhm_px / 2.3548, 2);
  const auto reach = static_cast<std::int64_t>(std::ceil(3.0 * fwhm_px));
  for (std::int64_t y = std::lround(y_px) - reach; y <= std::lround(y_px) + reach; ++y)
    for (std::int64_t x = std::lround(x_px) - reach; x <= std::lround(x_px) + reach; ++x) {
      if (!frame.signal_e.contains(x, y)) continue;
      const double dx = static_cast<double>(x) - x_px, dy = static_cast<double>(y) - y_px;
      frame.signal_e(x, y) += static_cast<float>(flux_e / (2.0 * 3.14159265358979 * s2) *
                                                 std::exp(-0.5 * (dx * dx + dy * dy) / s2));
    }
}

/// Flux with this matched-filter S/N on sky noise: S/N = F / (2 √π σ_star σ_pixel).
inline double flux_of_snr(double snr, double fwhm_px, double noise_e) {
  return snr * 2.0 * std::sqrt(3.14159265358979) * fwhm_px / 2.3548 * noise_e;
}

}  // namespace skyweft::support

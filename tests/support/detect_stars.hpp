// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "data/frame.hpp"
#include "detect/background.hpp"

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

/// Adds a Gaussian star integrated over the pixels.
inline void add_pixel_star(Frame& frame, double x_px, double y_px, double flux_e, double fwhm_px) {
  const double unit = std::sqrt(2.0) * fwhm_px / 2.3548200450309493;
  const auto share = [&](double d) {
    return 0.5 * (std::erf((d + 0.5) / unit) - std::erf((d - 0.5) / unit));
  };
  const auto reach = static_cast<std::int64_t>(std::ceil(3.0 * fwhm_px)) + 1;
  for (std::int64_t y = std::lround(y_px) - reach; y <= std::lround(y_px) + reach; ++y)
    for (std::int64_t x = std::lround(x_px) - reach; x <= std::lround(x_px) + reach; ++x)
      if (frame.signal_e.contains(x, y))
        frame.signal_e(x, y) += static_cast<float>(flux_e * share(static_cast<double>(x) - x_px) *
                                                   share(static_cast<double>(y) - y_px));
}

/// Adds peak · exp{−½[S(Δx²+Δy²) + D(Δx²−Δy²) + 2K ΔxΔy]}, sampled at pixel centres.
inline void add_sdk_star(Frame& frame, double x_px, double y_px, double peak_e, double s, double d,
                         double k) {
  for (std::int64_t y = 0; y < frame.ny(); ++y)
    for (std::int64_t x = 0; x < frame.nx(); ++x) {
      const double dx = static_cast<double>(x) - x_px, dy = static_cast<double>(y) - y_px;
      const double q = s * (dx * dx + dy * dy) + d * (dx * dx - dy * dy) + 2.0 * k * dx * dy;
      if (q < 80.0) frame.signal_e(x, y) += static_cast<float>(peak_e * std::exp(-0.5 * q));
    }
}

/// A known sky, the same everywhere.
inline detect::Background flat_background(const Frame& frame, double level_e, double rms_e) {
  return {Grid<float>(frame.nx(), frame.ny(), static_cast<float>(level_e)),
          Grid<float>(frame.nx(), frame.ny(), static_cast<float>(rms_e)), level_e, rms_e};
}

/// Flux with this matched-filter S/N on sky noise: S/N = F / (2 √π σ_star σ_pixel).
inline double flux_of_snr(double snr, double fwhm_px, double noise_e) {
  return snr * 2.0 * std::sqrt(3.14159265358979) * fwhm_px / 2.3548 * noise_e;
}

}  // namespace skyweft::support

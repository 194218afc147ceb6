// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/windowed.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace skyweft::detect {
namespace {

constexpr int kMaxRadius = 40;

bool readable(const Frame& frame, std::int64_t x, std::int64_t y) {
  if (!frame.signal_e.contains(x, y)) return false;
  constexpr auto kRefused = static_cast<MaskBits>(mask::unusable & ~mask::saturated);
  return (frame.mask(x, y) & kRefused) == 0 && std::isfinite(frame.signal_e(x, y));
}

struct Sums {
  double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0;
};

Sums windowed_sums(const Frame& frame, const Background& background, double x_px, double y_px,
                   double sigma_px) {
  const int radius = std::clamp(static_cast<int>(std::ceil(4.0 * sigma_px)), 2, kMaxRadius);
  const auto cx = static_cast<std::int64_t>(std::lround(x_px));
  const auto cy = static_cast<std::int64_t>(std::lround(y_px));
  std::array<double, 2 * kMaxRadius + 1> wx{};
  const double q = -0.5 / (sigma_px * sigma_px);
  for (int i = -radius; i <= radius; ++i) {
    const double dx = static_cast<double>(cx + i) - x_px;
    wx[static_cast<std::size_t>(i + radius)] = std::exp(q * dx * dx);
  }
  Sums t;
  for (int j = -radius; j <= radius; ++j) {
    const double dy = static_cast<double>(cy + j) - y_px;
    const double wy = std::exp(q * dy * dy);
    double s = 0.0, sx = 0.0, sxx = 0.0;
    for (int i = -radius; i <= radius; ++i) {
      if (!readable(frame, cx + i, cy + j) || !readable(frame, cx - i, cy - j)) continue;
      const double dx = static_cast<double>(cx + i) - x_px;
      const double v =
          wx[static_cast<std::size_t>(i + radius)] *
          static_cast<double>(frame.signal_e(cx + i, cy + j) - background.level_e(cx + i, cy + j));
      s += v;
      sx += v * dx;
      sxx += v * dx * dx;
    }
    t.s += wy * s;
    t.sx += wy * sx;
    t.sxx += wy * sxx;
    t.sy += wy * dy * s;
    t.syy += wy * dy * dy * s;
    t.sxy += wy * dy * sx;
  }
  return t;
}

}  // namespace

WindowedShape windowed_shape(const Frame& frame, const Background& background, double x_px,
                             double y_px, double fwhm_px, double max_shift_px) {
  const double sigma_px = fwhm_px / 2.3548;
  WindowedShape out{.x_px = x_px, .y_px = y_px};
  Sums t;
  for (int round = 0; round < 16; ++round) {
    t = windowed_sums(frame, background, out.x_px, out.y_px, sigma_px);
    if (!(t.s > 0.0)) return out;
    const double dx = 2.0 * t.sx / t.s, dy = 2.0 * t.sy / t.s;
    if (!(std::hypot(out.x_px + dx - x_px, out.y_px + dy - y_px) < max_shift_px)) return out;
    out.x_px += dx;
    out.y_px += dy;
    if (std::hypot(dx, dy) < 1e-4) break;
  }
  out.converged = true;
  // For a Gaussian star of covariance C seen through the window: M⁻¹ = C⁻¹ + 1/σ_w².
  const double mx = t.sx / t.s, my = t.sy / t.s;
  const double xx = t.sxx / t.s - mx * mx, yy = t.syy / t.s - my * my, xy = t.sxy / t.s - mx * my;
  const double half_sum = 0.5 * (xx + yy);
  const double half_split = std::hypot(0.5 * (xx - yy), xy);
  const double window = sigma_px * sigma_px;
  const auto unwindowed = [&](double m) {
    m = std::max(m, 1e-4);
    return m < 0.9 * window ? m / (1.0 - m / window) : 9.0 * window;
  };
  const double a2 = unwindowed(half_sum + half_split), b2 = unwindowed(half_sum - half_split);
  out.fwhm_px = 2.3548 * std::pow(a2 * b2, 0.25);
  out.elongation = std::sqrt(a2 / b2);
  return out;
}

double quick_flux_e(const Frame& frame, const Background& background, double x_px, double y_px,
                    double radius_px) {
  const auto reach = static_cast<std::int64_t>(std::ceil(radius_px + 0.5));
  const auto cx = static_cast<std::int64_t>(std::lround(x_px));
  const auto cy = static_cast<std::int64_t>(std::lround(y_px));
  double sum = 0.0;
  for (std::int64_t y = cy - reach; y <= cy + reach; ++y)
    for (std::int64_t x = cx - reach; x <= cx + reach; ++x) {
      const double d = std::hypot(static_cast<double>(x) - x_px, static_cast<double>(y) - y_px);
      const double share = std::clamp(radius_px + 0.5 - d, 0.0, 1.0);
      if (share > 0.0 && readable(frame, x, y))
        sum += share * static_cast<double>(frame.signal_e(x, y) - background.level_e(x, y));
    }
  return sum;
}

}  // namespace skyweft::detect

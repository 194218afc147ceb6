// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/kron.hpp"

#include <algorithm>
#include <cmath>

namespace skyweft::phot {
namespace {

constexpr int kMaxRounds = 60;
constexpr double kSettled = 1e-5;
constexpr double kMinSnr = 5.0;
constexpr double kMinRms = 0.2;
constexpr double kMaxRms = 100.0;
constexpr double kWindowReach = 4.0;  // sigma: exp(−8) = 3e-4
constexpr double kKronReach = 6.0;

/// A symmetric matrix: moments, or their inverse.
struct Moments {
  double xx = 0.0;
  double yy = 0.0;
  double xy = 0.0;
  double det() const { return xx * yy - xy * xy; }
  Moments inverse() const { return {yy / det(), xx / det(), -xy / det()}; }
};

Moments moments_of(const Ellipse& e) {
  const double c = std::cos(e.theta_deg * kRadPerDeg);
  const double s = std::sin(e.theta_deg * kRadPerDeg);
  const double a2 = e.a_px * e.a_px;
  const double b2 = e.b_px * e.b_px;
  return {a2 * c * c + b2 * s * s, a2 * s * s + b2 * c * c, (a2 - b2) * s * c};
}

/// Eigenvalues below 0 give NaN axes.
Ellipse ellipse_of(const Moments& m) {
  const double mean = 0.5 * (m.xx + m.yy);
  const double split = std::hypot(0.5 * (m.xx - m.yy), m.xy);
  double theta = 0.5 * std::atan2(2.0 * m.xy, m.xx - m.yy) / kRadPerDeg;
  if (!(theta > -90.0)) theta = 90.0;
  return {std::sqrt(mean + split), std::sqrt(mean - split), theta};
}

/// Calls use(dx, dy, q, signal, variance) for the usable pixels whose q = Δᵀ M⁻¹ Δ <= reach².
template <class Use>
void for_each_within(const Frame& frame, const LocalSky& sky, double x, double y, const Moments& m,
                     double reach, Use use) {
  const Moments inverse = m.inverse();
  const double wide = reach * std::sqrt(m.xx);
  const double tall = reach * std::sqrt(m.yy);
  const auto low = [](double v) { return static_cast<std::int64_t>(std::ceil(std::max(v, 0.0))); };
  const auto high = [](double v, std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(std::clamp(v, -1.0, static_cast<double>(n - 1))));
  };
  const std::int64_t ix_low = low(x - wide);
  const std::int64_t ix_high = high(x + wide, frame.nx());
  const std::int64_t iy_high = high(y + tall, frame.ny());
  for (std::int64_t iy = low(y - tall); iy <= iy_high; ++iy) {
    const double dy = static_cast<double>(iy) - y;
    for (std::int64_t ix = ix_low; ix <= ix_high; ++ix) {
      const double dx = static_cast<double>(ix) - x;
      const double q = inverse.xx * dx * dx + inverse.yy * dy * dy + 2.0 * inverse.xy * dx * dy;
      if (!(q <= reach * reach) || (frame.mask(ix, iy) & mask::unusable) != 0) continue;
      const auto value = static_cast<double>(frame.signal_e(ix, iy));
      const auto variance = static_cast<double>(frame.variance_e2(ix, iy));
      if (!std::isfinite(value) || !std::isfinite(variance)) continue;
      use(dx, dy, q, value - sky.at(ix, iy), variance);
    }
  }
}

bool usable(const Ellipse& rms) {
  return rms.b_px > kMinRms && rms.a_px < kMaxRms;
}

}  // namespace

LightShape adaptive_shape(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                          double start_sigma_px) {
  const Ellipse start{start_sigma_px, start_sigma_px, 0.0};
  const LightShape failed{start, false};
  Moments window = moments_of(start);
  for (int round = 0; round < kMaxRounds; ++round) {
    double light = 0.0;
    double noise2 = 0.0;
    Moments sum;
    for_each_within(frame, sky, x_px, y_px, window, kWindowReach,
                    [&](double dx, double dy, double q, double signal, double variance) {
                      const double w = std::exp(-0.5 * q);
                      light += w * signal;
                      noise2 += w * w * variance;
                      sum.xx += w * signal * dx * dx;
                      sum.yy += w * signal * dy * dy;
                      sum.xy += w * signal * dx * dy;
                    });
    if (!(light > kMinSnr * std::sqrt(noise2))) return failed;
    const Moments seen{sum.xx / light, sum.yy / light, sum.xy / light};
    if (!(seen.xx > 0.0 && seen.det() > 0.0)) return failed;
    const Moments a = seen.inverse();
    const Moments b = window.inverse();
    const Moments rest{a.xx - b.xx, a.yy - b.yy, a.xy - b.xy};
    // A source wider than the window shows as flat: widen the window and look again.
    Moments next{4.0 * window.xx, 4.0 * window.yy, 4.0 * window.xy};
    if (rest.xx > 0.0 && rest.det() > 0.0) {
      const Moments free = rest.inverse();
      if (free.xx + free.yy < next.xx + next.yy) next = free;
    }
    if (!usable(ellipse_of(next))) return failed;
    const double moved = std::abs(next.xx - window.xx) + std::abs(next.yy - window.yy) +
                         2.0 * std::abs(next.xy - window.xy);
    window = next;
    if (moved < kSettled * (window.xx + window.yy)) return {ellipse_of(window), true};
  }
  return failed;
}

double kron_radius(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                   const Ellipse& rms) {
  double light = 0.0;
  double first = 0.0;
  for_each_within(frame, sky, x_px, y_px, moments_of(rms), kKronReach,
                  [&](double, double, double q, double signal, double) {
                    light += signal;
                    first += std::sqrt(std::max(q, 0.0)) * signal;
                  });
  const bool mean_of_light = light > 0.0 && first > 0.0 && first <= kKronReach * light;
  return mean_of_light ? first / light : kNaN;
}

KronAperture kron_aperture(const Frame& frame, const LocalSky& sky, double x_px, double y_px,
                           const Ellipse& rms, double start_sigma_px, double factor,
                           double min_radius) {
  LightShape shape{rms, true};
  if (!(rms.a_px > 0.0 && rms.b_px > 0.0))
    shape = adaptive_shape(frame, sky, x_px, y_px, start_sigma_px);
  KronAperture out;
  out.kron_radius = kron_radius(frame, sky, x_px, y_px, shape.rms);
  out.measured = shape.measured && std::isfinite(out.kron_radius);
  double scale = std::max(factor * out.kron_radius, min_radius);
  if (!out.measured) scale = min_radius;
  if (!(scale > 0.0)) scale = factor;
  out.ellipse = {scale * shape.rms.a_px, scale * shape.rms.b_px, shape.rms.theta_deg};
  return out;
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/windowed.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace skyweft::detect {
namespace {

constexpr int kMaxRadius = 52;
constexpr std::size_t kMaxSide = 2 * kMaxRadius + 4;
using Lane = std::array<float, kMaxSide>;

/// exp(−(i−f)²/(2σ²)) along one axis up to a factor that cancels, and its first two moments' terms.
struct AxisWindow {
  Lane w{}, wd{};
  std::array<double, kMaxSide> offset{};
};

/// exp(−(i−f)²/2σ²) = exp(−i²/2σ²) exp(f/σ²)^i exp(−f²/2σ²): one exponential per axis.
void fill_window(const StarWindow& window, double fraction, AxisWindow& out) {
  const std::vector<double>& table = window.table();
  const double step = std::exp(fraction / (window.sigma_px() * window.sigma_px()));
  const double back = 1.0 / step;
  const std::size_t middle = table.size() - 1;
  double up = 1.0, down = 1.0;
  for (std::size_t i = 0; i <= middle; ++i) {
    const double r = static_cast<double>(i);
    const double right = table[i] * up, left = table[i] * down;
    out.offset[middle + i] = r - fraction;
    out.offset[middle - i] = -r - fraction;
    out.w[middle + i] = static_cast<float>(right);
    out.w[middle - i] = static_cast<float>(left);
    out.wd[middle + i] = static_cast<float>(right * (r - fraction));
    out.wd[middle - i] = static_cast<float>(left * (-r - fraction));
    up *= step;
    down *= back;
  }
}

struct Sums {
  double s = 0.0, sx = 0.0, sy = 0.0;
};

Sums first_moments(const Stamp& stamp, int radius, const AxisWindow& x, const AxisWindow& y) {
  const int n = (2 * radius + 4) / 4 * 4;  // in fours; what is too much is not summed
  const int margin = stamp.radius - radius;
  Lane plain{}, moved{};
  for (int j = -radius; j <= radius; ++j) {
    const float* row = stamp.light_row(j) + margin;
    const auto k = static_cast<std::size_t>(j + radius);
    const float w = y.w[k], wd = y.wd[k];
    for (int i = 0; i < n; ++i) {
      const auto c = static_cast<std::size_t>(i);
      plain[c] += w * row[i];
      moved[c] += wd * row[i];
    }
  }
  Sums t;
  for (std::size_t i = 0; i < static_cast<std::size_t>(2 * radius + 1); ++i) {
    t.s += static_cast<double>(x.w[i]) * static_cast<double>(plain[i]);
    t.sx += static_cast<double>(x.wd[i]) * static_cast<double>(plain[i]);
    t.sy += static_cast<double>(x.w[i]) * static_cast<double>(moved[i]);
  }
  return t;
}

struct Seconds {
  Covariance moments{};       ///< about the mean, through the window
  double light = 0.0;         ///< Σ w I
  double noise_moment = 0.0;  ///< mean of Σ w² Δx² σ² and Σ w² Δy² σ²
};

Seconds second_moments(const Stamp& stamp, int radius, const AxisWindow& x, const AxisWindow& y) {
  const int n = (2 * radius + 4) / 4 * 4;  // in fours; what is too much is not summed
  const int margin = stamp.radius - radius;
  Lane plain{}, moved{}, spread{}, noise{}, noise_spread{};
  for (int j = -radius; j <= radius; ++j) {
    const float* row = stamp.light_row(j) + margin;
    const float* variance = stamp.variance_row(j) + margin;
    const auto k = static_cast<std::size_t>(j + radius);
    const float w = y.w[k], wd = y.wd[k];
    const float wdd = wd * static_cast<float>(y.offset[k]), w2 = w * w, wd2 = wd * wd;
    for (int i = 0; i < n; ++i) {
      const auto c = static_cast<std::size_t>(i);
      plain[c] += w * row[i];
      moved[c] += wd * row[i];
      spread[c] += wdd * row[i];
      noise[c] += w2 * variance[i];
      noise_spread[c] += wd2 * variance[i];
    }
  }
  double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, syy = 0.0, sxy = 0.0, nx = 0.0, ny = 0.0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(2 * radius + 1); ++i) {
    const auto w = static_cast<double>(x.w[i]), wd = static_cast<double>(x.wd[i]);
    s += w * static_cast<double>(plain[i]);
    sx += wd * static_cast<double>(plain[i]);
    sy += w * static_cast<double>(moved[i]);
    sxx += wd * x.offset[i] * static_cast<double>(plain[i]);
    syy += w * static_cast<double>(spread[i]);
    sxy += wd * static_cast<double>(moved[i]);
    nx += wd * wd * static_cast<double>(noise[i]);
    ny += w * w * static_cast<double>(noise_spread[i]);
  }
  Seconds out{.moments = {}, .light = s, .noise_moment = 0.5 * (nx + ny)};
  const double mx = sx / s, my = sy / s;
  out.moments = {sxx / s - mx * mx, syy / s - my * my, sxy / s - mx * my};
  return out;
}

}  // namespace

StarWindow::StarWindow(double fwhm_px) : fwhm_px_{fwhm_px}, sigma_px_{fwhm_px / kFwhmPerSigma} {
  const int radius = std::clamp(static_cast<int>(std::ceil(4.0 * sigma_px_)), 2, kMaxRadius);
  for (int i = 0; i <= radius; ++i)
    table_.push_back(std::exp(-0.5 * i * i / (sigma_px_ * sigma_px_)));
}

WindowedStar windowed_star(const Frame& frame, const Background& background, double x_px,
                           double y_px, const StarWindow& window, double max_shift_px,
                           Stamp& scratch) {
  const int radius = window.radius();
  const int reach = std::max(radius, static_cast<int>(std::ceil(2.0 * window.fwhm_px() + 0.5)));
  AxisWindow wx, wy;
  double x = x_px, y = y_px;
  bool cut = false;
  const auto look_at = [&] {
    const std::int64_t cx = std::llround(x), cy = std::llround(y);
    if (!cut || cx != scratch.x_px || cy != scratch.y_px)
      cut_stamp(frame, background, cx, cy, reach, {}, scratch);
    cut = true;
    fill_window(window, x - static_cast<double>(cx), wx);
    fill_window(window, y - static_cast<double>(cy), wy);
  };
  WindowedStar out{.x_px = x_px, .y_px = y_px};
  for (int round = 0; round < 16; ++round) {
    look_at();
    const Sums t = first_moments(scratch, radius, wx, wy);
    if (!(t.s > 0.0)) break;
    const double dx = 2.0 * t.sx / t.s, dy = 2.0 * t.sy / t.s;
    const double gone_x = x + dx - x_px, gone_y = y + dy - y_px;
    if (!(gone_x * gone_x + gone_y * gone_y < max_shift_px * max_shift_px)) break;
    x += dx;
    y += dy;
    out.converged = dx * dx + dy * dy < 1e-8 || round == 15;
    if (out.converged) break;
  }
  if (!out.converged) x = x_px, y = y_px;
  out.x_px = x;
  out.y_px = y;
  look_at();
  const Seconds t = second_moments(scratch, radius, wx, wy);
  if (!(t.light > 0.0)) return out;
  const double window_var = window.sigma_px() * window.sigma_px();
  out.shape = unwindowed(t.moments, window_var);
  const double own = std::max(0.0, 0.5 * (out.shape.xx + out.shape.yy));
  out.pos_err_px = std::sqrt(t.noise_moment) * (window_var + own) / (window_var * t.light);
  return out;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/forced_sky.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::phot {
namespace {

constexpr int kClipRounds = 5;

double value_near(const Grid<float>& map, double x, double y) {
  if (map.empty()) return kNaN;
  const double ix = std::clamp(std::round(x), 0.0, static_cast<double>(map.nx() - 1));
  const double iy = std::clamp(std::round(y), 0.0, static_cast<double>(map.ny() - 1));
  return static_cast<double>(map(static_cast<std::int64_t>(ix), static_cast<std::int64_t>(iy)));
}

}  // namespace

LocalSky mapped_sky(const SkySources& sources, double x_px, double y_px, double n_pixels) {
  LocalSky sky;
  const double rms = value_near(sources.background_rms_e, x_px, y_px);
  sky.level_e = value_near(sources.background_e, x_px, y_px);
  sky.level_err_e = rms * std::sqrt(0.5 * kPi / n_pixels);
  sky.pixel_variance_e2 = rms * rms;
  sky.reliable = std::isfinite(sky.level_e) && std::isfinite(rms);
  if (!sources.background_e.empty()) sky.map = &sources.background_e;
  return sky;
}

LocalSky ring_sky(const Frame& frame, const SkySources& sources, double x_px, double y_px,
                  double inner_px, double outer_px, double clip_sigma, std::int64_t min_pixels) {
  std::vector<float> level;
  std::vector<float> variance;
  const auto low = [](double v) { return static_cast<std::int64_t>(std::ceil(std::max(v, 0.0))); };
  const auto high = [](double v, std::int64_t n) {
    return static_cast<std::int64_t>(std::floor(std::clamp(v, -1.0, static_cast<double>(n - 1))));
  };
  const std::int64_t ix_low = low(x_px - outer_px);
  const std::int64_t ix_high = high(x_px + outer_px, frame.nx());
  const std::int64_t iy_high = high(y_px + outer_px, frame.ny());
  for (std::int64_t iy = low(y_px - outer_px); iy <= iy_high; ++iy) {
    const double dy = static_cast<double>(iy) - y_px;
    for (std::int64_t ix = ix_low; ix <= ix_high; ++ix) {
      const double dx = static_cast<double>(ix) - x_px;
      const double r2 = dx * dx + dy * dy;
      if (!(r2 > inner_px * inner_px && r2 < outer_px * outer_px)) continue;
      if ((frame.mask(ix, iy) & mask::unusable) != 0) continue;
      if (!sources.is_sky.empty() && sources.is_sky(ix, iy) == 0) continue;
      const float value = frame.signal_e(ix, iy);
      const float var = frame.variance_e2(ix, iy);
      if (!std::isfinite(value) || !std::isfinite(var)) continue;
      level.push_back(value);
      variance.push_back(var);
    }
  }
  if (static_cast<std::int64_t>(level.size()) >= min_pixels) {
    auto sorted = level;  // in another order afterwards
    const ClippedSummary kept = sigma_clipped_in_place(std::span{sorted}, clip_sigma, kClipRounds);
    if (kept.n >= min_pixels) {
      const auto survivors = std::span{sorted}.first(static_cast<std::size_t>(kept.n));
      const auto [least, most] = std::ranges::minmax(survivors);
      double sum = 0.0;
      std::int64_t n = 0;
      for (std::size_t i = 0; i < level.size(); ++i)
        if (level[i] >= least && level[i] <= most) {
          sum += static_cast<double>(variance[i]);
          ++n;
        }
      LocalSky sky;
      sky.pixel_variance_e2 = sum / static_cast<double>(n);
      sky.level_err_e = kept.sigma * std::sqrt(0.5 * kPi / static_cast<double>(kept.n));
      sky.level_e = static_cast<double>(grouped_median_in_place(survivors, frame.gain_e_per_adu));
      return sky;
    }
  }
  LocalSky sky = mapped_sky(sources, x_px, y_px, static_cast<double>(min_pixels));
  sky.map = nullptr;
  sky.reliable = false;
  return sky;
}

}  // namespace skyweft::phot

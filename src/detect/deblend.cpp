// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/deblend.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "detect/blend_tree.hpp"
#include "detect/near_grid.hpp"
#include "detect/star_shape.hpp"

namespace skyweft::detect {
namespace {

constexpr double kLink_fwhm = 3.0;
constexpr double kLeastHeight_sigma = 3.0;
constexpr double kLowest_sigma = 2.0;
constexpr std::int64_t kMostSide = 2048;

struct Group {
  std::vector<std::size_t> peaks;
  std::int64_t x0 = 0, y0 = 0, nx = 0, ny = 0;
};

/// Groups of at least two peaks, in the order of their first peak.
std::vector<Group> groups_of(const std::vector<Peak>& peaks, const Frame& frame, double fwhm_px) {
  const double link_px = kLink_fwhm * fwhm_px;
  NearGrid near{frame.nx(), frame.ny(), link_px};
  for (const Peak& p : peaks) near.add(p.x_px, p.y_px);
  std::vector<std::uint8_t> seen(peaks.size(), 0);
  std::vector<Group> out;
  for (std::size_t start = 0; start < peaks.size(); ++start) {
    if (seen[start] != 0) continue;
    seen[start] = 1;
    Group g;
    g.peaks.push_back(start);
    for (std::size_t i = 0; i < g.peaks.size(); ++i) {
      const Peak& p = peaks[g.peaks[i]];
      near.each_near(p.x_px, p.y_px, link_px, [&](std::size_t k, double, double) {
        if (seen[k] == 0) seen[k] = 1, g.peaks.push_back(k);
      });
    }
    if (g.peaks.size() < 2) continue;
    std::sort(g.peaks.begin(), g.peaks.end());
    double x0 = 1e30, x1 = -1e30, y0 = 1e30, y1 = -1e30;
    for (const std::size_t k : g.peaks) {
      x0 = std::min(x0, peaks[k].x_px);
      x1 = std::max(x1, peaks[k].x_px);
      y0 = std::min(y0, peaks[k].y_px);
      y1 = std::max(y1, peaks[k].y_px);
    }
    const double margin = 2.0 * fwhm_px + 1.0;
    g.x0 = std::max<std::int64_t>(0, std::lround(x0 - margin));
    g.y0 = std::max<std::int64_t>(0, std::lround(y0 - margin));
    g.nx = std::min<std::int64_t>(frame.nx(), std::lround(x1 + margin) + 1) - g.x0;
    g.ny = std::min<std::int64_t>(frame.ny(), std::lround(y1 + margin) + 1) - g.y0;
    if (g.nx <= kMostSide && g.ny <= kMostSide) out.push_back(std::move(g));
  }
  return out;
}

struct Smoothed {
  Grid<float> light;         ///< amplitude of the Gaussian that fits best at each pixel
  double kernel_norm = 1.0;  ///< √Σ K²: noise of the amplitude is σ/this
};

Smoothed smoothed(const Frame& frame, const Background& background, const Group& g,
                  double fwhm_px) {
  const double sigma = fwhm_px / kFwhmPerSigma;
  const auto radius = std::max<std::int64_t>(1, std::lround(std::ceil(3.0 * sigma)));
  std::vector<float> k;
  double sum2 = 0.0;
  for (std::int64_t i = -radius; i <= radius; ++i) {
    const double v = std::exp(-0.5 * static_cast<double>(i * i) / (sigma * sigma));
    k.push_back(static_cast<float>(v));
    sum2 += v * v;
  }
  const std::int64_t wide = g.nx + 2 * radius;
  std::vector<float> row(static_cast<std::size_t>(wide));
  std::vector<float> across(static_cast<std::size_t>(g.nx * (g.ny + 2 * radius)), 0.0f);
  constexpr auto kRefused = static_cast<MaskBits>(mask::unusable & ~mask::saturated);
  for (std::int64_t j = 0; j < g.ny + 2 * radius; ++j) {
    const std::int64_t y = g.y0 + j - radius;
    if (y < 0 || y >= frame.ny()) continue;
    for (std::int64_t i = 0; i < wide; ++i) {
      const std::int64_t x = g.x0 + i - radius;
      const bool good = x >= 0 && x < frame.nx() && (frame.mask(x, y) & kRefused) == 0 &&
                        std::abs(frame.signal_e(x, y)) < 1e30f;
      row[static_cast<std::size_t>(i)] =
          good ? frame.signal_e(x, y) - background.level_e(x, y) : 0.0f;
    }
    float* out = across.data() + j * g.nx;
    for (std::size_t t = 0; t < k.size(); ++t)
      for (std::int64_t i = 0; i < g.nx; ++i) out[i] += k[t] * row[static_cast<std::size_t>(i) + t];
  }
  Smoothed out;
  out.kernel_norm = sum2;  // Σ over both axes is (Σ k²)², its root is Σ k²
  out.light = Grid<float>(g.nx, g.ny, 0.0f);
  const auto per = static_cast<float>(1.0 / (sum2 * sum2));
  for (std::int64_t j = 0; j < g.ny; ++j) {
    float* to = out.light.row(j).data();
    for (std::size_t t = 0; t < k.size(); ++t) {
      const float w = per * k[t];
      const float* from = across.data() + (j + static_cast<std::int64_t>(t)) * g.nx;
      for (std::int64_t i = 0; i < g.nx; ++i) to[i] += w * from[i];
    }
  }
  return out;
}

/// The brightest of the 3 x 3 pixels at a peak: smoothing here and there need not agree exactly.
BlendTop top_near(const Grid<float>& image, const Peak& p, const Group& g) {
  const std::int64_t cx = std::clamp<std::int64_t>(std::lround(p.x_px) - g.x0, 0, g.nx - 1);
  const std::int64_t cy = std::clamp<std::int64_t>(std::lround(p.y_px) - g.y0, 0, g.ny - 1);
  BlendTop best{cx, cy};
  for (std::int64_t y = cy - 1; y <= cy + 1; ++y)
    for (std::int64_t x = cx - 1; x <= cx + 1; ++x)
      if (image.contains(x, y) && image(x, y) > image(best.x_px, best.y_px)) best = {x, y};
  return best;
}

}  // namespace

std::vector<std::uint8_t> deblended(const Frame& frame, const Background& background,
                                    const std::vector<Peak>& peaks, const DeblendRule& rule) {
  std::vector<std::uint8_t> keep(peaks.size(), 1);
  for (const Group& g : groups_of(peaks, frame, rule.fwhm_px)) {
    const Smoothed image = smoothed(frame, background, g, rule.fwhm_px);
    std::vector<BlendTop> tops;
    double sky = 0.0;
    for (const std::size_t k : g.peaks) {
      BlendTop top = top_near(image.light, peaks[k], g);
      const std::int64_t x = g.x0 + top.x_px, y = g.y0 + top.y_px;
      const double rms = static_cast<double>(background.rms_e(x, y));
      const double own = rule.noise_scale * std::sqrt(static_cast<double>(frame.variance_e2(x, y)));
      top.sigma = std::max(rms, own) / image.kernel_norm;
      sky = std::max(sky, rms / image.kernel_norm);
      tops.push_back(top);
    }
    const std::vector<std::uint8_t> stays =
        separate_tops(image.light, tops,
                      {.lowest = std::max(1e-30, kLowest_sigma * sky),
                       .n_level = rule.n_level,
                       .contrast = rule.contrast,
                       .least_height_sigma = kLeastHeight_sigma,
                       .one_per_island = rule.one_per_island});
    for (std::size_t i = 0; i < stays.size(); ++i) keep[g.peaks[i]] = stays[i];
  }
  return keep;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/frame_shape.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "core/robust.hpp"
#include "detect/centroid.hpp"
#include "detect/near_grid.hpp"
#include "detect/windowed.hpp"

namespace skyweft::detect {
namespace {

constexpr float kLeastSnr = 20.0f;
constexpr std::size_t kMostStars = 200;
constexpr double kFewStars = 20;
constexpr double kLeastSharp_px = 0.45;  // a hot pixel is 0 wide, a star centred on a pixel 0.5
constexpr double kUndersampled_px = 1.8;
constexpr double kMostFwhm_px = 30.0;

struct Sample {
  std::vector<double> fwhm, elongation, sharp, xx, yy, xy;

  void add(const Covariance& c, double sharp_px) {
    const StarShape s = shape_of(c, 1e-4, 1e6);
    fwhm.push_back(s.fwhm_px);
    elongation.push_back(s.elongation);
    sharp.push_back(sharp_px);
    xx.push_back(c.xx);
    yy.push_back(c.yy);
    xy.push_back(c.xy);
  }
  FrameShape medians() {
    const auto median = [](std::vector<double>& v) { return median_in_place(std::span{v}); };
    return {median(fwhm), median(elongation), median(sharp), {median(xx), median(yy), median(xy)}};
  }
};

bool clean_core(const Frame& frame, const Peak& p, double radius_px) {
  const auto reach = static_cast<std::int64_t>(std::ceil(radius_px));
  const std::int64_t cx = std::llround(p.x_px), cy = std::llround(p.y_px);
  for (std::int64_t y = cy - reach; y <= cy + reach; ++y)
    for (std::int64_t x = cx - reach; x <= cx + reach; ++x)
      if (!frame.mask.contains(x, y) || (frame.mask(x, y) & mask::unusable) != 0) return false;
  return true;
}

/// The peaks worth measuring, brightest first.
std::vector<Peak> chosen(std::vector<Peak> peaks, const Frame& frame, double fwhm_px,
                         bool isolated) {
  std::erase_if(peaks, [](const Peak& p) { return !(p.snr >= kLeastSnr); });
  std::stable_sort(peaks.begin(), peaks.end(),
                   [](const Peak& a, const Peak& b) { return a.snr > b.snr; });
  NearGrid all{frame.nx(), frame.ny(), 4.0 * fwhm_px};
  for (const Peak& p : peaks) all.add(p.x_px, p.y_px);
  std::vector<Peak> out;
  for (std::size_t i = 0; i < peaks.size() && out.size() < kMostStars; ++i) {
    bool good = true;
    all.each_near(peaks[i].x_px, peaks[i].y_px, 4.0 * fwhm_px, [&](std::size_t k, double, double) {
      good = good && (k == i || (!isolated && k > i));
    });
    if (good && clean_core(frame, peaks[i], 1.5 * fwhm_px)) out.push_back(peaks[i]);
  }
  return out;
}

/// Measures through a window that follows the stars' width, at most twice `fwhm_px`.
FrameShape measured(const Frame& frame, const Background& background,
                    const std::vector<Peak>& stars, double fwhm_px, std::size_t& n_used) {
  Stamp stamp;
  FrameShape out;
  double window_px = fwhm_px;
  n_used = 0;
  for (int round = 0; round < 6; ++round) {
    Sample sample;
    window_px = std::max(window_px, kSharpWindow_px);
    const StarWindow window{window_px};
    for (const Peak& p : stars) {
      const WindowedStar s =
          windowed_star(frame, background, p.x_px, p.y_px, window, window_px, stamp);
      const double sharp_px = shape_of(s.shape, 0.0, 1e6).fwhm_px;
      if (!s.converged || !(sharp_px > kLeastSharp_px)) continue;
      if (sharp_px >= kUndersampled_px) {
        sample.add(s.shape, sharp_px);
        continue;
      }
      cut_stamp(frame, background, std::llround(s.x_px), std::llround(s.y_px), 2,
                {.refused = mask::unusable, .mirrored = false}, stamp);
      const auto fit = gaussian_centroid(stamp, s.x_px, s.y_px, {0.2, 0.2, 0.0}, false, 1.0);
      if (fit) sample.add(fit->shape, sharp_px);
    }
    if (sample.fwhm.empty()) break;
    n_used = sample.fwhm.size();
    out = sample.medians();
    const double next = std::clamp(out.fwhm_px, kSharpWindow_px, 2.0 * fwhm_px);
    const bool settled = std::abs(next - window_px) < 0.01 * window_px;
    window_px = next;
    if (settled) break;
  }
  return out;
}

}  // namespace

std::vector<PixelBox> sample_windows(std::int64_t nx, std::int64_t ny, double fwhm_px) {
  constexpr std::int64_t kSide = 5;
  const double area = static_cast<double>(nx) * static_cast<double>(ny) / 8.0;
  const auto side = static_cast<std::int64_t>(std::sqrt(area) / static_cast<double>(kSide));
  if (side < 128 || static_cast<double>(side) < 12.0 * fwhm_px || side * kSide > std::min(nx, ny))
    return {{0, 0, nx, ny}};
  std::vector<PixelBox> out;
  for (std::int64_t j = 0; j < kSide; ++j)
    for (std::int64_t i = 0; i < kSide; ++i) {
      const std::int64_t x = (2 * i + 1) * nx / (2 * kSide) - side / 2;
      const std::int64_t y = (2 * j + 1) * ny / (2 * kSide) - side / 2;
      out.push_back({x, y, x + side, y + side});
    }
  return out;
}

FrameShape frame_shape(const Frame& frame, const Background& background, PeakSearch search) {
  FrameShape out;
  bool whole = false;
  for (int round = 0; round < 8; ++round) {
    std::vector<PixelBox> windows = sample_windows(frame.nx(), frame.ny(), search.fwhm_px);
    whole = whole || windows.size() == 1;
    if (whole) windows = {{0, 0, frame.nx(), frame.ny()}};
    std::vector<Peak> peaks;
    for (const PixelBox& w : windows) {
      const std::vector<Peak> here = find_peaks(frame, background, search, w);
      peaks.insert(peaks.end(), here.begin(), here.end());
    }
    std::size_t n_used = 0;
    FrameShape seen = measured(frame, background, chosen(peaks, frame, search.fwhm_px, true),
                               search.fwhm_px, n_used);
    if (n_used < 5)
      seen = measured(frame, background, chosen(peaks, frame, search.fwhm_px, false),
                      search.fwhm_px, n_used);
    if (static_cast<double>(n_used) < kFewStars && !whole) {
      whole = true;
      continue;
    }
    if (n_used == 0) break;
    out = seen;
    const double next = std::clamp(seen.fwhm_px, 1.0, kMostFwhm_px);
    if (next < 1.3 * search.fwhm_px) break;  // too wide a filter still finds single stars
    search.fwhm_px = next;
  }
  return out;
}

}  // namespace skyweft::detect

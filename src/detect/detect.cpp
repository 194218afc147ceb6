// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/detect.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <span>
#include <vector>

#include "core/robust.hpp"
#include "detect/matched_filter.hpp"
#include "detect/windowed.hpp"

namespace skyweft::detect {
namespace {

struct Candidate {
  double x_px = 0.0, y_px = 0.0;
  float snr = 0.0f;
  double plateau_px = 0.0;  ///< radius of the saturated plateau; 0 for ordinary stars
};

struct Source {
  double x_px, y_px;
  float flux_e, snr, peak_e, fwhm_px, elongation;
  MaskBits mask;
};

bool brighter(const Source& a, const Source& b) {
  if (a.flux_e != b.flux_e) return a.flux_e > b.flux_e;
  if (a.y_px != b.y_px) return a.y_px < b.y_px;
  return a.x_px < b.x_px;
}

/// How much larger the pixel scatter is than the variance says; at least 1.
double noise_scale_of(const Frame& frame, const Background& background) {
  std::vector<float> ratio;
  const std::int64_t step = std::max<std::int64_t>(1, frame.signal_e.size() / 4999);
  const auto n = static_cast<std::size_t>(frame.signal_e.size());
  for (std::size_t i = 0; i < n; i += static_cast<std::size_t>(step)) {
    const float variance = frame.variance_e2.pixels()[i], rms = background.rms_e.pixels()[i];
    if ((frame.mask.pixels()[i] & mask::unusable) == 0 && variance > 0.0f)
      ratio.push_back(rms * rms / variance);
  }
  if (ratio.empty()) return 1.0;
  return std::sqrt(std::max(1.0, static_cast<double>(median_in_place(std::span<float>{ratio}))));
}

/// Median of the S/N on a ring of 16 points around the pixel.
float ring_level(const Grid<float>& snr, std::int64_t x, std::int64_t y, double radius_px) {
  std::array<float, 16> ring{};
  std::size_t n = 0;
  for (int i = 0; i < 16; ++i) {
    const double angle = i * std::numbers::pi / 8.0;
    const std::int64_t a = x + std::lround(radius_px * std::cos(angle));
    const std::int64_t b = y + std::lround(radius_px * std::sin(angle));
    if (snr.contains(a, b)) ring[n++] = snr(a, b);
  }
  return n == 0 ? 0.0f : median_in_place(std::span<float>{ring.data(), n});
}

/// Offset of a parabola's top through three values, within half a pixel.
double parabola_top(float left, float middle, float right) {
  const double bend =
      static_cast<double>(left) - 2.0 * static_cast<double>(middle) + static_cast<double>(right);
  if (!(bend < 0.0)) return 0.0;
  return std::clamp(0.5 * static_cast<double>(left - right) / bend, -0.5, 0.5);
}

std::vector<Candidate> local_maxima(const Grid<float>& snr, double fwhm_px,
                                    const DetectConfig& config) {
  std::vector<Candidate> found;
  const auto threshold = static_cast<float>(config.threshold_sigma);
  const std::int64_t edge = std::max(1, config.edge_px);
  for (std::int64_t y = edge; y < snr.ny() - edge; ++y) {
    const float* up = snr.row(y - 1).data();
    const float* here = snr.row(y).data();
    const float* down = snr.row(y + 1).data();
    for (std::int64_t x = edge; x < snr.nx() - edge; ++x) {
      const float v = here[x];
      if (!(v > threshold)) continue;
      // Strict on one side only, so that of two equal neighbours exactly one wins.
      const std::array<float, 4> before{up[x - 1], up[x], up[x + 1], here[x - 1]};
      const std::array<float, 4> after{here[x + 1], down[x - 1], down[x], down[x + 1]};
      bool top = true;
      int n_above = 1;
      for (std::size_t i = 0; i < 4; ++i) {
        top = top && v > before[i] && v >= after[i];
        n_above += (before[i] > threshold ? 1 : 0) + (after[i] > threshold ? 1 : 0);
      }
      if (!top || n_above < config.min_pixels) continue;
      if (v - ring_level(snr, x, y, 2.0 * fwhm_px) < threshold) continue;
      found.push_back({static_cast<double>(x) + parabola_top(here[x - 1], v, here[x + 1]),
                       static_cast<double>(y) + parabola_top(up[x], v, down[x]), v});
    }
  }
  return found;
}

/// Connected saturated pixels with light around them, as candidates at their centres.
std::vector<Candidate> saturated_plateaus(const Frame& frame, const Grid<float>& snr,
                                          const DetectConfig& config) {
  std::vector<Candidate> found;
  std::vector<std::uint8_t> seen;
  std::vector<std::int64_t> stack;
  const std::int64_t nx = frame.nx(), ny = frame.ny();
  const std::span<const MaskBits> bits = frame.mask.pixels();
  for (std::int64_t start = 0; start < nx * ny; ++start) {
    if ((bits[static_cast<std::size_t>(start)] & mask::saturated) == 0) continue;
    if (seen.empty()) seen.assign(bits.size(), 0);
    if (seen[static_cast<std::size_t>(start)] != 0) continue;
    seen[static_cast<std::size_t>(start)] = 1;
    stack.assign(1, start);
    double n = 0.0, sx = 0.0, sy = 0.0;
    float best = 0.0f;
    while (!stack.empty()) {
      const std::int64_t at = stack.back(), x = at % nx, y = at / nx;
      stack.pop_back();
      n += 1.0;
      sx += static_cast<double>(x);
      sy += static_cast<double>(y);
      for (std::int64_t b = y - 1; b <= y + 1; ++b)
        for (std::int64_t a = x - 1; a <= x + 1; ++a) {
          if (!snr.contains(a, b)) continue;
          best = std::max(best, snr(a, b));
          const auto next = static_cast<std::size_t>(b * nx + a);
          if ((bits[next] & mask::saturated) == 0 || seen[next] != 0) continue;
          seen[next] = 1;
          stack.push_back(b * nx + a);
        }
    }
    const double x = sx / n, y = sy / n, edge = config.edge_px;
    const bool inside = x >= edge && y >= edge && x <= static_cast<double>(nx - 1) - edge &&
                        y <= static_cast<double>(ny - 1) - edge;
    if (inside && static_cast<double>(best) > config.threshold_sigma)
      found.push_back({x, y, best, std::sqrt(n / std::numbers::pi)});
  }
  return found;
}

/// Accepted positions in square buckets: answers "is one of them nearer than this?".
class PixelBuckets {
 public:
  PixelBuckets(std::int64_t nx, std::int64_t ny, double side_px)
      : side_{side_px},
        cells_(static_cast<std::int64_t>(static_cast<double>(nx) / side_px) + 3,
               static_cast<std::int64_t>(static_cast<double>(ny) / side_px) + 3) {}
  void add(double x, double y) {
    cells_(cell(x, cells_.nx()), cell(y, cells_.ny())).push_back({x, y});
  }
  /// How many lie within `radius_px` <= the bucket's side.
  int count_within(double x, double y, double radius_px) const {
    int n = 0;
    const std::int64_t i = cell(x, cells_.nx()), j = cell(y, cells_.ny());
    for (std::int64_t b = j - 1; b <= j + 1; ++b)
      for (std::int64_t a = i - 1; a <= i + 1; ++a)
        if (cells_.contains(a, b))
          for (const auto& p : cells_(a, b))
            n += std::hypot(p[0] - x, p[1] - y) < radius_px ? 1 : 0;
    return n;
  }

 private:
  std::int64_t cell(double v, std::int64_t n) const {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(v / side_) + 1, 0, n - 1);
  }
  double side_;
  Grid<std::vector<std::array<double, 2>>> cells_;
};

MaskBits bits_within(const Frame& frame, double x_px, double y_px, double radius_px) {
  const auto reach = static_cast<std::int64_t>(std::ceil(radius_px));
  const std::int64_t cx = std::lround(x_px), cy = std::lround(y_px);
  unsigned bits = 0;
  for (std::int64_t y = cy - reach; y <= cy + reach; ++y)
    for (std::int64_t x = cx - reach; x <= cx + reach; ++x)
      if (frame.mask.contains(x, y) &&
          std::hypot(static_cast<double>(x) - x_px, static_cast<double>(y) - y_px) <= radius_px)
        bits |= frame.mask(x, y);
  return static_cast<MaskBits>(bits);
}

/// The frame's FWHM and elongation from bright, isolated, clean stars; NaN without any.
std::array<double, 2> frame_shape(const Frame& frame, const Background& background,
                                  std::vector<Candidate> stars, double guess_px) {
  std::erase_if(stars, [](const Candidate& c) { return c.plateau_px > 0.0 || c.snr < 20.0f; });
  PixelBuckets all{frame.nx(), frame.ny(), 4.0 * guess_px};
  for (const Candidate& c : stars) all.add(c.x_px, c.y_px);
  std::stable_sort(stars.begin(), stars.end(),
                   [](const Candidate& a, const Candidate& b) { return a.snr > b.snr; });
  std::array<double, 2> shape{kNaN, kNaN};
  double window_px = guess_px;
  for (int round = 0; round < 6; ++round) {
    std::vector<double> fwhm, elongation;
    for (const Candidate& c : stars) {
      if (fwhm.size() >= 300) break;
      if (all.count_within(c.x_px, c.y_px, 4.0 * guess_px) > 1) continue;
      if ((bits_within(frame, c.x_px, c.y_px, 1.5 * window_px) & mask::unusable) != 0) continue;
      const WindowedShape s =
          windowed_shape(frame, background, c.x_px, c.y_px, window_px, window_px);
      if (!s.converged || !(s.fwhm_px > 0.9)) continue;  // hot pixels
      fwhm.push_back(s.fwhm_px);
      elongation.push_back(s.elongation);
    }
    if (fwhm.empty()) break;
    const double now = median_in_place(std::span<double>{fwhm});
    shape = {now, median_in_place(std::span<double>{elongation})};
    const bool settled = std::abs(now - window_px) < 0.01 * window_px;
    window_px = std::clamp(now, 1.0, 30.0);
    if (settled) break;
  }
  return shape;
}

/// Measures the candidates brightest first; a second one within 1 FWHM is a duplicate.
std::vector<Source> measured(const Frame& frame, const Background& background,
                             std::vector<Candidate> stars, double fwhm_px,
                             const DetectConfig& config) {
  std::stable_sort(stars.begin(), stars.end(), [](const Candidate& a, const Candidate& b) {
    const bool sa = a.plateau_px > 0.0, sb = b.plateau_px > 0.0;
    if (sa != sb) return sa;
    return sa ? a.plateau_px > b.plateau_px : a.snr > b.snr;
  });
  double widest = fwhm_px;
  for (const Candidate& c : stars) widest = std::max(widest, fwhm_px + 1.5 * c.plateau_px);
  PixelBuckets taken{frame.nx(), frame.ny(), fwhm_px};
  PixelBuckets plateaus{frame.nx(), frame.ny(), widest};
  std::vector<Candidate> accepted_plateaus;
  std::vector<Source> out;
  for (const Candidate& c : stars) {
    const bool saturated = c.plateau_px > 0.0;
    if (plateaus.count_within(c.x_px, c.y_px, widest) > 0 &&
        std::any_of(accepted_plateaus.begin(), accepted_plateaus.end(), [&](const Candidate& p) {
          return std::hypot(p.x_px - c.x_px, p.y_px - c.y_px) < fwhm_px + 1.5 * p.plateau_px;
        }))
      continue;
    const double window_px = std::max(fwhm_px, 2.0 * c.plateau_px);
    const double reach_px = saturated ? c.plateau_px + 1.0 : fwhm_px;
    WindowedShape s = windowed_shape(frame, background, c.x_px, c.y_px, window_px, reach_px);
    if (!s.converged || config.centroid == "peak") s.x_px = c.x_px, s.y_px = c.y_px;
    if (!saturated) {
      if (!s.converged || s.fwhm_px < config.min_width_ratio * fwhm_px) continue;
      if (config.max_width_ratio < 3.0 && s.fwhm_px > config.max_width_ratio * fwhm_px) continue;
      if (taken.count_within(s.x_px, s.y_px, fwhm_px) > 0) continue;
    }
    const double flux = quick_flux_e(frame, background, s.x_px, s.y_px, 2.0 * window_px);
    if (!(flux > 0.0)) continue;
    float peak = 0.0f;
    const std::int64_t cx = std::lround(s.x_px), cy = std::lround(s.y_px);
    for (std::int64_t y = cy - 1; y <= cy + 1; ++y)
      for (std::int64_t x = cx - 1; x <= cx + 1; ++x)
        if (frame.signal_e.contains(x, y) &&
            (frame.mask(x, y) & mask::unusable & ~mask::saturated) == 0)
          peak = std::max(peak, frame.signal_e(x, y) - background.level_e(x, y));
    taken.add(s.x_px, s.y_px);
    if (saturated) {
      plateaus.add(c.x_px, c.y_px);
      accepted_plateaus.push_back(c);
    }
    out.push_back({s.x_px, s.y_px, static_cast<float>(flux), c.snr, peak,
                   static_cast<float>(s.fwhm_px), static_cast<float>(s.elongation),
                   bits_within(frame, s.x_px, s.y_px, std::max(1.0, fwhm_px))});
  }
  std::sort(out.begin(), out.end(), brighter);
  return out;
}

/// Keeps `n_max` of a brightest-first list: the brightest of each of 8 x 8 cells, then the second…
std::vector<Source> spread_evenly(const std::vector<Source>& sources, std::size_t n_max,
                                  std::int64_t nx, std::int64_t ny) {
  if (sources.size() <= n_max) return sources;
  std::array<int, 64> filled{};
  std::vector<int> rank;
  for (const Source& s : sources) {
    const auto cell = [](double v, std::int64_t n) {
      return std::clamp(static_cast<int>((v + 0.5) * 8.0 / static_cast<double>(n)), 0, 7);
    };
    rank.push_back(filled[static_cast<std::size_t>(8 * cell(s.y_px, ny) + cell(s.x_px, nx))]++);
  }
  std::vector<std::size_t> order(sources.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank[a] < rank[b]; });
  order.resize(n_max);
  std::sort(order.begin(), order.end());
  std::vector<Source> kept;
  for (const std::size_t i : order) kept.push_back(sources[i]);
  return kept;
}

}  // namespace

Detection detect_sources(const Frame& frame, const Background& background,
                         const DetectConfig& config) {
  Detection out;
  if (frame.signal_e.empty()) return out;
  const double noise_scale = noise_scale_of(frame, background);
  Grid<float> snr = matched_filter_snr(frame, background, config.fwhm_guess_px, noise_scale);
  std::vector<Candidate> stars = local_maxima(snr, config.fwhm_guess_px, config);
  const auto [fwhm_px, elongation] = frame_shape(frame, background, stars, config.fwhm_guess_px);
  double width_px = config.fwhm_guess_px;
  if (std::isfinite(fwhm_px) && std::abs(fwhm_px - width_px) > 0.05 * width_px) {
    width_px = std::clamp(fwhm_px, 1.0, 30.0);
    snr = matched_filter_snr(frame, background, width_px, noise_scale);
    stars = local_maxima(snr, width_px, config);
  }
  const std::vector<Candidate> plateaus = saturated_plateaus(frame, snr, config);
  stars.insert(stars.end(), plateaus.begin(), plateaus.end());
  const std::vector<Source> sources =
      spread_evenly(measured(frame, background, stars, width_px, config),
                    static_cast<std::size_t>(config.max_sources), frame.nx(), frame.ny());
  for (const Source& s : sources) {
    out.sources.x_px.push_back(s.x_px);
    out.sources.y_px.push_back(s.y_px);
    out.sources.flux_e.push_back(s.flux_e);
    out.sources.snr.push_back(s.snr);
    out.sources.peak_e.push_back(s.peak_e);
    out.sources.fwhm_px.push_back(s.fwhm_px);
    out.sources.elongation.push_back(s.elongation);
    out.sources.mask.push_back(s.mask);
  }
  out.fwhm_px = fwhm_px;
  out.elongation = elongation;
  return out;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/peaks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>

#include "core/robust.hpp"
#include "detect/matched_filter.hpp"

namespace skyweft::detect {
namespace {

/// Columns filtered together: the rows that the filter and the ring need stay in the cache.
constexpr std::int64_t kStripPx = 1024;
constexpr std::int64_t kBlockPx = 16;  ///< pixels that are passed over together

struct PixelOffset {
  std::int64_t x, y;
};

/// 16 points around the origin, on whole pixels.
std::array<PixelOffset, 16> ring_of(double radius_px) {
  std::array<PixelOffset, 16> ring;
  for (std::size_t i = 0; i < ring.size(); ++i) {
    const double angle = static_cast<double>(i) * std::numbers::pi / 8.0;
    ring[i] = {std::lround(radius_px * std::cos(angle)), std::lround(radius_px * std::sin(angle))};
  }
  return ring;
}

/// Offset of a parabola's top through three values, within half a pixel.
double parabola_top(float left, float middle, float right) {
  const double bend =
      static_cast<double>(left) - 2.0 * static_cast<double>(middle) + static_cast<double>(right);
  if (!(bend < 0.0)) return 0.0;
  return std::clamp(0.5 * static_cast<double>(left - right) / bend, -0.5, 0.5);
}

/// Whether numerator/√weight may be above the threshold whose square is `least`: no root, no
/// division.
bool may_be_above(float numerator, float weight, float least) {
  const float v = std::max(numerator, 0.0f);
  return v * v > least * weight;
}

bool any_may_be_above(const float* __restrict numerator, const float* __restrict weight,
                      std::size_t n, float least) {
  std::uint32_t any = 0;
  for (std::size_t x = 0; x < n; ++x) any |= may_be_above(numerator[x], weight[x], least) ? 1u : 0u;
  return any != 0;
}

struct Found {
  std::int64_t x, y;  ///< the highest pixel
  Peak peak;
};

/// The S/N of a strip of columns: as many rows at a time as the ring around a pixel reaches.
class Strip {
 public:
  Strip(const Frame& frame, const Background& background, const PeakSearch& search,
        const PixelBox& where)
      : nx_{frame.nx()},
        ny_{frame.ny()},
        ring_{ring_of(2.0 * search.fwhm_px)},
        reach_{std::max<std::int64_t>(1, std::lround(2.0 * search.fwhm_px))},
        x0_{std::max<std::int64_t>(0, where.x0 - reach_)},
        x1_{std::min(nx_, where.x1 + reach_)},
        y_next_{std::max<std::int64_t>(0, where.y0 - reach_)},
        rows_{frame, background, search.fwhm_px, x0_, x1_, y_next_},
        scale_{static_cast<float>(1.0 / search.noise_scale)},
        threshold_{static_cast<float>(search.threshold_sigma)},
        min_pixels_{search.min_pixels},
        where_{where} {
    const auto size = static_cast<std::size_t>((x1_ - x0_) * (2 * reach_ + 1));
    numerator_.assign(size, 0.0f);
    weight_.assign(size, 0.0f);
  }

  void find(std::vector<Found>& found) {
    // Rounding moves the squares by less than 4 parts in 2^24.
    const float at_least = std::max(0.0f, threshold_ / scale_);
    const float least = at_least * at_least * (1.0f - 1e-6f);
    std::vector<std::int64_t> candidates(static_cast<std::size_t>(where_.nx()) + 1);
    for (std::int64_t y = where_.y0; y < where_.y1; ++y) {
      for (; y_next_ < ny_ && y_next_ <= y + reach_; ++y_next_)
        rows_.next(numerator_.data() + start_of(y_next_), weight_.data() + start_of(y_next_));
      const float* numerator = numerator_.data() + start_of(y) + (where_.x0 - x0_);
      const float* weight = weight_.data() + start_of(y) + (where_.x0 - x0_);
      std::size_t n_candidate = 0;
      for (std::int64_t i = 0; i < where_.nx(); i += kBlockPx) {
        const std::int64_t end = std::min(where_.nx(), i + kBlockPx);
        if (!any_may_be_above(numerator + i, weight + i, static_cast<std::size_t>(end - i), least))
          continue;
        for (std::int64_t a = i; a < end; ++a) {
          candidates[n_candidate] = a;
          n_candidate += may_be_above(numerator[a], weight[a], least) ? 1 : 0;
        }
      }
      for (std::size_t c = 0; c < n_candidate; ++c) examine(where_.x0 + candidates[c], y, found);
    }
  }

 private:
  std::int64_t start_of(std::int64_t y) const { return y % (2 * reach_ + 1) * (x1_ - x0_); }

  float snr(std::int64_t x, std::int64_t y) const {
    const auto i = static_cast<std::size_t>(start_of(y) + x - x0_);
    return weight_[i] > 0.0f ? scale_ * numerator_[i] / std::sqrt(weight_[i]) : 0.0f;
  }

  float ring_level(std::int64_t x, std::int64_t y) const {
    std::array<float, 16> level{};
    std::size_t n = 0;
    for (const PixelOffset& o : ring_)
      if (x + o.x >= 0 && x + o.x < nx_ && y + o.y >= 0 && y + o.y < ny_)
        level[n++] = snr(x + o.x, y + o.y);
    return n == 0 ? 0.0f : median_in_place(std::span<float>{level.data(), n});
  }

  void examine(std::int64_t x, std::int64_t y, std::vector<Found>& found) const {
    const float v = snr(x, y);
    if (!(v > threshold_)) return;
    const float left = snr(x - 1, y), right = snr(x + 1, y);
    const float up = snr(x, y - 1), down = snr(x, y + 1);
    // Strict on one side only, so that of two equal neighbours exactly one wins.
    if (!(v > left && v >= right && v > up && v >= down)) return;
    const std::array<float, 4> before{snr(x - 1, y - 1), up, snr(x + 1, y - 1), left};
    const std::array<float, 4> after{right, snr(x - 1, y + 1), down, snr(x + 1, y + 1)};
    int n_above = 1;
    for (std::size_t i = 0; i < 4; ++i) {
      if (!(v > before[i] && v >= after[i])) return;
      n_above += (before[i] > threshold_ ? 1 : 0) + (after[i] > threshold_ ? 1 : 0);
    }
    if (n_above < min_pixels_ || v - ring_level(x, y) < threshold_) return;
    found.push_back({x,
                     y,
                     {static_cast<double>(x) + parabola_top(left, v, right),
                      static_cast<double>(y) + parabola_top(up, v, down), v}});
  }

  std::int64_t nx_, ny_;
  std::array<PixelOffset, 16> ring_;
  std::int64_t reach_, x0_, x1_, y_next_;
  FilteredRows rows_;
  std::vector<float> numerator_, weight_;
  float scale_, threshold_;
  int min_pixels_;
  PixelBox where_;
};

}  // namespace

std::vector<Peak> find_peaks(const Frame& frame, const Background& background,
                             const PeakSearch& search, const PixelBox& window) {
  const std::int64_t edge = std::max(1, search.edge_px);
  const PixelBox inside{std::max(window.x0, edge), std::max(window.y0, edge),
                        std::min(window.x1, frame.nx() - edge),
                        std::min(window.y1, frame.ny() - edge)};
  std::vector<Found> found;
  if (inside.empty()) return {};
  for (std::int64_t x = inside.x0; x < inside.x1; x += kStripPx)
    Strip{frame, background, search,
          PixelBox{x, inside.y0, std::min(inside.x1, x + kStripPx), inside.y1}}
        .find(found);
  std::sort(found.begin(), found.end(),
            [](const Found& a, const Found& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; });
  std::vector<Peak> peaks;
  peaks.reserve(found.size());
  for (const Found& f : found) peaks.push_back(f.peak);
  return peaks;
}

std::vector<Peak> find_peaks(const Frame& frame, const Background& background,
                             const PeakSearch& search) {
  return find_peaks(frame, background, search, {0, 0, frame.nx(), frame.ny()});
}

double noise_scale_of(const Frame& frame, const Background& background) {
  // Odd steps, so that neither colours of a mosaic nor amplifiers' columns are singled out.
  const auto step_of = [](std::int64_t n) { return std::max<std::int64_t>(1, n / 71) | 1; };
  const std::int64_t step_x = step_of(frame.nx()), step_y = step_of(frame.ny());
  std::vector<float> ratio;
  for (std::int64_t y = std::min(step_y / 2, frame.ny() - 1); y < frame.ny(); y += step_y)
    for (std::int64_t x = std::min(step_x / 2, frame.nx() - 1); x < frame.nx(); x += step_x) {
      const float variance = frame.variance_e2(x, y), rms = background.rms_e(x, y);
      if ((frame.mask(x, y) & mask::unusable) == 0 && variance > 0.0f)
        ratio.push_back(rms * rms / variance);
    }
  if (ratio.empty()) return 1.0;
  return std::sqrt(std::max(1.0, static_cast<double>(median_in_place(std::span<float>{ratio}))));
}

}  // namespace skyweft::detect

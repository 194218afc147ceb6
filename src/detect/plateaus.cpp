// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/plateaus.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <utility>

namespace skyweft::detect {
namespace {

using Pixel = std::array<std::int64_t, 2>;

/// Saturated pixels not yet visited are those whose mark is 1.
class Plateaus {
 public:
  explicit Plateaus(const Frame& frame)
      : frame_{frame}, seen_(static_cast<std::size_t>(frame.mask.size()), 0) {}

  bool seen(std::int64_t x, std::int64_t y) const { return seen_[at(x, y)] != 0; }

  /// The plateau at (x, y), and the pixels that touch it in `rim`, which may hold some twice.
  std::vector<Pixel> grow(std::int64_t x, std::int64_t y, std::vector<Pixel>& rim) {
    std::vector<Pixel> plateau{{x, y}};
    rim.clear();
    seen_[at(x, y)] = 1;
    for (std::size_t i = 0; i < plateau.size(); ++i) {
      const Pixel here = plateau[i];
      for (std::int64_t b = here[1] - 1; b <= here[1] + 1; ++b)
        for (std::int64_t a = here[0] - 1; a <= here[0] + 1; ++a) {
          if (!frame_.mask.contains(a, b) || seen(a, b)) continue;
          if ((frame_.mask(a, b) & mask::saturated) == 0) {
            rim.push_back({a, b});
            continue;
          }
          seen_[at(a, b)] = 1;
          plateau.push_back({a, b});
        }
    }
    std::sort(rim.begin(), rim.end());
    rim.erase(std::unique(rim.begin(), rim.end()), rim.end());
    return plateau;
  }

 private:
  std::size_t at(std::int64_t x, std::int64_t y) const {
    return static_cast<std::size_t>(y * frame_.nx() + x);
  }
  const Frame& frame_;
  std::vector<std::uint8_t> seen_;
};

/// Keeps the pixels of lines (equal coordinate `axis`) at least half as full as the fullest.
void keep_broad_lines(std::vector<Pixel>& plateau, std::size_t axis, std::int64_t first,
                      std::int64_t last) {
  std::vector<int> n(static_cast<std::size_t>(last - first + 1), 0);
  for (const Pixel& p : plateau) ++n[static_cast<std::size_t>(p[axis] - first)];
  const int most = *std::max_element(n.begin(), n.end());
  std::erase_if(plateau, [&](const Pixel& p) {
    return 2 * n[static_cast<std::size_t>(p[axis] - first)] < most;
  });
}

/// Summed signal over its noise on the usable pixels of the rim.
double rim_snr(const Frame& frame, const Background& background, const std::vector<Pixel>& rim) {
  double light = 0.0, variance = 0.0;
  for (const Pixel& p : rim) {
    if ((frame.mask(p[0], p[1]) & mask::unusable) != 0) continue;
    light += static_cast<double>(frame.signal_e(p[0], p[1]) - background.level_e(p[0], p[1]));
    variance += static_cast<double>(frame.variance_e2(p[0], p[1]));
  }
  return variance > 0.0 ? light / std::sqrt(variance) : 0.0;
}

Candidate centre_of(std::vector<Pixel> plateau) {
  std::array<std::int64_t, 2> low = plateau.front(), high = plateau.front();
  for (const Pixel& p : plateau)
    for (std::size_t i = 0; i < 2; ++i) {
      low[i] = std::min(low[i], p[i]);
      high[i] = std::max(high[i], p[i]);
    }
  const std::int64_t wide = high[0] - low[0] + 1, high_px = high[1] - low[1] + 1;
  Candidate out;
  out.bled = high_px > 2 * wide || wide > 2 * high_px;
  if (out.bled) {
    const std::size_t axis = high_px > wide ? 1 : 0;
    keep_broad_lines(plateau, axis, low[axis], high[axis]);
  }
  const auto n = static_cast<double>(plateau.size());
  for (const Pixel& p : plateau) {
    out.x_px += static_cast<double>(p[0]) / n;
    out.y_px += static_cast<double>(p[1]) / n;
  }
  out.plateau_px = std::sqrt(n / std::numbers::pi);
  return out;
}

}  // namespace

std::vector<Candidate> saturated_plateaus(const Frame& frame, const Background& background,
                                          double noise_scale, double threshold_sigma, int edge_px) {
  std::vector<Candidate> found;
  std::vector<Plateaus> work;  // made only when there is a saturated pixel
  std::vector<Pixel> rim;
  for (std::int64_t y = 0; y < frame.ny(); ++y) {
    const std::span<const MaskBits> bits = frame.mask.row(y);
    unsigned any = 0;
    for (const MaskBits b : bits) any |= b;
    if ((any & mask::saturated) == 0) continue;
    if (work.empty()) work.emplace_back(frame);
    for (std::int64_t x = 0; x < frame.nx(); ++x) {
      if ((bits[static_cast<std::size_t>(x)] & mask::saturated) == 0 || work[0].seen(x, y))
        continue;
      Candidate c = centre_of(work[0].grow(x, y, rim));
      c.snr = static_cast<float>(rim_snr(frame, background, rim) / noise_scale);
      const double edge = edge_px;
      const bool inside = c.x_px >= edge && c.y_px >= edge &&
                          c.x_px <= static_cast<double>(frame.nx() - 1) - edge &&
                          c.y_px <= static_cast<double>(frame.ny() - 1) - edge;
      if (inside && static_cast<double>(c.snr) > threshold_sigma) found.push_back(c);
    }
  }
  return found;
}

}  // namespace skyweft::detect

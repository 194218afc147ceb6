// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "data/flags.hpp"
#include "data/frame.hpp"
#include "phot/forced_sky.hpp"

namespace skyweft::phot {

/// What an aperture collects from usable pixels.
struct ForcedSums {
  double area = 0.0;      ///< Σ w
  double weight2 = 0.0;   ///< Σ w²
  double signal = 0.0;    ///< Σ w (I − B)
  double variance = 0.0;  ///< Σ w² V
  double peak = -std::numeric_limits<double>::infinity();
  std::int64_t n_touched = 0;
  std::int64_t n_masked = 0;
  QualityBits bits = 0;
};

/// What a pixel with these mask bits does to the quality of a sum.
inline QualityBits quality_of(MaskBits bits, bool finite) {
  QualityBits out = 0;
  if ((bits & mask::oversaturated) != 0) out |= quality::saturated;
  if ((bits & mask::leaked) != 0) out |= quality::bleed;
  if ((bits & mask::interpolated) != 0) out |= quality::interpolated;
  const auto broken = static_cast<MaskBits>(bits & mask::unusable & ~mask::saturated);
  if (broken == mask::cosmic && finite) return out | quality::cosmic;
  return broken != 0 || !finite ? out | quality::bad_pixel : out;
}

/// Sums over the pixels of the frame that overlap(dx, dy) says the aperture about (x, y) touches,
/// within the given half width and height. Unusable pixels are counted and left out.
/// Collective: no. Throws: never.
template <class Overlap>
ForcedSums sum_pixels(const Frame& frame, const LocalSky& sky, double x, double y,
                      double half_width, double half_height, Overlap overlap) {
  const auto low = [](double v) {
    return static_cast<std::int64_t>(std::ceil(std::max(v - 0.5, 0.0)));
  };
  const auto high = [](double v, std::int64_t n) {
    return static_cast<std::int64_t>(
        std::floor(std::clamp(v + 0.5, -1.0, static_cast<double>(n - 1))));
  };
  ForcedSums s;
  const std::int64_t ix_low = low(x - half_width);
  const std::int64_t ix_high = high(x + half_width, frame.nx());
  const std::int64_t iy_high = high(y + half_height, frame.ny());
  for (std::int64_t iy = low(y - half_height); iy <= iy_high; ++iy)
    for (std::int64_t ix = ix_low; ix <= ix_high; ++ix) {
      const double w = overlap(static_cast<double>(ix) - x, static_cast<double>(iy) - y);
      if (!(w > 0.0)) continue;
      ++s.n_touched;
      const auto value = static_cast<double>(frame.signal_e(ix, iy));
      const auto variance = static_cast<double>(frame.variance_e2(ix, iy));
      const MaskBits bits = frame.mask(ix, iy);
      const bool finite = std::isfinite(value) && std::isfinite(variance);
      if (bits != 0 || !finite) s.bits |= quality_of(bits, finite);
      if ((bits & mask::unusable) != 0 || !finite) {
        ++s.n_masked;
        continue;
      }
      const double net = value - sky.at(ix, iy);
      s.area += w;
      s.weight2 += w * w;
      s.signal += w * net;
      s.variance += w * w * variance;
      s.peak = std::max(s.peak, net);
    }
  return s;
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/units.hpp"
#include "data/frame.hpp"
#include "detect/peaks.hpp"

namespace skyweft::support {

/// The matched filter summed pixel by pixel in double, with what rounding may do to a float.
struct SlowSnr {
  Grid<double> value;
  Grid<double> error;  ///< bound of the rounding of a single-precision, separable filter
};

inline SlowSnr slow_snr(const Frame& f, const detect::Background& b, double fwhm_px,
                        double noise_scale) {
  const double sigma = fwhm_px / 2.3548;
  const auto reach = std::max<std::int64_t>(1, std::lround(3.0 * sigma));
  SlowSnr out{Grid<double>(f.nx(), f.ny()), Grid<double>(f.nx(), f.ny())};
  for (std::int64_t y = 0; y < f.ny(); ++y)
    for (std::int64_t x = 0; x < f.nx(); ++x) {
      double top = 0.0, size = 0.0, bottom = 0.0;
      for (std::int64_t v = y - reach; v <= y + reach; ++v)
        for (std::int64_t u = x - reach; u <= x + reach; ++u) {
          if (!f.signal_e.contains(u, v) || (f.mask(u, v) & mask::unusable) != 0 ||
              !(f.variance_e2(u, v) > 0.0f) || !(std::abs(f.signal_e(u, v)) < 1e30f))
            continue;
          const auto r2 = static_cast<double>((u - x) * (u - x) + (v - y) * (v - y));
          const double k = std::exp(-0.5 * r2 / (sigma * sigma));
          const double w = 1.0 / static_cast<double>(f.variance_e2(u, v));
          const double s = static_cast<double>(f.signal_e(u, v)), l = b.level_e(u, v);
          top += k * w * (s - l);
          size += k * w * std::max(std::abs(s), std::abs(l));
          bottom += k * k * w;
        }
      if (bottom == 0.0) continue;
      out.value(x, y) = top / std::sqrt(bottom) / noise_scale;
      // Each term is rounded in K (2), weight (2), difference, product, in R + 2 sums along x and
      // as many along y; the root, the ratio and the scale add 6: each at most 2^-24 of the sum of
      // the terms' sizes.
      out.error(x, y) = static_cast<double>(2 * reach + 16) * std::pow(2.0, -24) * size /
                        std::sqrt(bottom) / noise_scale;
    }
  return out;
}

/// What the twin says about a pixel; `doubtful` where rounding may decide.
enum class Verdict { no, doubtful, yes };

/// a > b, when a − b may be wrong by `error`.
inline Verdict is_above(double a, double b, double error) {
  return a - b > error ? Verdict::yes : a - b < -error ? Verdict::no : Verdict::doubtful;
}

inline Verdict slow_verdict(const SlowSnr& snr, std::int64_t x, std::int64_t y,
                            const detect::PeakSearch& search) {
  const std::int64_t edge = std::max(1, search.edge_px);
  const auto& s = snr.value;
  if (x < edge || y < edge || x >= s.nx() - edge || y >= s.ny() - edge) return Verdict::no;
  const double v = s(x, y), dv = snr.error(x, y), t = search.threshold_sigma;
  Verdict all = is_above(v, t, dv);
  int surely = 1, perhaps = 1;
  for (std::int64_t b = y - 1; b <= y + 1; ++b)
    for (std::int64_t a = x - 1; a <= x + 1; ++a) {
      if (a == x && b == y) continue;
      all = std::min(all, is_above(v, s(a, b), dv + snr.error(a, b)));
      const Verdict above = is_above(s(a, b), t, snr.error(a, b));
      surely += above == Verdict::yes ? 1 : 0;
      perhaps += above != Verdict::no ? 1 : 0;
    }
  if (perhaps < search.min_pixels) return Verdict::no;
  if (surely < search.min_pixels) all = std::min(all, Verdict::doubtful);
  std::vector<double> ring;
  double error = dv;
  for (int i = 0; i < 16; ++i) {
    const std::int64_t a = x + std::lround(2.0 * search.fwhm_px * std::cos(i * kPi / 8.0));
    const std::int64_t b = y + std::lround(2.0 * search.fwhm_px * std::sin(i * kPi / 8.0));
    if (!s.contains(a, b)) continue;
    ring.push_back(s(a, b));
    error = std::max(error, dv + snr.error(a, b));
  }
  std::sort(ring.begin(), ring.end());
  const std::size_t n = ring.size();
  const double level = n == 0 ? 0.0 : 0.5 * (ring[(n - 1) / 2] + ring[n / 2]);
  return std::min(all, is_above(v - level, t, error));
}

}  // namespace skyweft::support

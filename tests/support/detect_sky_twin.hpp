// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

namespace skyweft::support {

/// The sky of one box by the definition of Bertin & Arnouts (1996), values sorted again each round.
struct SlowSky {
  double level = 0.0;
  double sigma = 0.0;
  double mode = 0.0;
  double mean = 0.0;
  double median = 0.0;
  double change = 0.0;  ///< of sigma by clipping, in sigma
  double skew = 0.0;    ///< mean − median, in sigma
  double n = 0.0;       ///< values kept
};

inline SlowSky slow_sky(std::vector<double> v, double clip_sigma, int max_rounds) {
  SlowSky out;
  double before = 0.0;
  for (int round = 0;; ++round) {
    std::sort(v.begin(), v.end());
    const std::size_t n = v.size();
    double sum = 0.0, sum2 = 0.0;
    for (const double x : v) sum += x;
    out.mean = sum / static_cast<double>(n);
    for (const double x : v) sum2 += (x - out.mean) * (x - out.mean);
    out.sigma = std::sqrt(sum2 / static_cast<double>(n));
    out.median = 0.5 * (v[(n - 1) / 2] + v[n / 2]);
    out.n = static_cast<double>(n);
    if (round == 0) before = out.sigma;
    std::vector<double> kept;
    for (const double x : v)
      if (std::abs(x - out.median) <= clip_sigma * out.sigma) kept.push_back(x);
    if (round == max_rounds || kept.size() == n) break;
    v = kept;
  }
  out.mode = 2.5 * out.median - 1.5 * out.mean;
  out.change = out.sigma > 0.0 ? std::abs(before - out.sigma) / out.sigma : 0.0;
  out.skew = out.sigma > 0.0 ? std::abs(out.mean - out.median) / out.sigma : 0.0;
  out.level = out.sigma <= 0.0 || out.change < 0.2 ? out.mean
              : out.skew > 0.3                     ? out.median
                                                   : out.mode;
  return out;
}

}  // namespace skyweft::support

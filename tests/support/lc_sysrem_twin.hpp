// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

namespace skyweft::support {

/// SysRem as it is written down: r, w [star][frame] in double, one star and one frame at a time.
/// `rounds` rounds for each of `n_effect` effects, which is then subtracted from r; then `sweeps`
/// over all of them, each put back, iterated once and subtracted again.
inline void slow_sysrem(std::vector<std::vector<double>>& r,
                        const std::vector<std::vector<double>>& w, int n_effect, int rounds,
                        int sweeps) {
  const std::size_t n_star = r.size();
  const std::size_t n_frame = r.front().size();
  std::vector<std::vector<double>> c, a;
  const auto iterate = [&](std::vector<double>& of_star, std::vector<double>& of_frame) {
    for (std::size_t j = 0; j < n_frame; ++j) {
      double top = 0.0, bottom = 0.0;
      for (std::size_t i = 0; i < n_star; ++i) {
        top += r[i][j] * of_star[i] * w[i][j];
        bottom += of_star[i] * of_star[i] * w[i][j];
      }
      of_frame[j] = bottom > 0.0 ? top / bottom : 0.0;
    }
    for (std::size_t i = 0; i < n_star; ++i) {
      double top = 0.0, bottom = 0.0;
      for (std::size_t j = 0; j < n_frame; ++j) {
        top += r[i][j] * of_frame[j] * w[i][j];
        bottom += of_frame[j] * of_frame[j] * w[i][j];
      }
      of_star[i] = bottom > 0.0 ? top / bottom : 0.0;
    }
  };
  const auto add = [&](double sign, const std::vector<double>& of_star,
                       const std::vector<double>& of_frame) {
    for (std::size_t i = 0; i < n_star; ++i)
      for (std::size_t j = 0; j < n_frame; ++j)
        if (w[i][j] > 0.0) r[i][j] += sign * of_star[i] * of_frame[j];
  };
  for (int e = 0; e < n_effect; ++e) {
    auto& of_star = c.emplace_back(n_star);
    auto& of_frame = a.emplace_back(n_frame);
    for (std::size_t i = 0; i < n_star; ++i) of_star[i] = std::cos(static_cast<double>(3 * i + 1));
    for (int round = 0; round < rounds; ++round) iterate(of_star, of_frame);
    add(-1.0, of_star, of_frame);
  }
  for (int sweep = 0; sweep < sweeps; ++sweep)
    for (std::size_t e = 0; e < c.size(); ++e) {
      add(1.0, c[e], a[e]);
      iterate(c[e], a[e]);
      add(-1.0, c[e], a[e]);
    }
}

}  // namespace skyweft::support

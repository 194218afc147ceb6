// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "support/lc_ensemble_oracle.hpp"

namespace skyweft::support {

struct TwinEnsemble {
  std::vector<double> weight;
  std::vector<double> mean;
};

/// make_ensemble() without rejection, written down as it is explained: every mean anew, star by
/// star and point by point, a fixed number of rounds.
inline TwinEnsemble twin_ensemble(const EnsembleField& field, int n_round) {
  const auto n = static_cast<std::size_t>(field.n_star);
  const auto m = static_cast<std::size_t>(field.n_time);
  const auto there = [&](std::size_t s, std::size_t t) {
    return std::isfinite(field.flux[s * m + t]);
  };
  std::vector<double> level(n, 0.0), variance(n, 0.0), mean(m, 1.0);
  for (std::size_t s = 0; s < n; ++s) {
    double count = 0.0;
    for (std::size_t t = 0; t < m; ++t) {
      if (!there(s, t)) continue;
      level[s] += field.flux[s * m + t];
      count += 1.0;
    }
    level[s] /= count;
  }
  const auto formal = [&](std::size_t s, std::size_t t) {
    return field.err[s * m + t] / (level[s] * mean[t]);
  };
  const auto formal2 = [&](std::size_t s) {
    double sum = 0.0, count = 0.0;
    for (std::size_t t = 0; t < m; ++t) {
      if (!there(s, t)) continue;
      sum += formal(s, t) * formal(s, t);
      count += 1.0;
    }
    return sum / count;
  };
  for (std::size_t s = 0; s < n; ++s) variance[s] = formal2(s);
  for (int round = 0; round < n_round; ++round) {
    std::vector<double> weight(n * m, 0.0);
    for (std::size_t s = 0; s < n; ++s) {
      const double usual = formal2(s);
      for (std::size_t t = 0; t < m; ++t) {
        if (!there(s, t)) continue;
        const double e2 = formal(s, t) * formal(s, t);
        weight[s * m + t] =
            1.0 / (variance[s] > usual ? variance[s] - usual + e2 : variance[s] / usual * e2);
      }
    }
    const auto mean_without = [&](std::size_t t, std::size_t left_out) {
      double sum = 0.0, sum_w = 0.0;
      for (std::size_t s = 0; s < n; ++s) {
        if (s == left_out || !there(s, t)) continue;
        sum += weight[s * m + t] * field.flux[s * m + t] / level[s];
        sum_w += weight[s * m + t];
      }
      return sum / sum_w;
    };
    for (std::size_t t = 0; t < m; ++t) mean[t] = mean_without(t, n);
    std::vector<double> next = level;
    for (std::size_t s = 0; s < n; ++s) {
      std::vector<double> r;
      double sum = 0.0, sum_w = 0.0, average = 0.0, squares = 0.0;
      for (std::size_t t = 0; t < m; ++t) {
        if (!there(s, t)) continue;
        const double relative = field.flux[s * m + t] / level[s];
        const double others = mean_without(t, s);
        if (std::isfinite(others)) r.push_back(relative / others);
        sum += weight[s * m + t] * relative / mean[t];
        sum_w += weight[s * m + t];
      }
      for (const double v : r) average += v / static_cast<double>(r.size());
      for (const double v : r) squares += (v - average) * (v - average);
      variance[s] = squares / static_cast<double>(r.size() - 1);
      next[s] *= sum / sum_w;
    }
    level = next;
  }
  TwinEnsemble out{std::vector<double>(n), mean};
  double sum = 0.0;
  for (const double v : variance) sum += 1.0 / v;
  for (std::size_t s = 0; s < n; ++s) out.weight[s] = 1.0 / variance[s] / sum;
  return out;
}

}  // namespace skyweft::support

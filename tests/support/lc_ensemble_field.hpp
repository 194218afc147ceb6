// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "support/lc_ensemble_oracle.hpp"

namespace skyweft::support {

/// A field of constant stars under a sky that changes: F = level · sky · (1 + noise).
struct EnsembleSky {
  std::vector<double> sigma;  ///< [star] relative noise
  std::int64_t n_time = 300;
  unsigned seed = 1;
  double drift = 0.3;  ///< of the sky's transparency
};

/// Star `s` has the level 1000 · (s + 1); errors are the true ones.
inline EnsembleField simulate_ensemble(const EnsembleSky& sky) {
  std::mt19937_64 random{sky.seed};
  std::normal_distribution<double> gauss{0.0, 1.0};
  EnsembleField out;
  out.n_star = static_cast<std::int64_t>(sky.sigma.size());
  out.n_time = sky.n_time;
  std::vector<double> clear;
  for (std::int64_t t = 0; t < sky.n_time; ++t)
    clear.push_back(1.0 + sky.drift * std::sin(0.05 * static_cast<double>(t)) *
                              std::cos(0.31 * static_cast<double>(t)));
  for (std::size_t s = 0; s < sky.sigma.size(); ++s)
    for (std::size_t t = 0; t < clear.size(); ++t) {
      const double expected = 1000.0 * static_cast<double>(s + 1) * clear[t];
      out.flux.push_back(expected * (1.0 + sky.sigma[s] * gauss(random)));
      out.err.push_back(sky.sigma[s] * expected);
    }
  return out;
}

}  // namespace skyweft::support

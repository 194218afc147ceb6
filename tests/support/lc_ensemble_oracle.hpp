// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <vector>

#include "lc/ensemble.hpp"

namespace skyweft::support {

/// The generator of other_systems.md section 10: a linear congruence, twelve uniforms for a
/// Gaussian.
class OracleRandom {
 public:
  explicit OracleRandom(std::uint64_t seed) : x_(seed) {}

  double uniform() {
    x_ = (1103515245 * x_ + 12345) % 2147483648;
    return static_cast<double>(x_) / 2147483648.0;
  }
  double gauss() {
    double sum = 0.0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum - 6.0;
  }

 private:
  std::uint64_t x_;
};

/// A matrix that owns its values.
struct EnsembleField {
  std::vector<double> flux;
  std::vector<double> err;
  std::int64_t n_star = 0;
  std::int64_t n_time = 0;

  lc::FluxMatrix matrix() const { return {flux, err, n_star, n_time}; }
  lc::FluxMatrix without_errors() const { return {flux, {}, n_star, n_time}; }
  double& at(std::int64_t star, std::int64_t time) {
    return flux[static_cast<std::size_t>(star * n_time + time)];
  }
};

/// The eight stars of section 10.1: a common wave, a dip of 1 % in star 0 and a variable star 2.
inline EnsembleField oracle_field() {
  constexpr double kLevel[8] = {1e5, 2e5, 1.5e5, 8e4, 6e4, 4e4, 2e4, 1e4};
  constexpr double kSigma[8] = {1e-3, 1e-3, 2e-3, 1.5e-3, 3e-3, 5e-3, 8e-3, 20e-3};
  OracleRandom random{1};
  EnsembleField out;
  out.n_star = 8;
  out.n_time = 60;
  for (int s = 0; s < 8; ++s)
    for (int t = 0; t < 60; ++t) {
      const double common = 1.0 + 0.05 * std::sin(2.0 * std::numbers::pi * t / 60.0);
      const double dip = s == 0 && t >= 20 && t < 40 ? 0.99 : 1.0;
      const double own = s == 2 ? 1.0 + 0.02 * std::sin(2.0 * std::numbers::pi * t / 15.0) : 1.0;
      out.flux.push_back(kLevel[s] * common * dip * own * (1.0 + kSigma[s] * random.gauss()));
    }
  return out;
}

}  // namespace skyweft::support

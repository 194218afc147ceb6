// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "core/grid.hpp"
#include "core/units.hpp"

namespace skyweft::support {

/// The generator of the numeric oracles: u = x/2^31 with x ← (1103515245 x + 12345) mod 2^31, g =
/// Σ12 u − 6.
class OracleRandom {
 public:
  explicit OracleRandom(std::uint64_t seed) : state_(seed) {}
  double uniform() {
    state_ = (1103515245ULL * state_ + 12345ULL) % 2147483648ULL;
    return static_cast<double>(state_) / 2147483648.0;
  }
  double gauss() {
    double sum = 0.0;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum - 6.0;
  }

 private:
  std::uint64_t state_;
};

/// The 128 × 128 image of the oracles: slope, five Gaussian stars, noise; seed 42.
inline Grid<double> oracle_image() {
  constexpr double kStars[5][3] = {{30.3, 40.7, 20000},
                                   {90.6, 35.2, 8000},
                                   {64.0, 64.5, 3000},
                                   {100.25, 100.75, 15000},
                                   {20.8, 104.1, 1200}};
  OracleRandom random(42);
  Grid<double> image(128, 128);
  for (std::int64_t iy = 0; iy < 128; ++iy)
    for (std::int64_t ix = 0; ix < 128; ++ix) {
      const auto x = static_cast<double>(ix);
      const auto y = static_cast<double>(iy);
      double v = 100.0 + 0.05 * x + 0.02 * y;
      for (const auto& s : kStars)
        v += s[2] / (2.0 * kPi * 2.25) *
             std::exp(-0.5 * ((x - s[0]) * (x - s[0]) + (y - s[1]) * (y - s[1])) / 2.25);
      image(ix, iy) = v + 5.0 * random.gauss();
    }
  return image;
}

}  // namespace skyweft::support

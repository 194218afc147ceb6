// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>

namespace skyweft::simulator {

/// What a stream of random numbers is for: every use has its own, so that no draw of one moves
/// another, whatever the order and the rank in which frames are made.
enum class Stream : std::uint64_t {
  stars = 1,
  detector,
  hot_pixels,
  weather,
  light,
  bias,
  dark,
  flat,
  night
};

/// xoshiro256++ (Blackman & Vigna 2021) seeded by splitmix64 of (seed, stream, index). The
/// distributions are our own: those of the standard library differ between implementations.
class Random {
 public:
  Random(std::uint64_t seed, Stream stream, std::uint64_t index = 0);

  std::uint64_t bits();
  /// Uniform in [0, 1).
  double uniform();
  /// Uniform in [low, high).
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  /// Standard normal, by Marsaglia's polar method.
  double normal();
  /// Poisson with this mean: counting for small means, else PTRS (Hörmann 1993), both exact.
  /// 0 for a mean that is not positive.
  double poisson(double mean);

 private:
  std::array<std::uint64_t, 4> state_{};
  double spare_normal_ = 0.0;
  bool has_spare_ = false;
};

}  // namespace skyweft::simulator

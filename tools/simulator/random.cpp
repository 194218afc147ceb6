// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "simulator/random.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace skyweft::simulator {
namespace {

std::uint64_t splitmix64(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

// ln k! by Stirling's series, better than 1e-10 for k >= 5.
double log_factorial(double k) {
  constexpr std::array<double, 6> small{
      0.0, 0.0, 0.6931471805599453, 1.791759469228055, 3.1780538303479458, 4.787491742782046};
  if (k < 5.5) return small[static_cast<std::size_t>(k)];
  const double n = k + 1.0;
  const double r = 1.0 / n;
  const double r2 = r * r;
  return (n - 0.5) * std::log(n) - n + 0.9189385332046727 +
         r * (1.0 / 12 - r2 * (1.0 / 360 - r2 * (1.0 / 1260 - r2 / 1680)));
}

}  // namespace

Random::Random(std::uint64_t seed, Stream stream, std::uint64_t index) {
  std::uint64_t mix = seed;
  std::uint64_t key = splitmix64(mix) ^ (static_cast<std::uint64_t>(stream) << 56);
  key = splitmix64(key) ^ index;
  for (auto& s : state_) s = splitmix64(key);
}

std::uint64_t Random::bits() {
  const std::uint64_t result = std::rotl(state_[0] + state_[3], 23) + state_[0];
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() {
  return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_normal_;
  }
  for (;;) {
    const double u = 2.0 * uniform() - 1.0;
    const double v = 2.0 * uniform() - 1.0;
    const double s = u * u + v * v;
    if (s >= 1.0 || s == 0.0) continue;
    const double scale = std::sqrt(-2.0 * std::log(s) / s);
    spare_normal_ = v * scale;
    has_spare_ = true;
    return u * scale;
  }
}

double Random::poisson(double mean) {
  if (!(mean > 0.0)) return 0.0;
  if (mean < 12.0) {
    const double limit = std::exp(-mean);
    double product = uniform();
    double k = 0.0;
    while (product > limit) {
      product *= uniform();
      k += 1.0;
    }
    return k;
  }
  const double b = 0.931 + 2.53 * std::sqrt(mean);
  const double a = -0.059 + 0.02483 * b;
  const double v_r = 0.9277 - 3.6224 / (b - 2.0);
  for (;;) {
    const double u = uniform() - 0.5;
    const double v = 1.0 - uniform();
    const double us = 0.5 - std::abs(u);
    if (us <= 0.0) continue;
    const double k = std::floor((2.0 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0.0 || (us < 0.013 && v > us)) continue;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    if (std::log(v * inverse_alpha / (a / (us * us) + b)) <=
        -mean + k * std::log(mean) - log_factorial(k)) {
      return k;
    }
  }
}

}  // namespace skyweft::simulator

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/linearity.hpp"

#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

using namespace skyweft;

namespace {

TEST(Linearise, StaysWithinItsStatedRounding) {
  // 40 rows of up to 700 pixels and up to 4 coefficients against powers in long double.
  std::mt19937_64 random(51);
  std::uniform_real_distribution<double> part(-1.0, 1.0);
  for (int trial = 0; trial < 40; ++trial) {
    const auto n_coefficient = static_cast<std::size_t>(trial % 5);
    std::vector<double> c;
    for (std::size_t k = 0; k < n_coefficient; ++k)
      c.push_back(0.05 * part(random) * std::pow(65535.0, -static_cast<double>(k + 1)));
    std::vector<float> adu(static_cast<std::size_t>(1 + 17 * trial));
    for (float& v : adu) v = static_cast<float>(32000.0 + 33000.0 * part(random));
    std::vector<float> with_slope = adu;
    std::vector<float> without = adu;
    std::vector<float> slope(adu.size());
    calib::linearise_row(with_slope, slope, c);
    calib::linearise_row(without, {}, c);
    EXPECT_EQ(with_slope, without);
    const long double unit = std::pow(2.0L, -24);
    const auto n = static_cast<long double>(n_coefficient);
    for (std::size_t i = 0; i < adu.size(); ++i) {
      const long double a = adu[i];
      long double factor = 1.0L;
      long double gradient = 1.0L;
      long double q = 0.0L;
      long double dq = 0.0L;
      for (std::size_t k = 0; k < n_coefficient; ++k) {
        const long double term = c[k] * std::pow(a, static_cast<long double>(k + 1));
        factor += term;
        gradient += static_cast<long double>(k + 2) * term;
        q += std::abs(term);
        dq += static_cast<long double>(k + 2) * std::abs(term);
      }
      const long double error = std::abs(with_slope[i] - a * factor);
      // 1 % over the first-order bound for products of roundings.
      EXPECT_LE(error,
                1.01L * std::abs(a * factor) * unit * (1.0L + (2.0L * n + 3.0L) * q) / (1.0L - q));
      EXPECT_LE(std::abs(slope[i] - gradient), 1.01L * unit * (1.0L + dq + (2.0L * n + 3.0L) * dq));
    }
  }
}

}  // namespace

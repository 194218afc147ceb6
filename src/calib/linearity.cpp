// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/linearity.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::calib {

void linearise_row(std::span<float> adu, std::span<float> slope,
                   std::span<const double> coefficients) {
  if (!slope.empty() && slope.size() != adu.size())
    throw Error{Errc::internal, "linearise_row: slope and row differ in length"};
  constexpr std::size_t kBlock = 256;  // stays in the first cache while every coefficient passes
  std::array<float, kBlock> factor;
  std::array<float, kBlock> gradient;
  for (std::size_t at = 0; at < adu.size(); at += kBlock) {
    const std::size_t n = std::min(kBlock, adu.size() - at);
    float* const a = adu.data() + at;
    factor.fill(0.0F);
    gradient.fill(0.0F);
    for (std::size_t k = coefficients.size(); k-- > 0;) {
      const auto c = static_cast<float>(coefficients[k]);
      const auto dc = static_cast<float>(coefficients[k] * static_cast<double>(k + 2));
      for (std::size_t i = 0; i < n; ++i) {
        factor[i] = (factor[i] + c) * a[i];
        gradient[i] = (gradient[i] + dc) * a[i];
      }
    }
    for (std::size_t i = 0; i < n; ++i) a[i] += a[i] * factor[i];
    if (slope.empty()) continue;
    for (std::size_t i = 0; i < n; ++i) slope[at + i] = 1.0F + gradient[i];
  }
}

}  // namespace skyweft::calib

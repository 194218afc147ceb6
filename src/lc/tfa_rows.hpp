// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace skyweft::lc {

/// w += Σ q·(qᵀ·c) over four rows q of `n` numbers; n is a multiple of eight. The same bits with
/// any width of registers. Collective: no. Throws: never.
void add_four_rows(const double* const (&q)[4], std::size_t n, const double* c, double* w);
void add_four_rows(const float* const (&q)[4], std::size_t n, const float* c, float* w);

/// Sets is_used where the value is finite and `quality` has none of the bits `barred`; the sum of
/// those values. Collective: no. Throws: never.
double find_used(std::span<const float> mag, std::span<const std::int32_t> quality,
                 std::int32_t barred, std::uint8_t* is_used);

/// to = value − centre where is_used is set, else 0. Collective: no. Throws: never.
void centre_used(std::span<const float> mag, const std::uint8_t* is_used, double centre,
                 double* to);

/// Sums over the points in use.
struct ResidualSums {
  double model = 0.0;
  double residual2 = 0.0;
};

/// residual = mag − centre − model at every point, and its sums where `is_used` is set. Collective:
/// no. Throws: never.
ResidualSums residuals_of(std::span<const float> mag, const std::uint8_t* is_used, double centre,
                          const double* model, float* residual);

}  // namespace skyweft::lc

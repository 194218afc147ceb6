// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa_rows.hpp"

#include <bit>

#include "core/wide_copies.hpp"

namespace skyweft::lc {
namespace {

/// Four numbers side by side; where registers hold two, the compiler splits them.
using Four = double __attribute__((vector_size(32), aligned(8), may_alias));

using Eight = float __attribute__((vector_size(32), aligned(4), may_alias));

[[gnu::always_inline]] inline const Four& at(const double* p) {
  return *reinterpret_cast<const Four*>(p);
}
[[gnu::always_inline]] inline const Eight& at(const float* p) {
  return *reinterpret_cast<const Eight*>(p);
}

}  // namespace

SKYWEFT_WIDE_COPIES
void add_four_rows(const double* const (&q)[4], std::size_t n, const double* c, double* w) {
  Four even[4] = {};
  Four odd[4] = {};
  for (std::size_t k = 0; k < n; k += 8) {
    for (std::size_t r = 0; r < 4; ++r) {
      even[r] += at(q[r] + k) * at(c + k);
      odd[r] += at(q[r] + k + 4) * at(c + k + 4);
    }
  }
  double s[4];
  for (std::size_t r = 0; r < 4; ++r) {
    const Four sum = even[r] + odd[r];
    s[r] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  }
  for (std::size_t k = 0; k < n; k += 4) {
    Four& to = *reinterpret_cast<Four*>(w + k);
    to += (s[0] * at(q[0] + k) + s[1] * at(q[1] + k)) + (s[2] * at(q[2] + k) + s[3] * at(q[3] + k));
  }
}

SKYWEFT_WIDE_COPIES
void add_four_rows(const float* const (&q)[4], std::size_t n, const float* c, float* w) {
  Eight sum[4] = {};
  for (std::size_t k = 0; k < n; k += 8)
    for (std::size_t r = 0; r < 4; ++r) sum[r] += at(q[r] + k) * at(c + k);
  float s[4];
  for (std::size_t r = 0; r < 4; ++r)
    s[r] = ((sum[r][0] + sum[r][1]) + (sum[r][2] + sum[r][3])) +
           ((sum[r][4] + sum[r][5]) + (sum[r][6] + sum[r][7]));
  for (std::size_t k = 0; k < n; k += 8) {
    Eight& to = *reinterpret_cast<Eight*>(w + k);
    to += (s[0] * at(q[0] + k) + s[1] * at(q[1] + k)) + (s[2] * at(q[2] + k) + s[3] * at(q[3] + k));
  }
}

SKYWEFT_WIDE_COPIES
double find_used(std::span<const float> mag, std::span<const std::int32_t> quality,
                 std::int32_t barred, std::uint8_t* is_used) {
  double sum[4] = {};
  const std::size_t n = mag.size();
  const auto take = [&](std::size_t i, std::size_t lane) {
    // Finite: the exponent is not all ones.
    const bool is_finite = (std::bit_cast<std::uint32_t>(mag[i]) & 0x7f800000U) != 0x7f800000U;
    const bool is_in = is_finite & ((quality[i] & barred) == 0);
    is_used[i] = is_in ? 1 : 0;
    sum[lane] += is_in ? static_cast<double>(mag[i]) : 0.0;
  };
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) take(i + lane, lane);
  for (; i < n; ++i) take(i, 0);
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

SKYWEFT_WIDE_COPIES
void centre_used(std::span<const float> mag, const std::uint8_t* is_used, double centre,
                 double* to) {
  for (std::size_t i = 0; i < mag.size(); ++i) {
    const double value = static_cast<double>(mag[i]) - centre;
    to[i] = is_used[i] != 0 ? value : 0.0;
  }
}

SKYWEFT_WIDE_COPIES
ResidualSums residuals_of(std::span<const float> mag, const std::uint8_t* is_used, double centre,
                          const double* model, float* residual) {
  double model_sum[4] = {};
  double residual_sum2[4] = {};
  const std::size_t n = mag.size();
  const auto take = [&](std::size_t i, std::size_t lane) {
    const double r = static_cast<double>(mag[i]) - centre - model[i];
    residual[i] = static_cast<float>(r);
    const double used = is_used[i] != 0 ? r : 0.0;
    residual_sum2[lane] += used * used;
    model_sum[lane] += is_used[i] != 0 ? model[i] : 0.0;
  };
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (std::size_t lane = 0; lane < 4; ++lane) take(i + lane, lane);
  for (; i < n; ++i) take(i, 0);
  return {(model_sum[0] + model_sum[1]) + (model_sum[2] + model_sum[3]),
          (residual_sum2[0] + residual_sum2[1]) + (residual_sum2[2] + residual_sum2[3])};
}

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/calibrate_kernel.hpp"

#include <algorithm>
#include <limits>

#include "core/wide_copies.hpp"

namespace skyweft::calib {
namespace {

constexpr float kLargest = std::numeric_limits<float>::max();
constexpr std::uint32_t kNoData = mask::no_data;
constexpr std::uint32_t kSaturated = mask::oversaturated;
constexpr std::uint32_t kSuspect = mask::suspect;
constexpr std::size_t kChunk = 512;  // later loops find what the first one touched in the cache

/// Signal and variance; not 0 when a pixel has no variance or reaches `high_adu`. A signal that is
/// not finite makes a variance that is not: its product with any flat error is part of it.
template <bool is_linearised>
[[gnu::always_inline]] inline std::uint32_t values(
    std::size_t n, const RowScale s, float high_adu, const float* __restrict adu,
    const float* __restrict bias, const float* __restrict bias_error, const float* __restrict dark,
    const float* __restrict dark_error, const float* __restrict flat,
    const float* __restrict flat_error, const float* __restrict level,
    const float* __restrict slope, float* __restrict signal, float* __restrict variance) {
  const float gain2 = s.gain_e_per_adu * s.gain_e_per_adu;
  std::uint32_t unusual = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float read = adu[i];
    const float above_bias = is_linearised ? level[i] : read - bias[i];
    const float per_response = 1.0F / (flat[i] > 0.0F ? flat[i] : 1.0F);
    const float value = s.gain_e_per_adu * (above_bias - s.dark_scale * dark[i]) * per_response;
    const float shot = s.gain_e_per_adu * (above_bias > 0.0F ? above_bias : 0.0F);
    const float of_dark = s.dark_scale * dark_error[i];
    const float of_bias = s.bias_weight * bias_error[i];
    float electronic = s.read_e2 + gain2 * (s.level_adu2 + of_bias * of_bias);
    if (is_linearised) electronic *= slope[i] * slope[i];
    const float of_flat = value * flat_error[i];
    const float noise = (shot + electronic + gain2 * (of_dark * of_dark) + of_flat * of_flat) *
                        (per_response * per_response);
    signal[i] = value;
    variance[i] = noise;
    unusual |=
        (noise > 0.0F ? 0U : 1U) | (noise <= kLargest ? 0U : 1U) | (read >= high_adu ? 1U : 0U);
  }
  return unusual;
}

/// Joins the masks; the bits that any pixel has.
[[gnu::always_inline]] inline MaskBits join(std::size_t n, const MaskBits* __restrict raw_mask,
                                            const MaskBits* __restrict joined,
                                            MaskBits* __restrict out) {
  MaskBits any = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const auto b = static_cast<MaskBits>(raw_mask[i] | joined[i]);
    out[i] = b;
    any = static_cast<MaskBits>(any | b);
  }
  return any;
}

/// Marks and counts what is saturated or has no value; only for chunks that have such a pixel.
[[gnu::always_inline]] inline void mark(std::size_t n, const RowScale s,
                                        const float* __restrict adu, float* __restrict signal,
                                        float* __restrict variance, MaskBits* __restrict bits,
                                        RowCounts& counts) {
  std::uint32_t no_data = 0;
  std::uint32_t saturated = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const float read = adu[i];
    const float value = signal[i];
    const float noise = variance[i];
    const std::uint32_t known = static_cast<std::uint32_t>(bits[i]) |
                                (read >= s.saturation_adu ? kSaturated : 0U) |
                                (read >= s.suspect_adu ? kSuspect : 0U);
    const std::uint32_t no_value =
        (noise <= kLargest ? 0U : kNoData) | (noise > 0.0F ? 0U : kNoData) | (known & kNoData);
    signal[i] = no_value == 0U ? value : 0.0F;
    variance[i] = no_value == 0U ? noise : s.read_e2;
    bits[i] = static_cast<MaskBits>(known | no_value);
    no_data += no_value;
    saturated += known & kSaturated;
  }
  counts.no_data += no_data / kNoData;
  counts.saturated += saturated / kSaturated;
}

/// Not 0 when a pixel with a value is not `first_adu`.
[[gnu::always_inline]] inline std::uint32_t differing(std::size_t n, float first_adu,
                                                      const float* __restrict adu,
                                                      const MaskBits* __restrict bits) {
  std::uint32_t different = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint32_t differs = adu[i] != first_adu ? 1U : 0U;
    different |= (bits[i] & kNoData) == 0U ? differs : 0U;
  }
  return different;
}

template <bool is_linearised>
[[gnu::always_inline]] inline RowCounts run(std::size_t n, const RowPlanes& p, const RowScale& s) {
  // Both thresholds may be NaN, which no value reaches.
  const float high_adu = s.saturation_adu < s.suspect_adu ? s.saturation_adu : s.suspect_adu;
  RowCounts counts;
  for (std::size_t i = 0; i < n; i += kChunk) {
    const std::size_t m = std::min(kChunk, n - i);
    const std::uint32_t unusual = values<is_linearised>(
        m, s, high_adu, p.adu + i, p.bias + i, p.bias_error + i, p.dark + i, p.dark_error + i,
        p.flat + i, p.flat_error + i, is_linearised ? p.level + i : nullptr,
        is_linearised ? p.slope + i : nullptr, p.signal_e + i, p.variance_e2 + i);
    const MaskBits any = join(m, p.raw_mask + i, p.joined + i, p.mask + i);
    if (unusual != 0 || (any & (kNoData | kSaturated)) != 0)
      mark(m, s, p.adu + i, p.signal_e + i, p.variance_e2 + i, p.mask + i, counts);
    if (s.is_constant_so_far && counts.different == 0)
      counts.different = differing(m, s.first_adu, p.adu + i, p.mask + i);
  }
  return counts;
}

}  // namespace

SKYWEFT_WIDE_COPIES
RowCounts calibrate_row(std::size_t n, const RowPlanes& planes, const RowScale& scale) {
  return run<false>(n, planes, scale);
}

SKYWEFT_WIDE_COPIES
RowCounts calibrate_linearised_row(std::size_t n, const RowPlanes& planes, const RowScale& scale) {
  return run<true>(n, planes, scale);
}

}  // namespace skyweft::calib

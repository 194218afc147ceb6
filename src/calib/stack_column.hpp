// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "calib/stack.hpp"

namespace skyweft::calib {

enum class Combine : std::uint8_t { clip, median, minmax, mean };

/// What one stack needs for all of its pixels, worked out once.
struct StackRule {
  Combine combine = Combine::clip;
  double clip_low = 4.0;
  double clip_high = 3.5;
  int max_rounds = 3;
  std::int64_t n_low = 0;   ///< left out at the lower end (minmax)
  std::int64_t n_high = 0;  ///< and at the upper
  double gain = 0.0;
  double read_e = 0.0;
  double pedestal = 0.0;
  double tail = 1.0;       ///< variance of a normal over that of its clipped values
  double inflation = 1.0;  ///< variance of the clipped mean over that of a mean of as many values
};

/// Throws Error{bad_config} for an unknown `combine`.
StackRule stack_rule(const StackConfig& config, double gain, double read_e, double pedestal);

/// Numbers of one sorted column, n values. The sums run over [n_low, n − n_high) in ascending
/// order.
struct ColumnStats {
  std::int64_t n = 0;
  float median = 0.0F;
  float mad = 0.0F;  ///< median |x − median|
  double mean = 0.0;
  double squares = 0.0;  ///< Σ (x − mean)²
  float low = 0.0F;      ///< lowest and highest value summed
  float high = 0.0F;
};

struct StackedPixel {
  double value = 0.0;
  double error = 0.0;
  std::int64_t n = 0;
};

/// `sorted` is ascending and finite; all zero when it holds no more than n_low + n_high values.
ColumnStats column_stats(std::span<const float> sorted, std::int64_t n_low, std::int64_t n_high);

/// The expected noise about `median`; 0 when the gain is not known.
double expected_noise(double median, const StackRule& rule);

/// True when `all`, the numbers of a whole column between `lowest` and `highest`, need no clipping.
bool nothing_to_clip(const ColumnStats& all, float lowest, float highest, const StackRule& rule);

/// Value and error of survivors that need no further clipping.
StackedPixel finish_pixel(const ColumnStats& survivors, const StackRule& rule);

/// One whole sorted column of finite values, clipped if the rule says so.
StackedPixel stack_column(std::span<const float> sorted, const StackRule& rule);

}  // namespace skyweft::calib

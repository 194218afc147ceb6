// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "data/flags.hpp"

namespace skyweft::calib {

/// One piece of a row of every plane, n pixels each; all pointers are good, and the outputs overlap
/// nothing. The level a = adu − bias may have been linearised by the caller, with its slope.
struct RowPlanes {
  const float* adu;         ///< as read: what saturation is judged on
  const float* bias;        ///< subtracted from adu
  const float* bias_error;  ///< adu
  const float* dark;        ///< adu
  const float* dark_error;  ///< adu
  const float* flat;        ///< response
  const float* flat_error;  ///< of the response
  const MaskBits* raw_mask;
  const MaskBits* joined;  ///< of the masters
  const float* level;      ///< adu above bias, linearised; of calibrate_linearised_row alone
  const float* slope;      ///< d level / d adu; likewise
  float* signal_e;
  float* variance_e2;
  MaskBits* mask;
};

/// Numbers of one piece of a row.
struct RowScale {
  float gain_e_per_adu;
  float dark_scale;
  float bias_weight;     ///< how much of the bias's error counts: |1 − s| when the dark shares it
  float read_e2;         ///< read noise and quantisation, > 0: the variance of pixels without value
  float level_adu2;      ///< variance of the overscan level
  float saturation_adu;  ///< NaN: not judged
  float suspect_adu;     ///< NaN: not judged
  float first_adu;       ///< what values are compared with, to find frames that are constant
  bool is_constant_so_far;  ///< false: no need to compare
};

struct RowCounts {
  std::uint32_t no_data = 0;
  std::uint32_t saturated = 0;
  std::uint32_t different = 0;  ///< not 0 when a good pixel is not first_adu
};

/// The formula of calibrate.hpp for one piece of a row, in one pass, without branches by pixel; at
/// most 2^32 − 1 pixels. The same bits on every processor (each operation is rounded once, in
/// order). Collective: no. Throws: never.
RowCounts calibrate_row(std::size_t n, const RowPlanes& planes, const RowScale& scale);

/// The same with planes.level and planes.slope in place of adu − bias and 1.
RowCounts calibrate_linearised_row(std::size_t n, const RowPlanes& planes, const RowScale& scale);

}  // namespace skyweft::calib

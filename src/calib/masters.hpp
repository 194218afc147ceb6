// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "data/flags.hpp"

namespace skyweft::calib {

/// A master frame in borrowed memory (which the ranks of a node may share): [ny][nx], row-major.
/// Bias and dark are in ADU, the flat is relative with median 1; errors are standard deviations in
/// the same unit. `error` and `mask` may be empty: no error, nothing masked.
struct MasterView {
  std::int64_t nx = 0;
  std::int64_t ny = 0;
  std::span<const float> value;
  std::span<const float> error;
  std::span<const MaskBits> mask;
  double exposure_s = 0.0;  ///< of a dark; not used for the others

  bool empty() const noexcept { return value.empty(); }
};

struct Masters {
  MasterView bias;
  MasterView dark;
  MasterView flat;
};

}  // namespace skyweft::calib

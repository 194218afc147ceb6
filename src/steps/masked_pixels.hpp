// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "data/flags.hpp"

namespace skyweft::steps {

/// How many pixels are not to be used.
inline std::int64_t count_masked(const Mask& bits) {
  std::int64_t n = 0;
  for (const MaskBits b : bits.pixels()) n += (b & mask::unusable) != 0;
  return n;
}

}  // namespace skyweft::steps

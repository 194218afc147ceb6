// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// The image of the numeric oracles belongs to phot, whose header needs nothing but core: one copy.
#include "support/phot_oracle_image.hpp"

namespace skyweft::support {

/// The 128 × 128 image with seed 42 whose statistics photutils 1.6 gave.
inline Grid<double> core_oracle_image() {
  return oracle_image();
}

}  // namespace skyweft::support

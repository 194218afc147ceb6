// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <vector>

#include "core/grid.hpp"
#include "support/phot_oracle_image.hpp"

namespace skyweft::support {

/// Two biases and two flats of 60000 e- at 3 e-/ADU and 7 e- read noise, 256 × 256, bias 1000 ADU,
/// seed 7: an independent program measured the same ones.
inline std::vector<Grid<float>> photon_transfer_oracle_frames() {
  OracleRandom random(7);
  std::vector<Grid<float>> frames;
  for (const double n_e : {0.0, 0.0, 60000.0, 60000.0}) {
    Grid<float> frame(256, 256);
    for (float& v : frame.pixels()) {
      const double photons = random.gauss();
      const double read = random.gauss();
      v = static_cast<float>(
          std::nearbyint(1000.0 + (n_e + std::sqrt(n_e) * photons + 7.0 * read) / 3.0));
    }
    frames.push_back(std::move(frame));
  }
  return frames;
}

}  // namespace skyweft::support

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "data/star_catalog.hpp"

namespace skyweft {

/// The light-curve stages in order; each has a group of this name in the star store.
inline constexpr std::array<std::string_view, 4> kStages{"raw", "magfit", "epd", "tfa"};

/// One row of stars.h5 per star: identity and how well it was measured. Matrices are [star][ap];
/// a stage that was not run leaves NaN.
struct StarTable {
  StarCatalog stars;
  std::vector<double> aperture_radius_px;  ///< [ap]
  std::vector<std::int64_t>
      n_points;  ///< [star] frames with a finite magnitude in the chosen aperture
  std::vector<std::int32_t> aperture;         ///< [star] index of the aperture chosen by magnitude
  std::vector<float> median_mag;              ///< [star][ap] after the last stage run
  std::array<std::vector<float>, 4> scatter;  ///< per kStages, [star][ap] 1.4826 MAD, mag
  std::vector<float> noise_model;             ///< [star][ap] expected scatter, mag
  std::vector<float> expected_loss;  ///< [star] share of a signal's amplitude TFA is expected to
                                     ///< take; NaN when not run

  std::int64_t n_ap() const noexcept {
    return static_cast<std::int64_t>(aperture_radius_px.size());
  }
};

}  // namespace skyweft

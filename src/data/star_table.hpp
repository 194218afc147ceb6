// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/star_catalog.hpp"

namespace skyweft {

/// The light-curve stages in order; each has a group of this name in the star store.
inline constexpr std::array<std::string_view, 4> kStages{"raw", "magfit", "epd", "tfa"};

/// One number per kStages, star and aperture: [star][ap] per stage. An empty matrix is written as
/// NaN.
using StageMatrices = std::array<std::vector<float>, kStages.size()>;

/// One row of stars.h5 per star: identity and how well it was measured. Matrices are [star][ap];
/// a stage that was not run leaves NaN.
struct StarTable {
  StarCatalog stars;
  std::vector<double> aperture_radius_px;  ///< [ap]
  std::vector<std::int64_t>
      n_points;  ///< [star] frames with a finite magnitude in the chosen aperture
  std::vector<std::int32_t> aperture;  ///< [star] index of the aperture chosen by magnitude
  std::vector<float> median_mag;       ///< [star][ap] after the last stage run
  StageMatrices scatter;               ///< 1.4826 MAD, mag
  StageMatrices rms;                   ///< standard deviation without clipped points, mag
  StageMatrices point_to_point;        ///< 1.4826 median|step| / √2, mag
  StageMatrices white_noise;           ///< of one point, mag (Pont, Zucker & Queloz 2006)
  StageMatrices red_noise;             ///< mag
  StageMatrices beta;              ///< scatter of bins of the timescale over the white expectation
  StageMatrices n_finite;          ///< finite magnitudes; a count, kept as a number like the rest
  std::vector<float> noise_model;  ///< [star][ap] expected scatter, mag
  std::vector<float> expected_loss;  ///< [star] share of a signal's amplitude TFA is expected to
                                     ///< take; NaN when not run
  std::vector<std::string> group;    ///< [group] names of the observing groups
  std::vector<std::int32_t> n_points_group;  ///< [star][group] as n_points
  std::vector<float> scatter_group;  ///< [star][group] after the last stage, chosen aperture, mag

  std::int64_t n_group() const noexcept { return static_cast<std::int64_t>(group.size()); }
  std::int64_t n_ap() const noexcept {
    return static_cast<std::int64_t>(aperture_radius_px.size());
  }
};

}  // namespace skyweft

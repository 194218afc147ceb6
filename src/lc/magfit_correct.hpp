// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/magfit.hpp"

namespace skyweft::lc {

/// The corrections of all frames and apertures, laid out for stars: made once, used for each star.
/// Holds one number per term, frame and aperture.
class FrameCorrections {
 public:
  /// `fits` [aperture][frame]; `model` outlives this.
  FrameCorrections(const std::vector<std::vector<FrameFit>>& fits, const MagfitModel& model);

  /// Corrects one star: `mag` is [aperture][frame], and so is `shift_mag` (or empty), which is
  /// added, too. The rest as for lc::correct_star(); the terms are evaluated once for all
  /// apertures. Throws Error{bad_config} for an unknown variable.
  void correct_star(NamedColumns points, double star_mag, std::span<const float> x_px,
                    std::span<const float> y_px, std::span<float> mag,
                    std::span<QualityBits> quality, std::span<const double> shift_mag = {}) const;

 private:
  /// The fits of one level and one value of the split.
  struct Layer {
    int level = 0;
    double split = 0.0;
    std::vector<std::uint8_t> is_here;  // [frame]
    std::vector<double> coefficients;   // [chunk][term][kChunk]
    std::vector<PartFit> ranges;        // [frame], without coefficients
  };
  Layer& layer_of(std::size_t aperture, int level, double split);

  const MagfitModel& model_;
  std::int64_t n_frame_ = 0;
  std::vector<std::vector<Layer>> layers_;  // [aperture]
};

}  // namespace skyweft::lc

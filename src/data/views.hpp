// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "data/flags.hpp"

namespace skyweft {

/// One frame over all stars, one aperture: borrowed columns [star].
struct FrameSlice {
  std::span<const float> mag;
  std::span<const float> mag_err;
  std::span<const float> x_px;
  std::span<const float> y_px;
  std::span<const QualityBits> quality;
};

/// One star over all frames, one aperture: borrowed columns [frame].
struct LightCurveView {
  std::span<float> mag;
  std::span<const float> mag_err;
  std::span<QualityBits> quality;
};

}  // namespace skyweft

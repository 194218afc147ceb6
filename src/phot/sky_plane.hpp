// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "core/units.hpp"

namespace skyweft::phot {

/// Values with their places from a star, as columns of equal length.
struct PlaneSample {
  std::vector<double> dx_px;
  std::vector<double> dy_px;
  std::vector<double> value;
  std::vector<std::uint8_t> is_kept;  ///< by clipped_plane()

  void clear() {
    dx_px.clear();
    dy_px.clear();
    value.clear();
  }
  void push_back(double dx, double dy, double v) {
    dx_px.push_back(dx);
    dy_px.push_back(dy);
    value.push_back(v);
  }
};

/// level + slope_x Δx + slope_y Δy.
struct ClippedPlane {
  double level = kNaN;  ///< at the star
  double level_error = kNaN;
  double slope_x = kNaN;  ///< per px
  double slope_y = kNaN;
  double sigma = kNaN;  ///< of the survivors about the plane, with n − 3 degrees of freedom
  std::int64_t n = 0;   ///< survivors; 0: no plane
};

/// Fits a plane to a sample by least squares, again without what is further than clip_sigma
/// standard deviations from it, until nothing changes or max_rounds is reached. The first clipping
/// is about `median` with `sigma` (of clipped_sky()), so that a bright star does not tilt the
/// plane.
///
/// n = 0 with fewer than four survivors, or when they lie (nearly) on one line.
/// Collective: no. Throws: never.
ClippedPlane clipped_plane(PlaneSample& sample, double median, double sigma, double clip_sigma,
                           int max_rounds);

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "core/units.hpp"
#include "lc/variables.hpp"
#include "workflows/stages/stages.hpp"

namespace skyweft::workflows {

/// The variables that fit terms may name, as columns over all stars and over the measured frames.
///
/// Stars: mag, colour (missing ones filled with the median), ra, dec [deg], xi, eta [deg, about the
/// mean position]. Frames: those of lc::frame_variables(), and time [d since the first frame].
/// Points, supplied by the fits themselves: x, y [px], bg [e-], and the star shape s, d, k.
class FitVariables {
 public:
  explicit FitVariables(const RunState& state);

  /// Star variables as columns and those of one frame as scalars: for fitting a frame.
  lc::NamedColumns for_frame(std::int64_t position) const;
  /// Frame variables as columns and those of one star as scalars: for correcting a star.
  lc::NamedColumns for_star(std::int64_t row) const;

  /// The star variables alone.
  lc::NamedColumns for_stars() const;

  const std::vector<double>& mag() const noexcept { return stars_[0]; }
  const std::vector<double>& xi() const noexcept { return stars_[4]; }
  const std::vector<double>& eta() const noexcept { return stars_[5]; }

 private:
  std::vector<std::vector<double>> stars_;  ///< in the order of the names above
  std::vector<std::vector<double>> frames_;
};

/// Throws Error{bad_config} for fit terms of the configuration that cannot be read or that name a
/// variable not listed above: before the frames are measured, not after.
void check_fit_terms(const RunConfig& config);

}  // namespace skyweft::workflows

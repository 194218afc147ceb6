// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "sky/ephemeris.hpp"

namespace skyweft::workflows {

/// What `skyweft measure` is asked to measure.
struct TargetRequest {
  std::vector<std::string> positions;  ///< RA,DEC in degrees
  std::vector<std::string> pixels;     ///< X,Y, 0-based
  std::string stars;                   ///< file of star positions
  std::string ephemeris;               ///< file of moving targets
};

/// One of them, on its way over the sky or fixed to it or to the detector.
struct Target {
  std::string name;
  std::optional<PixelPos> pixel;
  std::optional<SkyPos> sky;  ///< at `epoch_yr`
  double pm_ra_mas_yr = 0.0;
  double pm_dec_mas_yr = 0.0;
  double epoch_yr = 2000.0;
  std::optional<sky::EphemerisPath> path;
};

/// Reads the request. Throws Error{usage} for positions that are no numbers or when nothing is
/// asked for, Error{bad_input} for files as their readers do.
std::vector<Target> read_targets(const TargetRequest& request);

/// Whether one of them needs a plate solution.
bool need_sky(const std::vector<Target>& targets);

/// The direction of a target at mid-exposure; nothing for one given in pixels, or outside its
/// ephemeris.
std::optional<SkyPos> direction_of(const Target& target, double time_utc_jd);

}  // namespace skyweft::workflows

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::calib {

/// The level of one dark frame above the bias.
struct DarkLevel {
  double exposure_s = 0.0;
  double level_adu = 0.0;
};

struct DarkRate {
  double rate_adu_s = kNaN;
  double error_adu_s = kNaN;  ///< from the scatter of the levels; NaN when there are too few
  double offset_adu = 0.0;    ///< level at no exposure; 0 when all exposures are equal
  std::int64_t n_used = 0;
};

/// Fits level = offset + rate × exposure, without offset when all exposures are equal; all levels
/// weigh the same. Exposures that are not positive are left out. Throws Error{bad_input} because of
/// "dark_frames" when none is left. Collective: no.
DarkRate fit_dark_rate(std::span<const DarkLevel> levels);

/// The dark rate of one detector temperature.
struct DarkAtTemperature {
  double temperature_c = kNaN;
  double rate_adu_s = kNaN;
};

struct DarkWarming {
  double per_kelvin = kNaN;  ///< κ of rate ∝ exp(κ ΔT)
  double error_per_kelvin = kNaN;
};

/// Fits rate ∝ exp(κ ΔT) to rates at several temperatures. NaN when fewer than two positive rates
/// at temperatures at least 1 K apart are there. Collective: no. Throws: never.
DarkWarming fit_dark_warming(std::span<const DarkAtTemperature> rates);

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"

namespace skyweft::calib {

struct LinearityConfig {
  int terms = 2;
  bool shutter = true;
  double keep_sigma = 3.0;
  double tolerance = 0.01;

  static constexpr auto fields() {
    using C = LinearityConfig;
    return std::tuple{
        field("terms", &C::terms, "", "coefficients of the linearity polynomial at most",
              between(0, 6)),
        field("shutter", &C::shutter, "", "let all exposures be longer or shorter by one time"),
        field("keep_sigma", &C::keep_sigma, "sigma",
              "leave out the shutter's time and high terms less certain than this", non_negative),
        field("tolerance", &C::tolerance, "", "deviation up to which a level counts as linear",
              fraction)};
  }
};

/// The level of one flat of a stable lamp.
struct LampLevel {
  double exposure_s = 0.0;
  double level_adu = 0.0;  ///< above bias
};

struct Linearity {
  double rate_adu_s = kNaN;  ///< of the lamp, as a linear detector would see it
  double shutter_s = 0.0;    ///< added to every exposure time; 0 when not significant
  double shutter_error_s = kNaN;
  std::vector<double> coefficients;  ///< c of true = a (1 + c0 a + c1 a² + …), as DetectorTraits
  std::vector<double> errors;        ///< their standard errors
  double rms_fraction = kNaN;        ///< relative deviations from a straight line
  double rms_corrected = kNaN;       ///< relative deviations after the polynomial
  double linear_to_adu = kNaN;       ///< level up to which the correction is below the tolerance
  std::int64_t n_used = 0;
};

/// Fits rate (t + δt) = a (1 + c0 a + c1 a² + …) to levels a of a lamp at exposure times t.
///
/// Every level has the same relative error (the lamp's), which comes from the residuals. Starts
/// with all terms that the number of different exposure times allows (one more than unknowns), then
/// leaves out, one by one, δt and the highest c while they are below keep_sigma standard errors.
/// Levels and times that are not positive and finite are left out. Throws Error{bad_input} because
/// of "flat_exposures" with fewer than two different times, Error{numeric} when the fit fails.
/// Collective: no.
Linearity fit_linearity(std::span<const LampLevel> levels, const LinearityConfig& config);

}  // namespace skyweft::calib

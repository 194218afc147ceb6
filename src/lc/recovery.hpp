// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/units.hpp"

namespace skyweft::lc {

/// What is left of a known signal in a light curve.
struct Recovered {
  double amplitude_mag = kNaN;
  double error_mag = kNaN;  ///< scatter of the residuals in place of the formal errors, times beta
  double beta = 1.0;        ///< red noise over the length of an event, at least 1
  std::int64_t n_point = 0;
  std::int64_t n_inside = 0;  ///< points in the upper half of the shape
  double snr() const noexcept { return amplitude_mag / error_mag; }
};

/// Fits amplitude · shape + a constant for every group to a light curve, weighted by 1/σ², points
/// more than 5 sigma off left out (the robust scatter, or the formal error if that is larger),
/// beginning with the fit of least absolute residuals. All columns are [point] in time order;
/// `shape` has amplitude one; `group` may be empty: one group. Points without magnitude or error
/// are left out. NaN amplitude with fewer than 3 points inside or outside of the event, or fewer
/// than 3 beyond the unknowns. The red noise is Pont et al.'s (2006) beta of the residuals in runs
/// as long as an event; 1 where it cannot be told. Collective: no. Throws: never.
Recovered recover_signal(std::span<const double> shape, std::span<const float> mag,
                         std::span<const float> mag_err, std::span<const std::int32_t> group = {});

/// One star with an injected signal.
struct RecoveredStar {
  double mag = kNaN;
  double injected_mag = 0.0;
  Recovered found;
  double attenuation() const noexcept { return found.amplitude_mag / injected_mag; }
};

/// How signals of the stars of one magnitude came through.
struct RecoveryBin {
  double mag_low = kNaN;
  double mag_high = kNaN;
  std::int64_t n_star = 0;        ///< with a signal
  std::int64_t n_seen = 0;        ///< of these, observed in and out of an event
  double attenuation = kNaN;      ///< median of recovered over injected amplitude; 1: all is left
  double attenuation_err = kNaN;  ///< of the median, from the scatter of the stars
  double completeness = kNaN;     ///< share of the seen ones with S/N of `least_snr` or more
};

/// Summarises all the stars as one bin. Fewer than 5 give the median's error from their own errors.
/// Collective: no. Throws: never.
RecoveryBin summarise_recovery(std::span<const RecoveredStar> stars, double least_snr = 7.0);

/// The same per bin of `width_mag`, bins being multiples of it, from bright to faint; empty bins
/// are left out, and so are stars without magnitude. Collective: no. Throws: never.
std::vector<RecoveryBin> recovery_by_magnitude(std::span<const RecoveredStar> stars,
                                               double width_mag = 0.5, double least_snr = 7.0);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/ensemble.hpp"

namespace skyweft::lc {

// Differential photometry as prose 3 and eloy 0.0.12 do it, so that results can be compared with
// theirs. Known faults are kept: weights stop on the change of their mean; the target takes part in
// the weights and in the order of stars, so that the search for the best number of comparison stars
// ends at the target's own place; the last improvement of a search that runs to its end is thrown
// away; one missing point leaves a star without weight; prose's error of the artificial star does
// not fall with the number of stars. make_ensemble() has none of these.

struct CompatWeights {
  std::vector<double> weight;  ///< [star] as they come: 1/std
  int n_round = 0;
};

/// Weights 1/std^power of the stars' relative fluxes, at first about their own mean, then against
/// the mean of all others, until the mean weight changes by less than `tolerance` or 200 rounds.
/// Standard deviations are those of the population. prose and eloy have power 1. Collective: no.
/// Throws: never.
CompatWeights compat_weights(const FluxMatrix& stars, double power = 1.0, double tolerance = 1e-3);

/// The mean standard deviation within consecutive runs of `n_per_bin` points; NaN when a point is
/// missing. Collective: no. Throws: never.
double compat_binned_noise(std::span<const double> flux, std::int64_t n_per_bin = 12);

struct CompatChoice {
  std::vector<std::int64_t> order;  ///< stars by falling weight, the target among them
  std::vector<double> noise;  ///< of the target with the first 0, 1, 2 … stars, as far as tried
  std::vector<std::int64_t> stars;  ///< chosen; empty: none
};

/// Star `target` over the weighted mean of the stars `chosen`, in which the target itself has no
/// weight; [time], relative to the target's mean. NaN without a star. Collective: no. Throws:
/// never.
std::vector<double> compat_differential(const FluxMatrix& stars, std::span<const double> weight,
                                        std::int64_t target, std::span<const std::int64_t> chosen);

/// Tries the first 0, 1, 2 … stars by weight until the target's noise stops falling; keeps one star
/// fewer than it tried last. Collective: no. Throws: never.
CompatChoice compat_choice(const FluxMatrix& stars, std::span<const double> weight,
                           std::int64_t target);

/// prose's error of the differential flux: √(e_t² + Σ w²e² / Σ w²) with e = error/mean flux;
/// [time]. Too large by about √N. NaN without errors. Collective: no. Throws: never.
std::vector<double> prose_errors(const FluxMatrix& stars, std::span<const double> weight,
                                 std::int64_t target, std::span<const std::int64_t> chosen);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/error.hpp"
#include "sky/solve.hpp"

namespace skyweft::sky {

/// Why a frame has no plate solution; the numbers are those of the reference pipeline's astrometry
/// step (its −6, a failed web service, cannot happen here).
enum class SolveFailure : int {
  none = 0,
  no_convergence = -2,
  few_matched = -3,
  large_residual = -4,
  not_found = -5,
  other = -7,
};
std::string_view name_of(SolveFailure failure) noexcept;

/// The failure that a failed test of solve_field stands for: "no_convergence", "n_matched" and
/// "matched_fraction", "wcs_rms_px", "log_odds"; any other name is SolveFailure::other.
/// Collective: no. Throws: never.
SolveFailure failure_of(std::string_view test) noexcept;

/// The share of matched stars among the catalogue stars of the frame that are brighter than half of
/// the matched ones. Stars below the frame's limit do not count, however deep the catalogue; nor do
/// sources that are no stars, however many: only a solution that leaves bright stars unexplained
/// has a low share. `star_mag` are the magnitudes of the catalogue stars predicted inside the
/// frame, `matched_mag` the magnitudes of the matched ones; NaN magnitudes are left out. 0 when
/// nothing matched. Collective: no. Throws: never.
double matched_fraction(std::span<const float> star_mag, std::span<const float> matched_mag);

/// The first gate that `solution` does not pass, in the order odds, matches, convergence, share of
/// matched stars, rms; nothing when it passes all. Collective: no. Throws: never.
std::optional<FailedTest> failed_gate(const Solution& solution, const SolveConfig& config);

}  // namespace skyweft::sky

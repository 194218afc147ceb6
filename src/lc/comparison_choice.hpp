// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "lc/comparison_choice_search.hpp"
#include "lc/ensemble.hpp"

namespace skyweft::lc {

struct ComparisonConfig {
  double max_colour_difference = 0.0;
  double max_distance_deg = 0.0;
  double brightest_mag = -100.0;
  double faintest_mag = 100.0;
  double max_saturated = 0.05;
  double min_presence = 0.5;
  double max_excess = 3.0;
  double significance = 2.0;
  std::int64_t max_searched = 60;
  static constexpr auto fields() {
    using C = ComparisonConfig;
    return std::tuple{
        field("max_colour_difference", &C::max_colour_difference, "mag",
              "comparison stars are at most this much redder or bluer; 0: no limit", non_negative),
        field("max_distance_deg", &C::max_distance_deg, "deg",
              "comparison stars lie within this; 0: no limit", non_negative),
        field("brightest_mag", &C::brightest_mag, "mag", "comparison stars are not brighter"),
        field("faintest_mag", &C::faintest_mag, "mag", "comparison stars are not fainter"),
        field("max_saturated", &C::max_saturated, "", "share of saturated points at most",
              fraction),
        field("min_presence", &C::min_presence, "",
              "share of the frames a comparison star is needed in", fraction),
        field("max_excess", &C::max_excess, "",
              "scatter over the formal error, in units of what is usual here, at most", positive),
        field("significance", &C::significance, "sigma",
              "a star is taken out of the set when others improve by more than this", non_negative),
        field("max_searched", &C::max_searched, "",
              "only so many stars of largest weight are tried one by one", at_least(2.0))};
  }
};

/// What is known of one candidate beside its fluxes.
struct ComparisonCandidate {
  double mag = kNaN;
  double colour = kNaN;
  double distance_deg = 0.0;  ///< from the target
  double saturated = 0.0;     ///< share of its points
  bool is_excluded = false;   ///< by the user
  bool is_forced = false;     ///< by the user: no limit and no search applies
};

/// What became of one candidate, and why.
struct ComparisonVerdict {
  bool is_kept = false;
  std::string reason;               ///< "kept", "redder by 0.9 mag", "varies: 5.1 times the usual"
  std::int64_t n_points = 0;        ///< fluxes there are
  double colour_difference = kNaN;  ///< candidate − target
  double likeness = 0.0;  ///< 1 for a twin of the target at its place, less with every difference
  double scatter = kNaN;  ///< relative, against the artificial star of all candidates without it
  double excess = kNaN;   ///< scatter over formal errors, 1 being usual here; NaN without errors
  double weight = 0.0;    ///< share in the final ensemble
  /// How much larger the other stars' noise (rms) is without this star: 0.01 is 1 %; negative: the
  /// star does harm. For stars outside the set: without against with. NaN when not searched.
  double gain = kNaN;
};

struct ComparisonChoice {
  std::vector<ComparisonVerdict> verdicts;  ///< [star]
  std::vector<SearchMove> moves;            ///< of the search; stars are rows
  Ensemble ensemble;                        ///< of the chosen stars; rows as handed in
  std::vector<std::int64_t> alike;  ///< rows fit to stand in for the target, the most alike first
};

/// Chooses the comparison stars of a target without ever looking at the target's own fluxes.
///
/// Limits come first (lists, presence, saturation, magnitude, colour, distance), then variability:
/// scatter against the artificial star of all that are left, over the formal errors, in units of
/// the candidates' median. Of the rest the set is searched on held-out times
/// (search_comparisons()), other stars standing in for the target, the more alike in colour,
/// magnitude and place the more. The final weights are those of make_ensemble() over the set. A
/// candidate of unknown colour passes the colour limit; the limit is void when the target's own
/// colour is unknown. Collective: no. Throws Error{bad_input} (because "n_comparison") when no star
/// is left, saying how many each limit dropped.
ComparisonChoice choose_comparisons(const FluxMatrix& stars,
                                    std::span<const ComparisonCandidate> candidates,
                                    double target_mag, double target_colour,
                                    const ComparisonConfig& config,
                                    const EnsembleConfig& ensemble_config = {});

/// How well a star that stands in for the target came out: treated as the target is, against the
/// chosen stars without itself.
struct ValidationStar {
  std::int64_t row = 0;
  std::int64_t n_points = 0;
  double scatter = kNaN;         ///< 1.4826 MAD, relative flux
  double point_to_point = kNaN;  ///< likewise, of differences between neighbours
  double formal = kNaN;          ///< median formal error
  double error_ratio = kNaN;     ///< scatter / formal: 1 for honest errors
  double beta = kNaN;            ///< red noise over runs of 12 points (Pont et al. 2006)
};

/// The first `n` of choice.alike. Collective: no. Throws: never.
std::vector<ValidationStar> validate(const FluxMatrix& stars, const ComparisonChoice& choice,
                                     std::int64_t n);

}  // namespace skyweft::lc

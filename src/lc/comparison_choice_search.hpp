// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/ensemble.hpp"

namespace skyweft::lc {

/// One step of the search for the best set of comparison stars.
struct SearchMove {
  std::int64_t star = 0;
  bool is_removal = true;
  double gain = 0.0;          ///< relative fall of the witnesses' rms on the held-out times
  double significance = 0.0;  ///< of it, in standard errors over the held-out blocks
  bool is_accepted = false;
};

struct ComparisonSearch {
  std::vector<std::uint8_t> is_in;  ///< [star]
  std::vector<double> gain;         ///< [star] as ComparisonVerdict::gain
  std::vector<SearchMove> moves;
};

/// Searches the set of comparison stars, backward from all of `ensemble` and then forward again.
///
/// The witnesses are the stars themselves, each compared with the set without itself and counted by
/// `likeness` [star] to the target. Times are cut into blocks; every second one is held out. The
/// weights and the star whose removal helps most come from one half, and the step is taken when the
/// other half agrees by more than `significance` standard errors; the halves take turns. Forward,
/// a removed star returns when it helps in both. `fixed` ([star] or empty) are never removed; at
/// least two stars stay. Series longer than 400 points are averaged over runs first. Fewer than 16
/// times or 3 stars: everything stays. Collective: no. Throws: never.
ComparisonSearch search_comparisons(const FluxMatrix& stars, const Ensemble& ensemble,
                                    std::span<const double> likeness,
                                    std::span<const std::uint8_t> fixed, double significance,
                                    std::int64_t max_searched);

}  // namespace skyweft::lc

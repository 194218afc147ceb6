// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>

#include "core/fields.hpp"
#include "data/source_list.hpp"
#include "data/star_catalog.hpp"
#include "data/wcs.hpp"
#include "sky/solve.hpp"

namespace skyweft::sky {

struct AlignConfig {
  std::string reference;
  std::string model = "full";
  bool fall_back_to_shift = true;
  double max_shift = 0.7;
  double min_log_odds = 13.815510557964274;

  static constexpr auto fields() {
    using C = AlignConfig;
    return std::tuple{
        field("reference", &C::reference, "",
              "without a catalogue: file name of the frame whose stars are measured; empty: the "
              "best trial frame"),
        field("model", &C::model, "",
              "full: shift, rotation, scale, flip and the polynomial of [solve]; shift: the frame "
              "is shifted only",
              one_of("full|shift")),
        field("fall_back_to_shift", &C::fall_back_to_shift, "",
              "where full finds nothing, a shift alone is tried"),
        field("max_shift", &C::max_shift, "", "largest shift, as a share of the frame's side",
              between(0.0, 1.0)),
        field("min_log_odds", &C::min_log_odds, "ln",
              "smallest log odds of a shift; the field is known, so it is less than for a solution",
              positive)};
  }
};

/// Lays one frame on the reference frame: what a plate solution is when there is no catalogue.
///
/// `reference` holds the stars of the reference frame at their places under `reference_wcs`, which
/// need not be the true sky. The result maps from those places to pixels of this frame: a star at
/// p in the reference frame is at to_pixel(result, to_sky(reference_wcs, p)) here. The matcher is
/// solve_field() (any rotation, both hands, `config`'s order), started from `previous` (may be
/// null). A shift alone is voted for among all differences of bright sources and stars, moved to
/// the median difference of the matched ones, and judged by the same odds with one free pair.
/// Throws Error{bad_input} as solve_field(), or because of "log_odds" of the shift.
/// Deterministic. Collective: no.
Solution align_field(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& reference, const Wcs& reference_wcs,
                     const SolveConfig& config, const AlignConfig& align, const Wcs* previous);

}  // namespace skyweft::sky

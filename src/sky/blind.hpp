// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/sky_index.hpp"
#include "data/source_list.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

struct BlindConfig {
  double code_tolerance = 0.01;
  std::int64_t n_bright_sources = 80;
  std::int64_t max_quads = 200000;
  double min_log_odds = 20.723265836946414;

  static constexpr auto fields() {
    using C = BlindConfig;
    return std::tuple{
        field("code_tolerance", &C::code_tolerance, "",
              "largest distance between codes of equal quads", between(1e-4, 0.05)),
        field("n_bright_sources", &C::n_bright_sources, "",
              "brightest detections used to find and verify a solution", between(6, 500)),
        field("max_quads", &C::max_quads, "",
              "give up after this many quads of detections; bounds the time", between(1, 1e9)),
        field("min_log_odds", &C::min_log_odds, "ln",
              "smallest log odds against a chance alignment", positive)};
  }
};

/// What is known all the same. A limit of 0 is that of the index.
struct BlindHint {
  double low_arcsec_px = 0.0;
  double high_arcsec_px = 0.0;
  std::string parity = "either";  ///< or normal, mirrored
};

/// What was tried, also when nothing was found.
struct BlindAttempts {
  std::int64_t n_quad = 0;     ///< of detections, looked up in both parities
  std::int64_t n_hit = 0;      ///< quads of the index with such a code
  std::int64_t n_checked = 0;  ///< of them verified by Bayes odds
  double best_log_odds = -1e9;
};

struct BlindMatch {
  Wcs rough;                   ///< order 1 to 3 about the frame's centre, a few pixels off
  double log_odds = kNaN;      ///< of `rough`, as many pairs left out as it has terms
  std::int64_t n_matched = 0;  ///< detections on stars of the index; 0: `rough` is a similarity
};

/// Finds which sky a frame of nx × ny pixels shows, from nothing but its detections.
///
/// Quads of the brightest sources, those of brighter ones first, both parities, are looked up in
/// the bands of `index` that the scale limits allow (Lang et al. 2010, section 2). A hit whose
/// similarity places bright index stars on detections is verified by Bayes odds, once per plausible
/// scatter, because distortion is unknown (section 3; OddsModel). At 1/1000 of the limit a solution
/// with radial distortion is grown outward from the quad over the stars of the index, and accepted
/// when its odds, without as many of the best pairs as it has terms per axis, reach min_log_odds;
/// or the similarity itself is, when it reaches them. The first accepted
/// in this order is the answer. `sources` are brightest first. Nothing when no quad led to a
/// solution or max_quads is spent; `attempts` (may be null) then holds what was tried.
/// Collective: no. Throws: never.
std::optional<BlindMatch> solve_blind(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                                      const SkyIndex& index, const BlindHint& hint,
                                      const BlindConfig& config, BlindAttempts* attempts);

}  // namespace skyweft::sky

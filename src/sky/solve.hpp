// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "core/fields.hpp"
#include "core/units.hpp"
#include "data/source_list.hpp"
#include "data/star_catalog.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

struct SolveConfig {
  double scale_tolerance = 0.1;
  double pointing_tolerance_deg = 1.0;
  double widen = 1.0;
  std::string parity = "either";
  std::int64_t n_bright_sources = 60;
  std::int64_t max_catalog_stars = 5000;
  double code_tolerance = 0.012;
  std::int64_t distortion_order = 0;
  bool choose_order = true;
  bool colour_term = false;
  double match_radius_px = 3.0;
  double min_match_radius_px = 1.0;
  std::int64_t min_matches = 6;
  double min_match_fraction = 0.15;
  double max_rms_px = 0.5;
  double min_log_odds = 20.723265836946414;
  double clip_sigma = 3.5;

  static constexpr auto fields() {
    return std::tuple{
        field("scale_tolerance", &SolveConfig::scale_tolerance, "",
              "the true pixel scale lies within this share of the stated one", between(0.0, 0.9)),
        field("pointing_tolerance_deg", &SolveConfig::pointing_tolerance_deg, "deg",
              "the frame's centre lies within this of the stated pointing", positive),
        field("widen", &SolveConfig::widen, "",
              "when nothing is found, search once more with both tolerances this many times as "
              "wide; 1: do not",
              between(1.0, 100.0)),
        field("parity", &SolveConfig::parity, "", "mirrored: with north up, east is to the right",
              one_of("either|normal|mirrored")),
        field("n_bright_sources", &SolveConfig::n_bright_sources, "",
              "brightest detections used to find and verify a solution", between(6, 1000)),
        field("max_catalog_stars", &SolveConfig::max_catalog_stars, "",
              "brightest catalogue stars used to find a solution", between(6, 1e6)),
        field("code_tolerance", &SolveConfig::code_tolerance, "",
              "largest distance between the codes of equal quads", between(1e-4, 0.1)),
        field("distortion_order", &SolveConfig::distortion_order, "",
              "highest order of the solution; 0 chooses by field size; lowered when the stars "
              "do not carry or do not ask for it",
              between(0, 9)),
        field("choose_order", &SolveConfig::choose_order, "",
              "lower the order when the stars do not ask for it; false: only when they do not "
              "carry it"),
        field("colour_term", &SolveConfig::colour_term, "",
              "fit a shift in proportion to the catalogue's colour: refraction by the air"),
        field("match_radius_px", &SolveConfig::match_radius_px, "px",
              "a star and its detection are at most this far apart at first", positive),
        field("min_match_radius_px", &SolveConfig::min_match_radius_px, "px",
              "in the end they are within the larger of this and three times the rms", positive),
        field("min_matches", &SolveConfig::min_matches, "",
              "fewer matched stars set the frame aside", between(4, 1e6)),
        field("min_match_fraction", &SolveConfig::min_match_fraction, "",
              "a smaller matched share of the catalogue stars that the frame should show sets it "
              "aside: of those brighter than half of the matched ones",
              fraction),
        field("max_rms_px", &SolveConfig::max_rms_px, "px",
              "a larger rms distance of matched stars sets the frame aside", positive),
        field("min_log_odds", &SolveConfig::min_log_odds, "ln",
              "smallest log odds against a chance alignment", positive),
        field("clip_sigma", &SolveConfig::clip_sigma, "sigma",
              "drop matched stars further off than this from the fit", positive)};
  }
};

/// What the header says; the frame's centre and scale need only be near.
struct SolveHint {
  SkyPos pointing;
  double scale_arcsec_px = 0.0;
};

struct Solution {
  Wcs wcs;  ///< centre = the direction at the frame's centre
  std::int64_t n_matched = 0;
  double rms_px = kNaN;            ///< √⟨dx² + dy²⟩ of the matched stars
  double matched_fraction = kNaN;  ///< of the bright catalogue stars inside the frame (gates.hpp)
  bool converged = false;          ///< the matches stood still
  double move_px = kNaN;           ///< of the corners, in the last round
  double condition = kNaN;         ///< of the weighted design matrix, columns of equal length
  bool from_previous = false;      ///< a shift of the previous solution was enough
  double log_odds = kNaN;    ///< ln, three pairs left out because the fit can always please them
  double zero_point = kNaN;  ///< median of catalogue magnitude − (25 − 2.5 log10 flux_e)
  std::vector<std::pair<std::int64_t, std::int64_t>> matches;  ///< (source, star of near_field)
};

/// Finds which sky a frame of nx × ny pixels shows.
///
/// With `previous` (a solution of the same camera, may be null) a shift of it is voted for first;
/// when that fails, quads of bright sources are looked up among quads of catalogue stars near
/// `hint` (any rotation): within a quarter of the pointing tolerance, then within all of it, then
/// within `widen` times both tolerances. Each hypothesis is verified by Bayes odds, then refined
/// (refine.hpp) and put to the gates of gates.hpp (science.md 3.8, 3.9). No solution is accepted
/// that breaks `config.parity` or is further than twice the scale tolerance from the hint, a shift
/// of `previous` neither.
/// `sources` are brightest first; `near_field` is at the frame's epoch and covers the frame plus
/// the pointing tolerance. Throws Error{bad_input} with the failed test "log_odds", "n_matched",
/// "no_convergence", "matched_fraction" or "wcs_rms_px" of the best attempt (failure_of() gives its
/// code) and, in its text, what was tried with its best odds. Deterministic. Collective: no.
Solution solve_field(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& near_field, const SolveHint& hint,
                     const SolveConfig& config, const Wcs* previous);

/// Makes a solution of a rough one that is right but for some pixels, more in the corners
/// (solve_blind()): matched within match_radius_px, then within wider circles, which shrink while
/// it is refined, and put to the same gates; else as solve_field() with `rough` as hint and
/// previous solution. `stars` cover the frame. Throws as solve_field(). Collective: no.
Solution solve_rough(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& stars, const SolveConfig& config, const Wcs& rough);

}  // namespace skyweft::sky

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/solve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <fmt/format.h>

#include "core/error.hpp"
#include "sky/gates.hpp"
#include "sky/search.hpp"
#include "sky/wcs.hpp"

namespace skyweft::sky {
namespace {

/// A rough solution's centre is this well known, in half diagonals, and its corners are within so
/// many match radii.
constexpr double kRoughPointing = 0.1;
constexpr std::array<double, 4> kRoughWidenings{1.0, 3.0, 6.0, 12.0};

std::string odds_text(double log_odds) {
  return log_odds > -1e8 ? fmt::format("best log odds {:.1f}", log_odds) : "nothing to verify";
}

/// What was tried, with its best odds.
std::string story_of(const Search& search) {
  std::string out;
  for (const Attempt& a : search.attempts()) {
    out += fmt::format("{}{}", out.empty() ? "" : "; ", a.what);
    if (a.n_quad > 0)
      out += fmt::format(": {} quads looked up, {} alignments checked", a.n_quad, a.n_hypothesis);
    out += fmt::format(", {}", odds_text(a.log_odds));
  }
  return out;
}

std::string advice_for(const FailedTest& test) {
  switch (failure_of(test.name)) {
    case SolveFailure::few_matched:
      return test.name == "n_matched"
                 ? "too few stars matched; check the catalogue's depth"
                 : "too few of the bright catalogue stars were found; check for clouds, or lower "
                   "solve.min_match_fraction";
    case SolveFailure::large_residual:
      return "the matched stars lie too far off; check the focus and solve.distortion_order";
    case SolveFailure::no_convergence:
      return "the matches did not settle; check solve.match_radius_px and solve.distortion_order";
    default:
      return "check the pointing, camera.NAME.scale_arcsec_px and the catalogue's depth";
  }
}

}  // namespace

Solution solve_field(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& near_field, const SolveHint& hint,
                     const SolveConfig& config, const Wcs* previous) {
  if (sources.size() < config.min_matches)
    throw Error{Errc::bad_input,
                fmt::format("only {} sources were detected, too few for a plate solution; lower "
                            "detect.threshold, or the frame is clouded",
                            sources.size())}
        .because({"n_matched", static_cast<double>(sources.size()),
                  static_cast<double>(config.min_matches)});
  if (!(hint.scale_arcsec_px > 0.0))
    throw Error{Errc::bad_input, "the pixel scale is unknown; set camera.NAME.scale_arcsec_px"}
        .because({"has_scale", 0.0, 1.0});
  Search search{sources, nx, ny, near_field, hint, config};
  if (previous != nullptr && previous->valid())
    if (auto solution = search.by_shift(*previous)) return *solution;
  const Breadth stated{config.pointing_tolerance_deg, config.scale_tolerance};
  // A quarter of the tolerance is worth a search of its own where it halves the sky at least.
  const double half_deg = 0.5 * std::hypot(nx, ny) * hint.scale_arcsec_px / 3600.0;
  if (std::pow((0.25 * stated.pointing_deg + half_deg) / (stated.pointing_deg + half_deg), 2) < 0.5)
    if (auto solution = search.by_quads({0.25 * stated.pointing_deg, stated.scale_share}))
      return *solution;
  if (auto solution = search.by_quads(stated)) return *solution;
  if (config.widen > 1.0)
    if (auto solution = search.by_quads(
            {config.widen * stated.pointing_deg, std::min(0.9, config.widen * stated.scale_share)}))
      return *solution;

  double odds = -1e9;
  for (const Attempt& a : search.attempts()) odds = std::max(odds, a.log_odds);
  const FailedTest failed =
      search.refused().value_or(FailedTest{"log_odds", odds, config.min_log_odds});
  throw Error{Errc::bad_input,
              fmt::format("no plate solution for {} sources among {} catalogue stars around RA "
                          "{:.4f} Dec {:.4f} at {:.3f} arcsec/px (tried {}): {} {:.4g}, {:.4g} "
                          "needed; {}",
                          std::min<std::int64_t>(sources.size(), config.n_bright_sources),
                          near_field.size(), hint.pointing.ra.deg(), hint.pointing.dec.deg(),
                          hint.scale_arcsec_px, story_of(search), failed.name, failed.measured,
                          failed.threshold, advice_for(failed))}
      .because(failed);
}

Solution solve_rough(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                     const StarCatalog& stars, const SolveConfig& config, const Wcs& rough) {
  const PixelPos middle{0.5 * static_cast<double>(nx - 1), 0.5 * static_cast<double>(ny - 1)};
  const SolveHint hint{.pointing = to_sky(rough, middle),
                       .scale_arcsec_px = scale_arcsec_px(rough, middle)};
  SolveConfig near = config;
  near.pointing_tolerance_deg =
      kRoughPointing * 0.5 * std::hypot(nx, ny) * hint.scale_arcsec_px / 3600.0;
  if (hint.scale_arcsec_px > 0.0 && sources.size() >= config.min_matches) {
    Search search{sources, nx, ny, stars, hint, near};
    for (const double widening : kRoughWidenings)
      if (auto solution = search.from_rough(rough, widening * config.match_radius_px))
        return *solution;
  }
  return solve_field(sources, nx, ny, stars, hint, near, &rough);
}

}  // namespace skyweft::sky

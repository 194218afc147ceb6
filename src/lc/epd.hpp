// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "core/terms.hpp"
#include "data/flags.hpp"
#include "lc/variables.hpp"

namespace skyweft::lc {

struct EpdConfig {
  std::string terms = "O1{x, y, bg, fwhm, airmass}";
  std::string loss = "clip";
  double reject = 5.0;
  int max_rounds = 20;
  bool prereject = false;
  std::string weights = "none";
  int smooth_points = 0;
  double points_per_term = 5.0;
  double singular_cut = 1e-6;
  double ridge = 0.0;
  static constexpr auto fields() {
    using C = EpdConfig;
    return std::tuple{
        field("terms", &C::terms, "", "terms over external parameters"),
        field("loss", &C::loss, "",
              "against outliers: reject them round by round, or bound their influence",
              one_of("clip|huber")),
        field("reject", &C::reject, "rms", "reject residuals above this", positive),
        field("max_rounds", &C::max_rounds, "", "rejection rounds at most", non_negative),
        field("prereject", &C::prereject, "",
              "before the first fit, reject points this far from the median, too"),
        field("weights", &C::weights, "", "weigh points by 1/error^2", one_of("none|error")),
        field("smooth_points", &C::smooth_points, "",
              "fit to a running median over so many points; 0: to the points", non_negative),
        field("points_per_term", &C::points_per_term, "", "points needed per term", at_least(1.0)),
        field("singular_cut", &C::singular_cut, "",
              "relative singular value below which a direction is dropped; at least 1e-7",
              fraction),
        field("ridge", &C::ridge, "", "added to the unit variance of every term", non_negative)};
  }
};

struct EpdResult {
  std::vector<double> coefficients;  ///< constant, then [term] standardised; empty: not fitted
  std::int64_t n_used = 0;
  std::int64_t n_dropped = 0;  ///< directions that the points do not determine
  double rms_mag = 0.0;
};

/// A transit or eclipse that is known beforehand.
struct KnownEvent {
  double mid_bjd = 0.0;     ///< BJD_TDB
  double period_d = 0.0;    ///< 0: it happens once
  double duration_d = 0.0;  ///< 0: no event
};

/// 1 for every time within half a duration of an event; all 0 when the duration is 0.
/// Collective: no. Throws: never.
std::vector<std::uint8_t> event_mask(std::span<const double> time_bjd_tdb, const KnownEvent& event);

/// Subtracts from one star's series what external parameters explain (science.md 3.13), in place.
/// One series in one group of frames; see EpdGroup for what is done.
///
/// `points` holds columns [frame]; a term without finite value counts as 0. Points with `excluded`
/// (or [0]) set are left out of the fit but corrected. Too few points: unchanged, every point
/// flagged epd_not_fitted; a point whose parameters are not finite is left as it is and flagged.
/// Collective: no. Throws Error{bad_config} for unknown names.
EpdResult detrend_external(std::span<float> mag, std::span<QualityBits> quality,
                           const NamedColumns& points, const Terms& terms,
                           std::span<const std::uint8_t> excluded, const EpdConfig& config);

}  // namespace skyweft::lc

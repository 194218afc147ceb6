// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"

namespace skyweft::lc {

struct EnsembleConfig {
  double tolerance = 1e-4;
  int max_rounds = 300;
  double reject = 6.0;
  double min_weight = 1e-3;
  std::int64_t min_points = 10;
  static constexpr auto fields() {
    using C = EnsembleConfig;
    return std::tuple{
        field("tolerance", &C::tolerance, "",
              "relative change of every star's variance that ends iterating", positive),
        field("max_rounds", &C::max_rounds, "", "rounds of weighting at most", at_least(1.0)),
        field("reject", &C::reject, "sigma",
              "points of comparison stars further off than this do not count; 0: all count",
              non_negative),
        field("min_weight", &C::min_weight, "",
              "stars with a smaller share of the weight are left out", fraction),
        field("min_points", &C::min_points, "", "points a comparison star needs", at_least(2.0))};
  }
};

/// Fluxes of several stars at common times, row after row [star][time], in any linear unit. NaN (in
/// either) is a missing point. `err` may be empty: errors are not known.
struct FluxMatrix {
  std::span<const double> flux;
  std::span<const double> err;
  std::int64_t n_star = 0;
  std::int64_t n_time = 0;

  std::span<const double> flux_of(std::int64_t star) const;
  std::span<const double> err_of(std::int64_t star) const;  ///< empty when errors are not known
};

/// The weighted mean of several stars, each over its own level; columns [time].
struct ArtificialStar {
  std::vector<double> flux;  ///< about 1; NaN where no star was measured
  std::vector<double> err;   ///< √(Σ w²e²) / Σ w with the stars' formal relative errors e
  std::vector<std::int32_t> n_star;
};

/// Comparison stars with their weights. Columns [star] hold 0 or NaN for stars that take no part.
struct Ensemble {
  std::vector<double> weight;          ///< [star] 1/variance, of sum 1
  std::vector<double> level;           ///< [star] flux where the artificial star is 1
  std::vector<double> scatter;         ///< [star] relative, against the artificial star without it
  std::vector<double> formal;          ///< [star] rms of the formal relative errors
  std::vector<std::int64_t> n_points;  ///< [star] points that count
  std::vector<double> point_weight;    ///< [star][time] as used; 0: the point does not count
  ArtificialStar artificial;
  int n_round = 0;
  bool has_settled = false;

  std::int64_t n_used() const noexcept;
};

/// Weighs comparison stars by 1/variance (Broeg, Fernández & Neuhäuser 2005, AN 326, 134).
///
/// Variances start from the formal errors (without errors all stars are equal) and are then the
/// scatter of each star against the artificial star built without it, until none changes by more
/// than config.tolerance. A star's variance is shared out over its points as its formal errors go,
/// so that a point under a cloud weighs less. Every star counts relative to its level, which is
/// fitted together with the artificial star over the points both have: a star that comes, goes or
/// pauses does not move the artificial star. Points beyond config.reject are left out, in each
/// frame the worst one first. Stars of weight share below config.min_weight are dropped at the end.
///
/// `used` ([star] or empty: all) says which stars may take part; stars with fewer than
/// config.min_points points or without positive level never do. With a single star it is the
/// artificial star itself. All zero and NaN when none is left. Collective: no. Throws: never.
Ensemble make_ensemble(const FluxMatrix& stars, std::span<const std::uint8_t> used,
                       const EnsembleConfig& config = {});

/// The artificial star built without one of its stars: what that star is to be compared with. NaN
/// throughout when there is no other. Collective: no. Throws: never.
ArtificialStar artificial_without(const FluxMatrix& stars, const Ensemble& ensemble,
                                  std::int64_t star);

/// One star over an artificial star; columns [time], NaN where either is missing.
struct DifferentialCurve {
  std::vector<double> flux_rel;        ///< of median 1
  std::vector<double> err;             ///< √(err_star² + err_comparison²)
  std::vector<double> err_star;        ///< the star's own share of it
  std::vector<double> err_comparison;  ///< that of the comparison stars
  double level = 0.0;                  ///< what the fluxes were divided by
};

/// Divides a star by an artificial star it is no part of. The median of the points with `outside`
/// set (or all of them, when it is empty or holds none) becomes 1. `err` may be empty. Collective:
/// no. Throws: never.
DifferentialCurve differential(std::span<const double> flux, std::span<const double> err,
                               const ArtificialStar& artificial,
                               std::span<const std::uint8_t> outside = {});

}  // namespace skyweft::lc

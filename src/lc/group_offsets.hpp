// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/magfit.hpp"

namespace skyweft::lc {

/// How the references of observing groups differ, as a function of the star.
struct GroupOffsets {
  std::vector<std::vector<double>> shift_mag;     ///< [group][star] reference − that of group 0
  std::vector<std::vector<double>> coefficients;  ///< [group][term] of the terms as written
  std::vector<std::int64_t> n_common;             ///< [group] stars used that other groups share
  /// [group] the first group that it is tied to by common stars; groups of different ones are tied
  /// by the catalogue, or not at all where there are no catalogue magnitudes.
  std::vector<std::int64_t> tied_to;
  double rms_mag = 0.0;  ///< of references about their star's mean, over the used ones
};

/// Solves Δ_g(star) = c_g·terms(star) of all groups at once from the stars they share:
/// reference_g(star) = M(star) + Δ_g(star), Δ_0 = 0, weighted by 1/(error + noise_offset)²; the M
/// are eliminated. Points beyond config.reject robust sigmas are left out, in up to 20 rounds that
/// start from medians. Groups with fewer than config.stars_per_term common stars per term get a
/// constant alone. Groups that share fewer than three stars with the others are tied by the median
/// of catalogue − M, when `catalog_mag` ([star]) is not empty, and else keep Δ = 0.
///
/// `stars` holds what `terms` name, as columns [star]. The sums run over stars in order.
/// Collective: no. Throws Error{bad_config} for an unknown variable.
GroupOffsets solve_group_offsets(std::span<const Reference> groups, const NamedColumns& stars,
                                 std::span<const double> catalog_mag, const Terms& terms,
                                 const MagfitConfig& config);

/// The references of all groups as one: the weighted mean of reference − Δ over the groups that use
/// a star. Collective: no. Throws: never.
Reference merged_reference(std::span<const Reference> groups, const GroupOffsets& offsets,
                           const MagfitConfig& config);

/// The median of catalogue − reference over used stars; 0 when there is none. Collective: no.
/// Throws: never.
double catalog_shift(const Reference& reference, std::span<const double> catalog_mag);

}  // namespace skyweft::lc

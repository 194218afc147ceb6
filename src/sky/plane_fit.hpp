// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/units.hpp"
#include "data/wcs.hpp"

namespace skyweft::sky {

/// Matched stars, all spans [n_pair].
struct PlanePairs {
  std::span<const double> u;  ///< tangent-plane coordinates in units of `unit_deg`
  std::span<const double> v;
  std::span<const double> x_px;  ///< of the sources
  std::span<const double> y_px;
  std::span<const double> weight;  ///< 1/σ of a centroid, px
  std::span<const double> colour;  ///< minus colour_zero, 0 when unknown; empty: no colour term
};

struct PlaneFitConfig {
  int highest_order = 1;
  bool choose_order = true;  ///< false: the highest that the pairs carry
  double clip_sigma = 3.5;
};

struct PlaneFit {
  Wcs wcs;                         ///< colour_zero is left to the caller
  std::vector<std::uint8_t> kept;  ///< [n_pair] 1 for the survivors
  double condition = kNaN;         ///< of the weighted design matrix, columns of equal length
};

/// Fits x and y as polynomials in (u, v) by weighted least squares and drops outliers until none is
/// left: those further off than clip_sigma times a σ taken from the median distance.
///
/// The fit is made in products of Chebyshev polynomials of `guide`'s linear part, which spans
/// [−1, 1] over the frame however it is turned; there the design matrix is so well conditioned
/// (about 3 at order 5 for stars that cover the frame) that the normal equations lose few digits;
/// `condition` tells. Lower orders are leading blocks of the same Cholesky factor: the order with
/// the least n ln(χ²/n) + k ln n (Schwarz 1978) costs nothing extra. The order never exceeds what
/// safe_order() allows to the survivors; below fifteen stars a similarity
/// is fitted. `guide` must be about the same tangent point, whose unit it keeps; the frame is nx ×
/// ny pixels. Nothing when the pairs determine no solution. Collective: no. Throws: never.
std::optional<PlaneFit> fit_plane(const PlanePairs& pairs, const Wcs& guide, double nx, double ny,
                                  const PlaneFitConfig& config);

/// The highest order that `n_matched` stars and the emptiest quadrant's `n_quadrant` stars can
/// carry, at most `wanted`: five stars per coefficient, a quarter of a star per coefficient in each
/// quadrant; 0 asks for a similarity (four numbers for both axes). Collective: no. Throws: never.
int safe_order(int wanted, std::int64_t n_matched, std::int64_t n_quadrant);

}  // namespace skyweft::sky

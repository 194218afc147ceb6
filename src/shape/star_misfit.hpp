// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>

namespace skyweft::shape {

/// Stars differ from any model by this much of their light, and pixels by this much of the peak.
inline constexpr double kLeastExcess = 0.02;
inline constexpr double kPeakMisfit = 0.01;

/// What the pixels of one star say about its model.
struct StarMisfit {
  double peak_e = 0.0;     ///< of the modelled light in its window
  double sigma = 1.0;      ///< robust scatter of its residuals, in σ, 1 or more
  double excess = 0.0;     ///< residuals beyond the noise, √(sum of squares), as a share of F
  double allowance = 0.0;  ///< what five sigma of noise alone make of that, squared

  /// Is it worse than `most`, a share of the light, by more than noise can do?
  bool beyond(double most) const noexcept { return !(excess * excess <= most * most + allowance); }
};

/// `data` (signal − background), `weight` (1/σ) and `residual` of the pixels of its window, data
/// and residual in σ; those with weight 0 are left out. Collective: no. Throws: never.
StarMisfit misfit_of(std::span<const double> data, std::span<const double> weight,
                     std::span<const double> residual, double flux_e);

}  // namespace skyweft::shape

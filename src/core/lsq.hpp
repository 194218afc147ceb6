// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

namespace skyweft {

struct ClippedFitConfig {
  double reject_level = 5.0;   ///< reject |residual| above this many average residuals
  int max_rounds = 20;         ///< rejection rounds at most
  double scale_floor = 1e-12;  ///< an average residual below this rejects nothing
};

struct LinearFit {
  Eigen::VectorXd coefficients;    ///< empty when the fit failed
  double residual_rms = 0.0;       ///< weighted rms of the survivors, in the target's unit
  std::int64_t n_used = 0;         ///< survivors; 0 when the fit failed
  int rank = 0;                    ///< numerical rank of the design matrix
  std::vector<std::uint8_t> kept;  ///< [n_point] 1 for survivors

  bool ok() const noexcept { return n_used > 0; }
};

/// Weighted linear least squares with iterative rejection (autowisp.md 2.4).
///
/// `design` is [n_point][n_term], `target` and `weight` are [n_point]; rows are multiplied by
/// `weight` (that is 1/σ, not 1/σ²). Points with non-finite design, target or weight, or weight <=
/// 0, are left out. Rejects |residual| > reject_level × weighted rms, never takes a point back. A
/// rank-deficient matrix is solved with minimum norm over its numerical rank (columns scaled
/// first). Fails (n_used 0) when fewer points than terms remain. Collective: no. Throws: never.
LinearFit fit_linear_clipped(const Eigen::Ref<const Eigen::MatrixXd>& design,
                             std::span<const double> target, std::span<const double> weight,
                             const ClippedFitConfig& config = {});

}  // namespace skyweft

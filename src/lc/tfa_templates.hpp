// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "lc/template_choice.hpp"

namespace skyweft::lc {

/// The templates of one group and aperture, made orthonormal: every fit of a star without gaps is
/// then a product, and gaps perturb the identity (lc/tfa_system.hpp). Terms are a constant and the
/// M templates; directions are orthonormal combinations of them.
struct TemplateSet {
  std::vector<std::int64_t> star_row;  ///< [template]
  std::vector<SkyPoint> at;            ///< [template]
  std::int64_t n_frame = 0;
  std::int64_t rank = 0;  ///< directions, at most 1 + M; identical templates share one
  /// [direction][frame], the directions of one frame side by side; rows beyond rank up to a
  /// multiple of eight are zero.
  Eigen::MatrixXd basis;
  Eigen::MatrixXf narrow_basis;       ///< the same in single precision, for steps to a solution
  Eigen::MatrixXd to_term;            ///< [1 + M][direction]: the basis made up of terms
  std::vector<std::int64_t> dropped;  ///< terms that others make up, ascending
  Eigen::MatrixXd of_dropped;         ///< [direction][dropped]: what they are, of unit length
  bool is_classic = false;            ///< TfaConfig::classic
  double event_loss = 0.0;            ///< event_loss_of(); NaN when made without times

  std::int64_t n_template() const noexcept { return static_cast<std::int64_t>(star_row.size()); }
};

/// The templates' columns from their series `mags` [template][frame]: [frame][1 + M], ones (zeros
/// when classic), then mag − mean. Points further than `reject` times their rms from the median are
/// dropped until nothing changes, and the mean is of those left. Gaps are predicted from the other
/// templates at that frame, as the expectation of a Gaussian with their covariance, re-estimated
/// twice (Little & Rubin 2002, section 11.2), so that they neither pull coefficients to zero nor
/// draw the star to a level of their own; or zero (config.gaps, config.classic). Collective: no.
/// Throws: never.
Eigen::MatrixXd template_columns(std::span<const float> mags, std::int64_t n_template,
                                 std::int64_t n_frame, const TfaConfig& config);

/// Builds the set from the templates' series `mags` [template][frame]. A term of which less than
/// 1e-5 is not made up of other terms is dropped. `time_d` [frame] or empty: for event_loss. Cost:
/// 6·N·M² flops. Collective: no. Throws: never.
TemplateSet make_templates(std::span<const std::int64_t> star_row, std::span<const SkyPoint> at,
                           std::span<const float> mags, std::int64_t n_frame,
                           const TfaConfig& config, std::span<const double> time_d = {});

/// The share of the depth of a box of event_h that a fit without gaps absorbs, when the box is told
/// from the level of the rest by least squares: 1 − (n − |Qᵀs|²)/(n − n²/N), for a box s over n of
/// N points, averaged over all windows of 3 points and more that begin at a point and cover less
/// than half of them. NaN when there is none. Collective: no. Throws: never.
double event_loss_of(const TemplateSet& set, std::span<const double> time_d, double event_h);

}  // namespace skyweft::lc

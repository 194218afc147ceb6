// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "lc/tfa_config.hpp"

namespace skyweft::lc {

struct SkyPoint {
  double xi_deg = 0.0;  ///< tangent plane
  double eta_deg = 0.0;
};

/// What template choice needs of one star in one group and aperture.
struct TemplateCandidate {
  double mag = 0.0;
  double scatter_mag = 0.0;
  std::int64_t n_points = 0;
  SkyPoint at;
  bool is_barred = false;  ///< the target, a known variable
  bool is_saturated = false;
};

/// How many templates a group of n_frame frames may have: templates_per_frame·n_frame, and not more
/// than max_templates nor grid_side². Collective: no. Throws: never.
std::int64_t templates_allowed(std::int64_t n_frame, const TfaConfig& config);

/// The stars that may be templates: bright, well measured and quiet (science.md 3.14; autowisp.md
/// 17.1). Rows ascend. Collective: no. Throws: never.
std::vector<std::int64_t> suitable_templates(std::span<const TemplateCandidate> stars,
                                             const TfaConfig& config);

/// `n_max` of the stars `good` (rows of `at`, ascending), spread over their extent: the nearest to
/// the nodes of a uniform grid, then whoever is farthest from all chosen so far (not with
/// grid_side); all of them when there are not more. Rows ascend. Collective: no. Throws: never.
std::vector<std::int64_t> spread_templates(std::span<const SkyPoint> at,
                                           const std::vector<std::int64_t>& good,
                                           std::int64_t n_max, const TfaConfig& config);

/// templates_allowed() of the suitable stars, spread over the field, or all suitable stars when
/// there are fewer. Rows ascend. Collective: no. Throws: never.
std::vector<std::int64_t> choose_templates(std::span<const TemplateCandidate> stars,
                                           std::int64_t n_frame, const TfaConfig& config);

/// One candidate after the candidates were filtered by each other.
struct FilteredCandidate {
  double mag = 0.0;
  double rms_mag = 0.0;      ///< of its residuals; NaN when it could not be filtered
  double von_neumann = 2.0;  ///< of its residuals: Σ(r[i+1] − r[i])² / Σr², 2 for white noise
  std::int64_t n_points = 0;
};

/// The candidates that vary by themselves: their residual scatter lies scatter_excess above what
/// others of their magnitude have, or their residuals are correlated more than those of the others
/// are (von Neumann ratio 5 robust sigma below the median, and 5·2/√n below the 2 of white noise).
/// [candidate]: 1 when it varies, or could not be filtered while others could. Collective: no.
/// Throws: never.
std::vector<std::uint8_t> find_variable_templates(std::span<const FilteredCandidate> candidates,
                                                  const TfaConfig& config);

/// The von Neumann ratio of the finite points. NaN with fewer than two, or when all are equal.
double von_neumann_ratio(std::span<const float> mag);

}  // namespace skyweft::lc

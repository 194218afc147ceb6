// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include <Eigen/Dense>

#include "core/fields.hpp"
#include "data/flags.hpp"

namespace skyweft::lc {

struct TfaConfig {
  std::int64_t max_templates = 500;
  double templates_per_frame = 0.1;
  double bright_share = 0.5;
  double max_rms_mag = 0.05;
  double scatter_excess = 4.0;
  double exclude_radius_arcsec = 30.0;
  double reject = 5.0;
  int max_rounds = 5;
  static constexpr auto fields() {
    using C = TfaConfig;
    return std::tuple{
        field("max_templates", &C::max_templates, "", "templates at most", non_negative),
        field("templates_per_frame", &C::templates_per_frame, "", "templates per frame at most",
              fraction),
        field("bright_share", &C::bright_share, "",
              "templates come from this brightest share of stars", fraction),
        field("max_rms_mag", &C::max_rms_mag, "mag", "templates scatter less than this", positive),
        field("scatter_excess", &C::scatter_excess, "sigma",
              "templates lie below the scatter fit plus this", positive),
        field("exclude_radius_arcsec", &C::exclude_radius_arcsec, "arcsec",
              "no template this near to the star", non_negative),
        field("reject", &C::reject, "rms", "reject residuals above this", positive),
        field("max_rounds", &C::max_rounds, "", "rejection rounds at most", non_negative)};
  }
};

struct SkyPoint {
  double xi_deg = 0.0;  ///< tangent plane
  double eta_deg = 0.0;
};

/// What template choice needs of one star.
struct TemplateCandidate {
  double mag = 0.0;
  double scatter_mag = 0.0;
  std::int64_t n_points = 0;
  SkyPoint at;
  bool is_barred = false;  ///< saturated, the target, a known variable
};

/// Chooses template stars: bright, well measured, quiet, and spread over the field: the nearest to
/// the nodes of a uniform grid (science.md 3.14; autowisp.md 17.1), then whoever is farthest from
/// all chosen so far. Exactly M = min(templates_per_frame·n_frame, max_templates), or all suitable
/// stars when there are fewer. Rows ascend. Collective: no. Throws: never.
std::vector<std::int64_t> choose_templates(std::span<const TemplateCandidate> stars,
                                           std::int64_t n_frame, const TfaConfig& config);

/// Template series with their normal matrix.
struct TemplateSet {
  std::vector<std::int64_t> star_row;
  std::vector<SkyPoint> at;
  Eigen::MatrixXd values;  ///< [frame][1 + M]: ones, then mag − median, clipped, gaps 0
  Eigen::MatrixXd gram;    ///< valuesᵀ·values
};

/// Builds the set from the templates' series `mags` [template][frame]. Collective: no. Throws:
/// never.
TemplateSet make_templates(std::span<const std::int64_t> star_row, std::span<const SkyPoint> at,
                           std::span<const float> mags, std::int64_t n_frame,
                           const TfaConfig& config);

struct TfaFit {
  std::int64_t n_used = 0;  ///< points; 0 when not fitted
  std::int64_t n_template = 0;
  double rms_mag = 0.0;  ///< √(Σr² / (N − M − 1))
  double expected_loss =
      0.0;  ///< M/N: share of a random signal the fit absorbs; NaN when not fitted
};

/// Subtracts the best combination of templates from one star, in place; the median stays (Kovács,
/// Bakos & Noyes 2005). Missing epochs are removed from the normal equations exactly; the star's
/// own template and those within exclude_radius take no part; points with `excluded` (or []) set
/// are corrected but not fitted. With too few points (N < 2(M+1)) or no template the series is
/// unchanged and flagged tfa_not_fitted. Collective: no. Throws: never.
TfaFit detrend_star(std::span<float> mag, std::span<QualityBits> quality, std::int64_t star_row,
                    SkyPoint at, const TemplateSet& templates,
                    std::span<const std::uint8_t> excluded, const TfaConfig& config);

/// detrend_star for `rows.size()` stars; `mag` and `quality` are [star][frame]. Collective: no.
/// Throws: never.
std::vector<TfaFit> detrend_tile(std::span<float> mag, std::span<QualityBits> quality,
                                 std::span<const std::int64_t> rows, std::span<const SkyPoint> at,
                                 const TemplateSet& templates, const TfaConfig& config);

}  // namespace skyweft::lc

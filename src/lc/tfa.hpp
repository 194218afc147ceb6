// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <Eigen/Dense>

#include "data/flags.hpp"
#include "lc/tfa_config.hpp"
#include "lc/tfa_templates.hpp"

namespace skyweft::lc {

/// What the filter must know of one star besides its points.
struct TfaStar {
  std::int64_t row = -1;  ///< as in TemplateSet::star_row: no star is its own template
  SkyPoint at;
  std::span<const std::uint8_t> excluded{};  ///< [frame] or empty; set: corrected but not fitted
  /// [column][frame]: a signal (lc/signals.hpp) fitted together with the templates and not
  /// subtracted; empty for most stars. Columns that others or the templates make up take no part.
  std::span<const std::vector<double>> signals{};
};

enum class TfaOutcome { fitted, no_template, too_few_points };

/// "fitted", "no template", "too few points".
std::string_view text_of(TfaOutcome outcome);

struct TfaFit {
  TfaOutcome outcome = TfaOutcome::no_template;
  std::int64_t n_used = 0;  ///< points; 0 when not fitted
  std::int64_t n_template = 0;
  /// Free parameters, the constant and signals included; one that the star's points do not see at
  /// all may be counted.
  std::int64_t rank = 0;
  int n_round = 0;             ///< fits: 1 when nothing was rejected
  double rms_mag = 0.0;        ///< √(Σr² / (N − rank)) about templates and signal
  double expected_loss = 0.0;  ///< M/N: share of a random signal the fit absorbs; NaN: not fitted
  double event_loss = 0.0;     ///< the same for a box of event_h (event_loss_of), scaled by the
                               ///< points that are missing; NaN: not fitted, or without times
  Eigen::VectorXd in_basis;    ///< [direction] the model in the templates' basis
  std::vector<double> signal_amplitude;  ///< [signal column]
};

/// The model's coefficients of the constant and the templates, [1 + M]; zero for terms that took no
/// part. Collective: no. Throws: never.
Eigen::VectorXd term_coefficients(const TfaFit& fit, const TemplateSet& templates);

/// Subtracts the best combination of templates from each star, in place; the mean of the fitted
/// points stays (Kovács, Bakos & Noyes 2005, equations 3 to 7). `mag` and `quality` are
/// [star][frame]. Missing epochs are left out of the normal equations exactly; the star's own
/// template and those within exclude_radius take no part, exactly; points with bits that bar them
/// (saturated, manual veto, not measured) or `excluded` are corrected but not fitted, and so are
/// residuals above `reject` rms. A star with fewer than two points per parameter, or without a
/// template, is unchanged and flagged tfa_not_fitted at all frames. With a classic set missing
/// points count as zero and the mean is not restored. A star's result does not depend on the others
/// given. Memory: 16 bytes per direction and 5 per point of each star besides 40 MiB. Collective:
/// no. Throws: never.
std::vector<TfaFit> detrend_tile(std::span<float> mag, std::span<QualityBits> quality,
                                 std::span<const TfaStar> stars, const TemplateSet& templates,
                                 const TfaConfig& config);

/// The same for one star. Collective: no. Throws: never.
TfaFit detrend_star(std::span<float> mag, std::span<QualityBits> quality, std::int64_t star_row,
                    SkyPoint at, const TemplateSet& templates,
                    std::span<const std::uint8_t> excluded, const TfaConfig& config,
                    std::span<const std::vector<double>> signals = {});

/// Columns whose combination is any signal of this period that is constant within each of `n_bin`
/// bins of phase, [bin][time]: for a period that is known and a shape that is not. Fitted together
/// with the templates they are what the iteration of Kovács et al. 2005, section 5, converges to.
/// Bins without a point are left out. Collective: no. Throws: never.
std::vector<std::vector<double>> phase_bin_columns(std::span<const double> time_d, double period_d,
                                                   int n_bin);

}  // namespace skyweft::lc

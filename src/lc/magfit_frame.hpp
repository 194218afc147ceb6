// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "lc/magfit.hpp"
#include "lc/magfit_terms.hpp"

namespace skyweft::lc {

/// Fits the apertures of one frame: terms depend on places and stars, not on magnitudes, and are
/// evaluated once.
///
/// The weighted least squares of autowisp.md 2.4 by normal equations over scaled terms: rows are
/// multiplied by 1/(error + noise_offset); points further off than `reject` average residuals leave
/// the sums and never come back. Where a pivot says that the terms may be dependent, the solution
/// is that of core/lsq.hpp over the scaled terms: minimum norm.
class FrameFitter {
 public:
  /// All spans [star]; they, `model` and `config` outlive this. `stars` as for fit_frame().
  /// Throws Error{bad_config} for an unknown variable, or for more than 64 values of the split.
  FrameFitter(std::span<const float> x_px, std::span<const float> y_px, NamedColumns stars,
              std::span<const double> star_mag, const MagfitModel& model,
              const MagfitConfig& config);

  /// One aperture. Collective: no. Throws Error{bad_config} for an unknown variable.
  FrameFit fit(const FrameSlice& frame, const Reference& reference);

 private:
  PartFit fit_part(std::span<const std::uint8_t> is_in, double split);
  std::optional<PartFit> fit_level(std::size_t level, std::span<const std::uint8_t> is_in);
  const ScaledTerms& terms_of(std::size_t level);

  const MagfitModel& model_;
  const MagfitConfig& config_;
  std::span<const double> star_mag_;
  std::int64_t n_star_;
  std::vector<double> x_;
  std::vector<double> y_;
  NamedColumns columns_;
  std::vector<std::optional<ScaledTerms>> terms_;  // [level], made when first used
  std::vector<double> split_;                      // [star]; empty: not split
  std::vector<double> split_values_;               // ascending
  // Of the fit at work, [whole blocks of stars].
  std::vector<double> target_;
  std::vector<double> full_weight_;
  std::vector<double> weight_;
  std::vector<double> residual_;
};

/// Whether a point may take part in fits. Collective: no. Throws: never.
bool is_fit_point(const FrameSlice& frame, std::size_t i_star, const MagfitConfig& config);

/// The values of the split of all points, ascending. Throws Error{bad_config} for more than 64.
std::vector<double> split_values(std::span<const double> split);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <tuple>
#include <vector>

#include "core/fields.hpp"
#include "data/flags.hpp"

namespace skyweft::lc {

struct SysremConfig {
  int effects = 4;
  int max_stars = 2000;
  double min_points = 0.5;
  double scatter_excess = 4.0;
  double tolerance = 1e-4;
  int max_rounds = 100;
  double reject = 5.0;
  static constexpr auto fields() {
    using C = SysremConfig;
    return std::tuple{
        field("effects", &C::effects, "", "systematic effects that are found and removed",
              between(1, 50)),
        field("max_stars", &C::max_stars, "stars",
              "the effects are found from this many of the brightest quiet stars", at_least(3)),
        field("min_points", &C::min_points, "",
              "a star they are found from was measured in this share of the group's frames",
              fraction),
        field("scatter_excess", &C::scatter_excess, "sigma",
              "and lies below the scatter fit plus this", positive),
        field("tolerance", &C::tolerance, "",
              "an effect is found when a round changes it by less than this share", positive),
        field("max_rounds", &C::max_rounds, "", "rounds per effect at most", at_least(1)),
        field("reject", &C::reject, "sigma", "leave out points that are further off than this",
              positive)};
  }
};

/// What the choice of stars needs to know of one.
struct EffectCandidate {
  double mag = 0.0;
  double scatter_mag = 0.0;
  std::int64_t n_points = 0;
  bool is_barred = false;  ///< saturated, a target, a known variable
};

/// The stars that effects are found from: measured in min_points of `n_frame`, quiet for their
/// magnitude, of these the max_stars brightest; rows ascend. Collective: no. Throws: never.
std::vector<std::int64_t> choose_effect_stars(std::span<const EffectCandidate> stars,
                                              std::int64_t n_frame, const SysremConfig& config);

/// Some stars over the frames of one group. A missing point has residual and weight 0.
struct ResidualBlock {
  std::int64_t n_star = 0;
  std::int64_t n_frame = 0;
  std::vector<float> residual_mag;  ///< [star][frame] from the star's weighted mean
  std::vector<float> weight;        ///< [star][frame] 1/σ², mag⁻²
};

/// Appends a star to a block. Its weights are 1/(err² + s²), where s² is what the star's scatter
/// has over its median error, so that bright and restless stars do not rule; points further than
/// `reject` times 1.4826 MAD from the median get none, nor does a star whose scatter and errors
/// are 0 or missing. Collective: no. Throws: never.
void add_star(ResidualBlock& block, std::span<const float> mag, std::span<const float> mag_err,
              const SysremConfig& config);

/// One round for some stars: each one's coefficient given the effect,
/// c_i = Σ_j r_ij a_j w_ij / Σ_j a_j² w_ij, then their parts of the sums the next effect is made
/// of, added to `sums` [2][frame]: Σ_i r_ij c_i w_ij and Σ_i c_i² w_ij (Tamuz, Mazeh & Zucker 2005,
/// equations 2 and 4). Collective: no. Throws: never.
void add_effect_sums(const ResidualBlock& block, std::span<const double> effect,
                     std::span<double> sums);

/// The same with given coefficients [star]. Collective: no. Throws: never.
void add_effect_sums_of(const ResidualBlock& block, std::span<const double> coefficient,
                        std::span<double> sums);

/// c_i given the effect; 0 for a star without weight. Collective: no. Throws: never.
std::vector<double> coefficients_of(const ResidualBlock& block, std::span<const double> effect);

/// Takes c_i a_j off a block's residuals, c_i given the effect; returns the c_i. Collective: no.
/// Throws: never.
std::vector<double> subtract_effect(ResidualBlock& block, std::span<const double> effect);

/// Gives back what subtract_effect() took. Collective: no. Throws: never.
void restore_effect(ResidualBlock& block, std::span<const double> coefficient,
                    std::span<const double> effect);

/// The effect that sums make: their quotient, 0 where no star has weight. Collective: no. Throws:
/// never.
std::vector<double> effect_of(std::span<const double> sums);

/// A start that no effect is orthogonal to: the effect of coefficients that are the fractional
/// parts of multiples of the golden ratio, numbered from `first_star` on.
void add_start_sums(const ResidualBlock& block, std::int64_t first_star, std::span<double> sums);

struct FoundEffect {
  std::vector<double> effect;  ///< [frame] of rms 1; NaN in frames without a star
  int rounds = 0;
  bool converged = false;
};

/// What the search asks of the stars, wherever they are kept; effects are numbered from 0 and 0
/// where they are NaN otherwise.
struct EffectStars {
  /// The sums of add_effect_sums() over all stars; those of add_start_sums() for an empty effect.
  /// May add over ranks, in any way that does not depend on them.
  std::function<std::vector<double>(std::span<const double> effect)> sums;
  std::function<void(std::size_t i_effect, std::span<const double> effect)> subtract;
  std::function<void(std::size_t i_effect, std::span<const double> effect)> restore;
};

/// How many effects `n_star` stars can tell: at most the configured number and (n_star − 1)/2.
std::int64_t countable_effects(std::int64_t n_star, const SysremConfig& config);

/// Finds up to `n_effect` effects: one after the other, strongest first, each iterated to
/// convergence and taken off; then all together, sweep by sweep, each once more with the others
/// taken off until no effect changes, since with missing points and unequal weights what is found
/// one after the other is not the best. Fewer where nothing is left. Collective: as `stars` is.
/// Throws: what `stars` throws.
std::vector<FoundEffect> find_effects(const EffectStars& stars, std::int64_t n_effect,
                                      const SysremConfig& config);

/// The countable effects of one block; the block ends without them. Collective: no. Throws: never.
std::vector<FoundEffect> find_effects(ResidualBlock& block, const SysremConfig& config);

/// Effects of one group and aperture.
struct EffectSet {
  std::int64_t n_effect = 0;
  std::int64_t n_frame = 0;
  std::vector<double> values;  ///< [effect][frame]; NaN in frames without a star
  std::span<const double> of(std::int64_t i) const {
    return {values.data() + i * n_frame, static_cast<std::size_t>(n_frame)};
  }
};

struct EffectFit {
  std::vector<double> coefficient;  ///< [effect]; empty: not fitted
  std::int64_t n_used = 0;
};

/// Takes the effects off one star in place, all of them fitted together with the star's mean (which
/// stays) and with `signals` [column][frame], which stay too. `weight` as add_star() makes it,
/// [frame]. Points with `excluded` (or []) set are corrected but not fitted; so are those rejected,
/// further off than `reject` times 1.4826 MAD of the residuals. A frame without an effect keeps its
/// magnitude and is flagged tfa_not_fitted; so does all of a star with fewer than twice as many
/// points as coefficients. Collective: no. Throws: never.
EffectFit remove_effects(std::span<float> mag, std::span<const float> weight,
                         std::span<QualityBits> quality, const EffectSet& effects,
                         std::span<const std::uint8_t> excluded,
                         const std::vector<std::vector<double>>& signals,
                         const SysremConfig& config);

/// Coefficients of `columns` [column][frame] that fit `target` [frame] best under `weight`; columns
/// that add nothing to the others get the least norm. Points of weight 0 take no part. Collective:
/// no. Throws: never.
std::vector<double> fit_columns(std::span<const double> target, std::span<const double> weight,
                                std::span<const std::vector<double>> columns);

}  // namespace skyweft::lc

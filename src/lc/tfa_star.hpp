// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "lc/tfa.hpp"
#include "lc/tfa_system.hpp"

namespace skyweft::lc {

/// One star on its way through the rounds of fitting and rejecting.
class StarInWork {
 public:
  /// Finds the points and templates that take part. `mag` and `quality` [frame] must outlive it.
  StarInWork(std::span<const float> mag, std::span<const QualityBits> quality, const TfaStar& star,
             const TemplateSet& templates, const TfaConfig& config);

  bool is_fitted() const noexcept { return fit_.outcome == TfaOutcome::fitted; }
  const TfaFit& fit() const noexcept { return fit_; }

  /// mag − mean of the points first used, at frames [first, first + n); 0 where not used.
  void used_values(std::int64_t first, std::int64_t n, double* out) const;
  /// Σ q·value over used points, from one product for many stars.
  void set_right(const double* right, Eigen::Index n) {
    right_ = Eigen::Map<const Eigen::VectorXd>{right, n};
  }

  /// The systems of this round, solved in place by others; then coefficients() can be had.
  void add_systems(std::vector<StarSystem>& systems);
  /// Takes as many solved systems as were added.
  void take_systems(std::span<StarSystem> systems);
  const Eigen::VectorXd& coefficients() const noexcept { return coefficients_; }

  /// Keeps the residuals of frames [first, first + n) from the templates' model there.
  void take_model(std::int64_t first, std::int64_t n, const double* model, float* residual);
  /// After all frames: sets rms_mag, and rejects points. True when points were rejected and another
  /// round is needed.
  bool reject(std::span<const float> residual);
  /// The corrected magnitudes, after the last round.
  void finish(std::span<const float> residual, std::span<float> mag);

 private:
  std::int64_t n_frame() const noexcept { return templates_.n_frame; }
  double value(std::int64_t frame) const {
    return static_cast<double>(mag_[static_cast<std::size_t>(frame)]) - centre_mag_;
  }
  void constrain();
  Eigen::VectorXd constrained(const Eigen::VectorXd& solution, const Eigen::MatrixXd& images) const;
  void fit_signals(const std::vector<Eigen::VectorXd>& along_signals);
  double signal_at(std::size_t frame) const;
  std::int64_t n_parameter() const;

  std::span<const float> mag_;
  const TfaStar& star_;
  const TemplateSet& templates_;
  const TfaConfig& config_;
  std::vector<std::uint8_t> is_used_;
  UsedPoints points_;
  UsedPoints all_points_;  // what a classic fit takes for its normal equations
  double centre_mag_ = 0.0;
  Eigen::MatrixXd constraints_;                 // [direction][k]
  Eigen::VectorXd right_;                       // Qᵀy
  std::vector<Eigen::VectorXd> signal_right_;   // Qᵀs over the used points
  std::vector<Eigen::VectorXd> unconstrained_;  // A⁻¹h, where to begin in the next round
  Eigen::VectorXd coefficients_;
  double model_sum_ = 0.0;      // over the used points
  double residual_sum2_ = 0.0;  // the same, about templates and signal
  TfaFit fit_;
};

}  // namespace skyweft::lc

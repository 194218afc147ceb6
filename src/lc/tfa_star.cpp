// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa_star.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "lc/tfa_rows.hpp"

namespace skyweft::lc {
namespace {

using Index = Eigen::Index;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Not bleed, edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is
// itself spoilt is NaN or an outlier.
constexpr QualityBits kUnfit = quality::saturated | quality::manual_veto | quality::not_measured;

/// The terms (1 + template) that must not be fitted to the star.
std::vector<Index> barred_terms(const TfaStar& star, const TemplateSet& templates,
                                double radius_arcsec) {
  const double radius_deg = radius_arcsec / 3600.0;
  std::vector<Index> out;
  for (std::size_t j = 0; j < templates.star_row.size(); ++j) {
    const double dxi = templates.at[j].xi_deg - star.at.xi_deg;
    const double deta = templates.at[j].eta_deg - star.at.eta_deg;
    if (templates.star_row[j] == star.row || dxi * dxi + deta * deta <= radius_deg * radius_deg)
      out.push_back(static_cast<Index>(j) + 1);
  }
  return out;
}

}  // namespace

StarInWork::StarInWork(std::span<const float> mag, std::span<const QualityBits> quality,
                       const TfaStar& star, const TemplateSet& templates, const TfaConfig& config)
    : mag_(mag), star_(star), templates_(templates), config_(config), is_used_(mag.size(), 0) {
  double sum = find_used(mag, quality, kUnfit, is_used_.data());
  for (std::size_t i = 0; i < star.excluded.size(); ++i) {
    if (star.excluded[i] == 0 || is_used_[i] == 0) continue;
    is_used_[i] = 0;
    sum -= static_cast<double>(mag[i]);
  }
  points_ = list_points(is_used_);
  const std::int64_t n = points_.n_used;
  if (n > 0) centre_mag_ = sum / static_cast<double>(n);
  fit_.expected_loss = kNaN;
  fit_.event_loss = kNaN;
  constrain();
  if (fit_.n_template == 0)
    fit_.outcome = TfaOutcome::no_template;
  else if (n < 2 * n_parameter())
    fit_.outcome = TfaOutcome::too_few_points;
  else
    fit_.outcome = TfaOutcome::fitted;
}

std::int64_t StarInWork::n_parameter() const {
  return templates_.rank - constraints_.cols() + static_cast<std::int64_t>(star_.signals.size());
}

/// A barred term may not be part of the model: the coefficients of the basis are orthogonal to the
/// term's row of to_term. Where a dropped term stays, directions it needs are left free.
void StarInWork::constrain() {
  const std::vector<Index> barred = barred_terms(star_, templates_, config_.exclude_radius_arcsec);
  fit_.n_template = templates_.n_template() - static_cast<std::int64_t>(barred.size());
  std::vector<Index> kept;  // barred terms that are not dropped
  for (const Index term : barred)
    if (templates_.to_term.row(term).squaredNorm() > 0.0) kept.push_back(term);
  constraints_.resize(templates_.basis.rows(), static_cast<Index>(kept.size()));
  for (std::size_t k = 0; k < kept.size(); ++k)
    constraints_.col(static_cast<Index>(k)) =
        templates_.to_term.row(kept[k]).transpose().normalized();
  if (kept.empty() || templates_.dropped.empty()) return;
  std::vector<Index> stays;
  for (std::size_t d = 0; d < templates_.dropped.size(); ++d)
    if (!std::ranges::binary_search(barred, templates_.dropped[d]))
      stays.push_back(static_cast<Index>(d));
  const Eigen::MatrixXd needed =
      constraints_.transpose() * templates_.of_dropped(Eigen::all, stays);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd{needed, Eigen::ComputeFullU};
  Index n_needed = 0;
  while (n_needed < svd.singularValues().size() && svd.singularValues()[n_needed] > 1e-6)
    ++n_needed;
  constraints_ = (constraints_ * svd.matrixU().rightCols(constraints_.cols() - n_needed)).eval();
}

void StarInWork::used_values(std::int64_t first, std::int64_t n, double* out) const {
  const auto at = static_cast<std::size_t>(first);
  centre_used(mag_.subspan(at, static_cast<std::size_t>(n)), is_used_.data() + at, centre_mag_,
              out);
}

void StarInWork::add_systems(std::vector<StarSystem>& systems) {
  const std::size_t n_signal = star_.signals.size();
  signal_right_.assign(n_signal, Eigen::VectorXd::Zero(templates_.basis.rows()));
  for (std::size_t k = 0; k < n_signal; ++k)
    for (std::size_t i = 0; i < is_used_.size(); ++i)
      if (is_used_[i] != 0)
        signal_right_[k] += star_.signals[k][i] * templates_.basis.col(static_cast<Index>(i));
  const auto begin = [&](std::size_t k) {
    return k < unconstrained_.size() ? unconstrained_[k] : Eigen::VectorXd{};
  };
  std::size_t k = 0;
  const auto add = [&](const Eigen::VectorXd& right) {
    systems.push_back({.points = templates_.is_classic ? &all_points_ : &points_,
                       .right = right,
                       .x = begin(k++)});
  };
  add(right_);
  for (Index c = 0; c < constraints_.cols(); ++c) add(constraints_.col(c));
  for (const Eigen::VectorXd& right : signal_right_) add(right);
}

/// Takes what violates the constraints out of a solution: x − Z·(EᵀZ)⁻¹·Eᵀx with Z = A⁻¹E.
Eigen::VectorXd StarInWork::constrained(const Eigen::VectorXd& solution,
                                        const Eigen::MatrixXd& images) const {
  if (constraints_.cols() == 0) return solution;
  const Eigen::MatrixXd schur = constraints_.transpose() * images;
  const Eigen::VectorXd violated = constraints_.transpose() * solution;
  return solution - images * schur.ldlt().solve(violated);
}

void StarInWork::take_systems(std::span<StarSystem> systems) {
  unconstrained_.clear();
  for (StarSystem& system : systems) unconstrained_.push_back(std::move(system.x));
  const std::size_t n_constraint = static_cast<std::size_t>(constraints_.cols());
  std::vector<Eigen::VectorXd> along_signals;
  fit_.rank = templates_.rank - constraints_.cols();
  if (std::ranges::all_of(systems, &StarSystem::is_solved)) {
    Eigen::MatrixXd images(constraints_.rows(), constraints_.cols());
    for (std::size_t c = 0; c < n_constraint; ++c)
      images.col(static_cast<Index>(c)) = unconstrained_[1 + c];
    coefficients_ = constrained(unconstrained_[0], images);
    for (std::size_t k = 1 + n_constraint; k < unconstrained_.size(); ++k)
      along_signals.push_back(constrained(unconstrained_[k], images));
  } else {
    unconstrained_.clear();
    const StarFactor factor{templates_, points_, constraints_};
    fit_.rank = factor.rank();
    coefficients_ = factor.solve(right_);
    for (const Eigen::VectorXd& right : signal_right_) along_signals.push_back(factor.solve(right));
  }
  if (!star_.signals.empty()) fit_signals(along_signals);
  model_sum_ = 0.0;
  residual_sum2_ = 0.0;
}

/// Amplitudes from what the templates leave of signals and star.
void StarInWork::fit_signals(const std::vector<Eigen::VectorXd>& along_signals) {
  // Of a signal's square: what templates leave of it must not be rounding alone.
  constexpr double kLeastLeft = 1e-8;
  const auto n = static_cast<Index>(star_.signals.size());
  Eigen::MatrixXd left(n, n);
  Eigen::VectorXd right(n);
  Eigen::VectorXd scale(n);
  for (Index k = 0; k < n; ++k) {
    const auto& signal = star_.signals[static_cast<std::size_t>(k)];
    double with_star = 0.0;
    for (std::size_t i = 0; i < is_used_.size(); ++i)
      if (is_used_[i] != 0) with_star += signal[i] * value(static_cast<std::int64_t>(i));
    const auto& signal_right = signal_right_[static_cast<std::size_t>(k)];
    right[k] = with_star - signal_right.dot(coefficients_);
    for (Index j = 0; j <= k; ++j) {
      const auto& other = star_.signals[static_cast<std::size_t>(j)];
      double both = 0.0;
      for (std::size_t i = 0; i < is_used_.size(); ++i)
        if (is_used_[i] != 0) both += signal[i] * other[i];
      if (j == k) scale[k] = both > 0.0 ? 1.0 / std::sqrt(both) : 0.0;
      left(k, j) = both - signal_right.dot(along_signals[static_cast<std::size_t>(j)]);
    }
  }
  const Eigen::MatrixXd whole = left.selfadjointView<Eigen::Lower>();
  const PivotedCholesky factor =
      pivoted_cholesky(scale.asDiagonal() * whole * scale.asDiagonal(), kLeastLeft);
  const Eigen::VectorXd amplitude = scale.asDiagonal() * factor.solve(scale.asDiagonal() * right);
  fit_.signal_amplitude.assign(amplitude.begin(), amplitude.end());
  fit_.rank += factor.rank();
  for (Index k = 0; k < n; ++k)
    coefficients_ -= amplitude[k] * along_signals[static_cast<std::size_t>(k)];
}

double StarInWork::signal_at(std::size_t frame) const {
  double out = 0.0;
  for (std::size_t k = 0; k < star_.signals.size(); ++k)
    out += fit_.signal_amplitude[k] * star_.signals[k][frame];
  return out;
}

void StarInWork::take_model(std::int64_t first, std::int64_t n, const double* model,
                            float* residual) {
  const auto at = static_cast<std::size_t>(first);
  const ResidualSums sums = residuals_of(mag_.subspan(at, static_cast<std::size_t>(n)),
                                         is_used_.data() + at, centre_mag_, model, residual);
  model_sum_ += sums.model;
  residual_sum2_ += sums.residual2;
}

bool StarInWork::reject(std::span<const float> residual) {
  std::vector<float> about_signal;
  if (!star_.signals.empty()) {
    residual_sum2_ = 0.0;
    about_signal.resize(residual.size());
    for (std::size_t i = 0; i < residual.size(); ++i) {
      const double r = static_cast<double>(residual[i]) - signal_at(i);
      about_signal[i] = static_cast<float>(r);
      if (is_used_[i] != 0) residual_sum2_ += r * r;
    }
    residual = about_signal;
  }
  fit_.n_used = points_.n_used;
  ++fit_.n_round;
  const std::int64_t n_free = std::max<std::int64_t>(1, points_.n_used - fit_.rank);
  fit_.rms_mag = std::sqrt(residual_sum2_ / static_cast<double>(n_free));
  if (fit_.n_round > config_.max_rounds) return false;
  // Below a nanomagnitude there is only rounding.
  const auto limit = static_cast<float>(config_.reject * std::max(fit_.rms_mag, 1e-9));
  std::int64_t n_over = 0;
  for (std::size_t i = 0; i < residual.size(); ++i)
    n_over += (is_used_[i] != 0) & (std::abs(residual[i]) > limit) ? 1 : 0;
  if (n_over == 0 || points_.n_used - n_over < 2 * n_parameter()) return false;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    if (is_used_[i] == 0 || !(std::abs(residual[i]) > limit)) continue;
    is_used_[i] = 0;
    right_ -= value(static_cast<std::int64_t>(i)) * templates_.basis.col(static_cast<Index>(i));
  }
  points_ = list_points(is_used_);
  return true;
}

void StarInWork::finish(std::span<const float> residual, std::span<float> mag) {
  const auto n = static_cast<double>(fit_.n_used);
  const double level = templates_.is_classic ? 0.0 : model_sum_ / n;
  for (std::size_t i = 0; i < mag.size(); ++i)
    mag[i] = static_cast<float>(centre_mag_ + level + static_cast<double>(residual[i]));
  fit_.expected_loss = static_cast<double>(fit_.n_template) / n;
  const double scaled = templates_.event_loss * static_cast<double>(templates_.n_frame) / n;
  fit_.event_loss = scaled > 1.0 ? 1.0 : scaled;
  fit_.in_basis = coefficients_;
}

}  // namespace skyweft::lc

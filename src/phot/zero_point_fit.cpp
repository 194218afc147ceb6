// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/zero_point_fit.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "core/robust.hpp"

namespace skyweft::phot {
namespace {

constexpr int kStartPasses = 3;
constexpr int kHuberRounds = 20;
constexpr int kClipRounds = 30;
constexpr double kFine = 1e-6;         // of s₀², when nothing moves any more
constexpr double kFineAtStart = 1e-3;  // the same from another fit on: only to judge the terms
constexpr double kHuber = 1.345;       // 95 % efficient for Gaussian errors
constexpr double kSingular = 1e-9;     // of the eigenvalues of the scaled normal matrix
constexpr double kFinest_mag = 1e-9;   // residuals below this are rounding

using Rows = std::vector<std::size_t>;

/// s₀² from the median of r²/(σ² + s₀²), which outliers hardly move; to 0.1 % of the variance.
double median_s0_2(const ZeroPointSample& sample, const Rows& rows, const ZeroPointFit& fit) {
  std::vector<double> work(rows.size());
  const auto excess = [&](double s2) {
    for (std::size_t k = 0; k < rows.size(); ++k)
      work[k] =
          fit.left[rows[k]] * fit.left[rows[k]] / (s2 < 0.0 ? 1.0 : sample.err2[rows[k]] + s2);
    return kMadToSigma * kMadToSigma * median_in_place(std::span{work});
  };
  if (excess(0.0) <= 1.0) return 0.0;
  double low = 0.0;
  double high = excess(-1.0);  // as if there were no other errors
  const double fine = 1e-3 * high;
  while (high - low > fine) {
    const double middle = 0.5 * (low + high);
    (excess(middle) > 1.0 ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// s₀² for which Σ r²/(σ² + s₀²) is `freedom`, by Newton's method: the sum falls and is convex. To
/// `fine` of itself.
double moment_s0_2(const ZeroPointSample& sample, const ZeroPointFit& fit, double freedom,
                   double fine) {
  double s2 = fit.s0_2;
  for (int round = 0; round < 100; ++round) {
    double sum = -freedom;
    double slope = 0.0;
    for (const std::size_t i : fit.kept) {
      const double w = 1.0 / (sample.err2[i] + s2);
      const double z2 = fit.left[i] * fit.left[i] * w;
      sum += z2;
      slope -= z2 * w;
    }
    if (!(slope < 0.0)) return 0.0;
    const double next = std::max(0.0, s2 - sum / slope);
    const bool is_still = std::abs(next - s2) <= fine * s2;
    s2 = next;
    if (is_still) break;
  }
  return s2;
}

}  // namespace

Eigen::VectorXd zero_point_terms(const ZeroPointOrders& orders, double colour, double u, double v) {
  Eigen::VectorXd out(orders.n_terms());
  Eigen::Index k = 0;
  out[k++] = 1.0;
  if (orders.colour > 0) out[k++] = colour;
  if (orders.colour > 1) out[k++] = colour * colour;
  if (orders.position > 0) {
    out[k++] = u;
    out[k++] = v;
  }
  if (orders.position > 1) {
    out[k++] = u * u;
    out[k++] = u * v;
    out[k++] = v * v;
  }
  return out;
}

ZeroPointFitter::ZeroPointFitter(const ZeroPointSample& sample, const ZeroPointOrders& orders)
    : sample_(sample), n_term_(static_cast<std::size_t>(orders.n_terms())) {
  design_.reserve(n_term_ * sample.size());
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const auto terms = zero_point_terms(orders, sample.colour[i], sample.u[i], sample.v[i]);
    design_.insert(design_.end(), terms.begin(), terms.end());
  }
}

/// Least squares of `rows`, `weight` as in them; false when they do not determine the terms.
bool ZeroPointFitter::solve(const Rows& rows, const std::vector<double>& weight,
                            ZeroPointFit& fit) const {
  const auto m = static_cast<Eigen::Index>(n_term_);
  std::vector<double> normal(n_term_ * n_term_);
  std::vector<double> right(n_term_);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const double* x = design_.data() + rows[k] * n_term_;
    for (std::size_t a = 0; a < n_term_; ++a) {
      const double wx = weight[k] * x[a];
      for (std::size_t b = 0; b <= a; ++b) normal[a * n_term_ + b] += wx * x[b];
      right[a] += wx * sample_.y[rows[k]];
    }
  }
  Eigen::MatrixXd full(m, m);
  for (Eigen::Index a = 0; a < m; ++a)
    for (Eigen::Index b = 0; b <= a; ++b)
      full(a, b) = full(b, a) = normal[static_cast<std::size_t>(a * m + b)];
  if (!(full.diagonal().array() > 0.0).all()) return false;
  const Eigen::VectorXd scale = full.diagonal().array().rsqrt().matrix();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scale.asDiagonal() * full *
                                                             scale.asDiagonal());
  if (eigen.info() != Eigen::Success || !(eigen.eigenvalues()[0] > kSingular)) return false;
  const Eigen::MatrixXd axes = scale.asDiagonal() * eigen.eigenvectors();
  fit.covariance = axes * eigen.eigenvalues().cwiseInverse().asDiagonal() * axes.transpose();
  fit.coefficient = fit.covariance * Eigen::Map<const Eigen::VectorXd>(right.data(), m);
  fit.left.resize(sample_.size());
  for (std::size_t i = 0; i < sample_.size(); ++i) {
    double model = 0.0;
    for (std::size_t a = 0; a < n_term_; ++a)
      model += design_[i * n_term_ + a] * fit.coefficient[static_cast<Eigen::Index>(a)];
    fit.left[i] = sample_.y[i] - model;
  }
  return true;
}

/// Huber's fit, at first with equal errors, so that no bright outlier leads.
bool ZeroPointFitter::start(const Rows& rows, ZeroPointFit& fit) const {
  std::vector<double> base(rows.size(), 1.0);  // 1/√variance
  std::vector<double> weight(rows.size());
  std::vector<double> z(rows.size());
  for (int pass = 0; pass < kStartPasses; ++pass) {
    for (std::size_t k = 0; k < rows.size(); ++k) weight[k] = base[k] * base[k];
    Eigen::VectorXd before;
    for (int round = 0; round < kHuberRounds; ++round) {
      if (!solve(rows, weight, fit)) return false;
      if (round > 0 && (fit.coefficient - before).cwiseAbs().maxCoeff() <
                           1e-2 * std::sqrt(fit.covariance.diagonal().minCoeff()))
        break;
      before = fit.coefficient;
      for (std::size_t k = 0; k < rows.size(); ++k) z[k] = std::abs(fit.left[rows[k]]) * base[k];
      const double bend = kHuber * std::max(kMadToSigma * median_in_place(std::span{z}), 1e-12);
      for (std::size_t k = 0; k < rows.size(); ++k) {
        const double size = std::max(std::abs(fit.left[rows[k]]), kFinest_mag) * base[k];
        weight[k] = base[k] * base[k] * std::min(1.0, bend / size);
      }
    }
    fit.s0_2 = median_s0_2(sample_, rows, fit);
    for (std::size_t k = 0; k < rows.size(); ++k)
      base[k] = 1.0 / std::sqrt(sample_.err2[rows[k]] + fit.s0_2);
  }
  return true;
}

std::optional<ZeroPointFit> ZeroPointFitter::fit(const Rows& rows, double clip_sigma,
                                                 const ZeroPointFit* start_at) const {
  if (rows.size() <= n_term_) return std::nullopt;
  ZeroPointFit fit;
  if (start_at != nullptr) {
    fit = *start_at;
    fit.kept.clear();
  } else if (!start(rows, fit)) {
    return std::nullopt;
  }
  const double fine = start_at != nullptr ? kFineAtStart : kFine;
  const double clip2 = clip_sigma * clip_sigma;
  std::vector<double> weight;
  for (int round = 0; round < kClipRounds; ++round) {
    Rows kept;
    weight.clear();
    for (const std::size_t i : rows) {
      const double variance = sample_.err2[i] + fit.s0_2;
      if (fit.left[i] * fit.left[i] > clip2 * variance) continue;
      kept.push_back(i);
      weight.push_back(1.0 / variance);
    }
    if (kept.size() <= n_term_ || !solve(kept, weight, fit)) return std::nullopt;
    const double before = fit.s0_2;
    const bool is_same = kept == fit.kept;
    fit.kept = std::move(kept);
    fit.s0_2 =
        moment_s0_2(sample_, fit, static_cast<double>(fit.kept.size() - n_term_), 0.1 * fine);
    if (is_same && std::abs(fit.s0_2 - before) <= fine * before) break;
  }
  return fit;
}

}  // namespace skyweft::phot

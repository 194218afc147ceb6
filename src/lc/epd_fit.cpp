// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/robust.hpp"
#include "lc/exact_median.hpp"
#include "lc/small_solver.hpp"

namespace skyweft::lc {
namespace {

// Magnitudes are floats: what they scatter by rounding alone is never rejected.
constexpr double kLeastRms_mag = 1e-6;
// Below this share of a sum of squares, what remains after subtraction has lost too many digits.
constexpr double kLeastShare = 1e-6;
constexpr double kHuberBound = 1.345;  // 95 % efficient for Gaussian noise (Huber 1981)
constexpr double kHuberStop = 1e-4;
constexpr int kHuberRounds = 100;

/// Means and deviations of the terms at the beginning of a fit.
struct Standard {
  Eigen::VectorXd mean;
  Eigen::VectorXd sigma;           ///< of the terms in use
  std::vector<Eigen::Index> used;  ///< those that vary
};

Standard standard_of(const EpdDesign& design, const EpdSums& sums) {
  Standard out;
  out.mean = sums.terms / sums.n;
  out.sigma.resize(out.mean.size());
  for (Eigen::Index k = 0; k < out.mean.size(); ++k) {
    const double variance = sums.products(k, k) / sums.n - out.mean[k] * out.mean[k];
    const double sigma = std::sqrt(std::max(variance, 0.0));
    const double mean = design.shift[static_cast<std::size_t>(k)] + out.mean[k];
    if (!(sigma > 1e-12 * (1.0 + std::abs(mean)))) continue;
    out.sigma[static_cast<Eigen::Index>(out.used.size())] = sigma;
    out.used.push_back(k);
  }
  out.sigma.conservativeResize(static_cast<Eigen::Index>(out.used.size()));
  return out;
}

/// The normal equations of the standardised terms, the constant eliminated.
class Normal {
 public:
  Normal(const Standard& standard, const EpdSums& sums, const EpdConfig& config)
      : standard_(standard),
        mean_(sums.terms(standard.used) / sums.n),
        n_(sums.n),
        solver_(matrix(sums), config.ridge, config.singular_cut) {}

  /// Adds to `to` the solution for Σ w x y = `right` and Σ w y = `y`, and returns the coefficients
  /// of the standardised terms.
  Eigen::VectorXd add_solution(const Eigen::VectorXd& right, double y, EpdSolution& to) const {
    const double mean_y = y / n_;
    const Eigen::VectorXd h =
        (right(standard_.used) / n_ - mean_ * mean_y).cwiseQuotient(standard_.sigma);
    const Eigen::VectorXd c = solver_.solve(h);
    to.constant += mean_y;
    to.standardised[0] += mean_y;
    for (Eigen::Index j = 0; j < c.size(); ++j) {
      const auto k = static_cast<std::size_t>(standard_.used[static_cast<std::size_t>(j)]);
      const double slope = c[j] / standard_.sigma[j];
      to.coefficient[k] += slope;
      to.constant -= slope * mean_[j];
      to.standardised[k + 1] += c[j];
      to.standardised[0] += slope * (standard_.mean[static_cast<Eigen::Index>(k)] - mean_[j]);
    }
    to.n_dropped = solver_.n_dropped();
    return c;
  }

 private:
  Eigen::MatrixXd matrix(const EpdSums& sums) const {
    Eigen::MatrixXd c = sums.products(standard_.used, standard_.used) / n_;
    c.noalias() -= mean_ * mean_.transpose();
    const Eigen::VectorXd inverse = standard_.sigma.cwiseInverse();
    return inverse.asDiagonal() * c * inverse.asDiagonal();
  }

  const Standard& standard_;
  Eigen::VectorXd mean_;
  double n_;
  SmallSolver solver_;
};

EpdSolution no_solution(const EpdDesign& design) {
  EpdSolution out;
  out.coefficient.assign(static_cast<std::size_t>(design.x.n_padded()), 0.0);
  out.standardised.assign(static_cast<std::size_t>(design.x.n_column) + 1, 0.0);
  return out;
}

std::vector<std::int32_t> points_with_weight(std::span<const double> weight) {
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < weight.size(); ++i)
    if (weight[i] > 0.0) out.push_back(static_cast<std::int32_t>(i));
  return out;
}

/// Takes rejected points out; sums anew where too little would be left to have its digits.
void reject(EpdSums& sums, Eigen::VectorXd& summed, const EpdDesign& design,
            std::span<const std::int32_t> rejected, std::span<double> y, std::span<double> weight) {
  take_out(sums, sums_over(design, rejected, weight, y));
  for (const std::int32_t i : rejected) {
    weight[static_cast<std::size_t>(i)] = 0.0;
    y[static_cast<std::size_t>(i)] = 0.0;
  }
  if ((sums.products.diagonal().array() >= kLeastShare * summed.array()).all()) return;
  sums = sums_over(design, points_with_weight(weight), weight, y);
  summed = sums.products.diagonal();
}

EpdSolution fit_with_clipping(const EpdDesign& design, EpdSums& sums, const Standard& standard,
                              std::span<double> y, std::span<double> weight, double n_needed,
                              const EpdConfig& config, std::span<double> model) {
  Eigen::VectorXd summed = sums.products.diagonal();
  auto n_used =
      static_cast<std::int64_t>(std::ranges::count_if(weight, [](double w) { return w > 0.0; }));
  std::vector<std::int32_t> rejected;
  for (int round = 0;; ++round) {
    EpdSolution out = no_solution(design);
    Normal{standard, sums, config}.add_solution(sums.right, sums.y, out);
    const ResidualSums left =
        evaluate_model(design.x, out.constant, out.coefficient, y, weight, model);
    out.n_used = n_used;
    out.rms_mag = std::sqrt(left.weighted_squares / sums.n);
    const double limit = config.reject * std::max(out.rms_mag, kLeastRms_mag);
    if (round >= config.max_rounds || left.greatest <= limit) return out;
    rejected.clear();
    for (std::size_t i = 0; i < y.size(); ++i)
      if (weight[i] > 0.0 && std::abs(y[i] - model[i]) > limit)
        rejected.push_back(static_cast<std::int32_t>(i));
    const auto n_left = n_used - static_cast<std::int64_t>(rejected.size());
    if (static_cast<double>(n_left) < n_needed) return out;
    n_used = n_left;
    reject(sums, summed, design, rejected, y, weight);
  }
}

EpdSolution fit_with_huber(const EpdDesign& design, const EpdSums& sums, const Standard& standard,
                           std::span<const double> y, std::span<const double> weight,
                           const EpdConfig& config, std::span<double> model,
                           std::vector<double>& scratch) {
  const Normal normal{standard, sums, config};
  EpdSolution out = no_solution(design);
  normal.add_solution(sums.right, sums.y, out);
  const std::vector<std::int32_t> points = points_with_weight(weight);
  out.n_used = static_cast<std::int64_t>(points.size());
  std::vector<double> sizes(points.size());
  AlignedDoubles bounded;
  bounded.assign(design.x.n_point(), 0.0);
  GramSums gram{design.x.n_column, 1};
  for (int round = 0;; ++round) {
    const ResidualSums left =
        evaluate_model(design.x, out.constant, out.coefficient, y, weight, model);
    out.rms_mag = std::sqrt(left.weighted_squares / sums.n);
    for (std::size_t j = 0; j < points.size(); ++j) {
      const auto i = static_cast<std::size_t>(points[j]);
      sizes[j] = std::abs(y[i] - model[i]) * std::sqrt(weight[i]);
    }
    const double scale = std::max(kMadToSigma * exact_median(sizes, scratch), kLeastRms_mag);
    if (round == kHuberRounds) return out;
    double sum = 0.0;
    for (const std::int32_t point : points) {
      const auto i = static_cast<std::size_t>(point);
      const double limit = kHuberBound * scale / std::sqrt(weight[i]);
      bounded.data()[i] = weight[i] * std::clamp(y[i] - model[i], -limit, limit);
      sum += bounded.data()[i];
    }
    gram.clear();
    for (std::int64_t b = 0; b < design.x.n_block; ++b) {
      const double* right = bounded.data() + b * kBlockPoints;
      gram.add_right(design.x.block(b), {&right, 1});
    }
    const Eigen::VectorXd moved = normal.add_solution(gram.rights().col(0), sum, out);
    const double most = moved.size() == 0 ? 0.0 : moved.cwiseAbs().maxCoeff();
    if (std::max(most, std::abs(sum / sums.n)) <= kHuberStop * scale) {
      evaluate_model(design.x, out.constant, out.coefficient, y, weight, model);
      return out;
    }
  }
}

}  // namespace

EpdSums sums_over(const EpdDesign& design, std::span<const std::int32_t> points,
                  std::span<const double> weight, std::span<const double> y) {
  const BlockedColumns& x = design.x;
  GramSums gram{x.n_column, 2};
  AlignedDoubles gathered;
  EpdSums out;
  const auto width = static_cast<std::size_t>(kBlockPoints);
  for (std::size_t first = 0; first < points.size(); first += width) {
    const auto part = points.subspan(first, std::min(width, points.size() - first));
    gathered.assign(x.n_padded() * kBlockPoints, 0.0);
    std::array<double, kBlockPoints> root{};
    std::array<double, kBlockPoints> right{};
    for (std::size_t j = 0; j < part.size(); ++j) {
      const auto i = static_cast<std::size_t>(part[j]);
      root[j] = std::sqrt(weight[i]);
      right[j] = root[j] * y[i];
      out.n += weight[i];
      out.y += weight[i] * y[i];
      const double* from = x.block(part[j] / kBlockPoints) + part[j] % kBlockPoints;
      double* to = gathered.data() + j;
      for (std::int64_t k = 0; k < x.n_column; ++k)
        to[k * kBlockPoints] = root[j] * from[k * kBlockPoints];
    }
    gram.add_products(gathered.data());
    const std::array<const double*, 2> rights{root.data(), right.data()};
    gram.add_right(gathered.data(), rights);
  }
  out.products = gram.products();
  const Eigen::MatrixXd both = gram.rights();
  out.terms = both.col(0);
  out.right = both.col(1);
  return out;
}

void take_out(EpdSums& from, const EpdSums& less) {
  from.n -= less.n;
  from.y -= less.y;
  from.terms -= less.terms;
  from.right -= less.right;
  from.products -= less.products;
}

EpdSolution fit_terms(const EpdDesign& design, EpdSums sums, std::span<double> y,
                      std::span<double> weight, double n_needed, const EpdConfig& config,
                      std::span<double> model, std::vector<double>& scratch) {
  const Standard standard = standard_of(design, sums);
  if (config.loss == "huber")
    return fit_with_huber(design, sums, standard, y, weight, config, model, scratch);
  return fit_with_clipping(design, sums, standard, y, weight, n_needed, config, model);
}

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/overscan_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include <Eigen/Dense>

#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

constexpr double kBridge = 1e-6;  // weight of a spline's smoothness against that of one row

/// Functions of the row number: Legendre polynomials, or cubic B-splines on equal intervals.
class Basis {
 public:
  static Basis polynomial(std::size_t n_row, int order) { return {n_row, order + 1, 0}; }
  static Basis spline(std::size_t n_row, int rows_per_knot) {
    const auto n = std::max<std::int64_t>(
        1, std::llround(static_cast<double>(n_row) / static_cast<double>(rows_per_knot)));
    return {n_row, static_cast<int>(n) + 3, static_cast<int>(n)};
  }
  int n_term() const noexcept { return n_term_; }
  bool is_spline() const noexcept { return n_interval_ > 0; }

  /// The values that are not zero, and the term of the first of them.
  std::span<const double> at(std::size_t row, int& first) {
    const double part = n_row_ > 1 ? static_cast<double>(row) / static_cast<double>(n_row_ - 1) : 0;
    first = 0;
    if (!is_spline()) {
      const double x = 2.0 * part - 1.0;
      for (int k = 0; k < n_term_; ++k)
        b_[static_cast<std::size_t>(k)] = std::legendre(static_cast<unsigned>(k), x);
      return {b_.data(), static_cast<std::size_t>(n_term_)};
    }
    first = std::min(static_cast<int>(part * n_interval_), n_interval_ - 1);
    const double u = part * n_interval_ - first;
    const double v = 1.0 - u;
    b_[0] = v * v * v / 6.0;
    b_[1] = (4.0 - 6.0 * u * u + 3.0 * u * u * u) / 6.0;
    b_[2] = (4.0 - 6.0 * v * v + 3.0 * v * v * v) / 6.0;
    b_[3] = u * u * u / 6.0;
    return {b_.data(), 4};
  }

 private:
  Basis(std::size_t n_row, int n_term, int n_interval)
      : n_row_(n_row), n_term_(n_term), n_interval_(n_interval) {}
  std::size_t n_row_;
  int n_term_;
  int n_interval_;
  std::array<double, 16> b_{};
};

/// See the header; not ok with too few rows.
SmoothRows fit_rows(const OverscanRows& rows, Basis basis, const RowClip& clip) {
  const std::size_t n_row = rows.level.size();
  const int m = basis.n_term();
  if (rows.n_measured < static_cast<std::size_t>(2 * m)) return {};
  SmoothRows out{.level = std::vector<double>(n_row),
                 .variance = std::vector<double>(n_row),
                 .kept = std::vector<std::uint8_t>(n_row)};
  const double unit = rows.sigma > 0.0 ? rows.sigma * rows.sigma / rows.n_col : 1.0;
  std::vector<double> weight(n_row, 1.0);
  for (std::size_t k = 0; k < n_row; ++k) {
    out.kept[k] = std::isfinite(rows.level[k]) ? 1 : 0;
    if (out.kept[k] != 0 && rows.variance[k] > 0.0) weight[k] = unit / rows.variance[k];
  }
  const double level = median_of_finite(rows.level);  // the terms then fit differences
  int first = 0;
  for (int round = 0;; ++round) {
    Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(m, m);
    Eigen::VectorXd right = Eigen::VectorXd::Zero(m);
    for (std::size_t k = 0; k < n_row; ++k) {
      if (out.kept[k] == 0) continue;
      const auto b = basis.at(k, first);
      const auto size = static_cast<Eigen::Index>(b.size());
      const Eigen::Map<const Eigen::VectorXd> column(b.data(), size);
      normal.block(first, first, size, size) += weight[k] * column * column.transpose();
      right.segment(first, size) += weight[k] * (rows.level[k] - level) * column;
    }
    for (int j = 0; basis.is_spline() && j + 2 < m; ++j) {
      const Eigen::Vector3d d{1.0, -2.0, 1.0};
      normal.block<3, 3>(j, j) += kBridge * d * d.transpose();
    }
    const Eigen::LDLT<Eigen::MatrixXd> solver(normal);
    const Eigen::VectorXd c = solver.solve(right);
    const Eigen::MatrixXd covariance = solver.solve(Eigen::MatrixXd::Identity(m, m));
    double chi2 = 0.0;
    double about_level = 0.0;
    std::int64_t n = 0;
    for (std::size_t k = 0; k < n_row; ++k) {
      const auto b = basis.at(k, first);
      const auto size = static_cast<Eigen::Index>(b.size());
      const Eigen::Map<const Eigen::VectorXd> column(b.data(), size);
      out.level[k] = level + column.dot(c.segment(first, size));
      out.variance[k] = column.dot(covariance.block(first, first, size, size) * column);
      if (out.kept[k] == 0) continue;
      const double r = rows.level[k] - out.level[k];
      chi2 += weight[k] * r * r;
      about_level += (rows.level[k] - level) * (rows.level[k] - level);
      ++n;
    }
    if (n <= m || solver.info() != Eigen::Success) return {};
    const double scale = chi2 / static_cast<double>(n - m);
    const double limit = clip.sigma * std::sqrt(scale);
    std::int64_t n_dropped = 0;
    for (std::size_t k = 0; k < n_row && round < clip.rounds; ++k) {
      if (out.kept[k] == 0) continue;
      if (!(std::sqrt(weight[k]) * std::abs(rows.level[k] - out.level[k]) > limit)) continue;
      out.kept[k] = 0;
      ++n_dropped;
    }
    if (n_dropped > 0) continue;
    // Inside a gap the covariance grows without sense: no row is worse known than all rows scatter.
    const double worst = about_level / static_cast<double>(n);
    for (double& v : out.variance) v = std::min(v * scale, worst);
    return out;
  }
}

}  // namespace

SmoothRows running_median(const OverscanRows& rows, int window) {
  const auto n = static_cast<std::int64_t>(rows.level.size());
  const std::int64_t half = window / 2;
  SmoothRows out{.level = std::vector<double>(rows.level.size(), kNaN),
                 .variance = std::vector<double>(rows.level.size(), kNaN),
                 .kept = {}};
  std::vector<double> near;
  for (std::int64_t k = 0; k < n; ++k) {
    near.clear();
    double variance = 0.0;
    for (std::int64_t j = std::max<std::int64_t>(k - half, 0); j <= std::min(k + half, n - 1); ++j)
      if (const auto i = static_cast<std::size_t>(j); std::isfinite(rows.level[i])) {
        near.push_back(rows.level[i]);
        variance += rows.variance[i];
      }
    if (near.empty()) continue;
    const auto m = static_cast<double>(near.size());
    out.level[static_cast<std::size_t>(k)] = median_in_place(near);
    out.variance[static_cast<std::size_t>(k)] =
        (m < 3.0 ? 1.0 : kMedianVariance) * variance / (m * m);
  }
  return out;
}

SmoothRows fit_polynomial(const OverscanRows& rows, int order, const RowClip& clip) {
  return fit_rows(rows, Basis::polynomial(rows.level.size(), order), clip);
}

SmoothRows fit_spline(const OverscanRows& rows, int rows_per_knot, const RowClip& clip) {
  return fit_rows(rows, Basis::spline(rows.level.size(), rows_per_knot), clip);
}

double variance_explained(const OverscanRows& rows, const SmoothRows& model) {
  double sum = 0.0;
  double n = 0.0;
  for (std::size_t k = 0; k < rows.level.size(); ++k) {
    if (model.kept[k] == 0) continue;
    sum += rows.level[k];
    n += 1.0;
  }
  double explained = 0.0;
  for (std::size_t k = 0; k < rows.level.size(); ++k) {
    if (model.kept[k] == 0) continue;
    const double constant = rows.level[k] - sum / n;
    const double smooth = rows.level[k] - model.level[k];
    explained += (constant * constant - smooth * smooth) / n;
  }
  return explained;
}

}  // namespace skyweft::calib

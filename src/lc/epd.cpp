// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"

namespace skyweft::lc {
namespace {

// Not bleed, edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is
// itself spoilt is NaN or an outlier.
constexpr QualityBits kUnfit = quality::saturated | quality::manual_veto | quality::not_measured;

/// Zero mean and unit variance over `rows`; constant columns become 0.
void standardise(Eigen::MatrixXd& design, const std::vector<std::uint8_t>& is_used) {
  for (Eigen::Index k = 0; k < design.cols(); ++k) {
    double sum = 0.0;
    double n = 0.0;
    for (Eigen::Index i = 0; i < design.rows(); ++i) {
      if (is_used[static_cast<std::size_t>(i)] == 0) continue;
      sum += design(i, k);
      n += 1.0;
    }
    const double mean = sum / n;
    double sum2 = 0.0;
    for (Eigen::Index i = 0; i < design.rows(); ++i) {
      if (is_used[static_cast<std::size_t>(i)] != 0)
        sum2 += (design(i, k) - mean) * (design(i, k) - mean);
    }
    const double sigma = std::sqrt(sum2 / n);
    if (sigma > 1e-12 * (1.0 + std::abs(mean))) {
      design.col(k) = (design.col(k).array() - mean) / sigma;
    } else {
      design.col(k).setZero();
    }
  }
}

}  // namespace

std::vector<std::uint8_t> event_mask(std::span<const double> time_bjd_tdb,
                                     const KnownEvent& event) {
  std::vector<std::uint8_t> out(time_bjd_tdb.size(), 0);
  if (!(event.duration_d > 0.0)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    double from_mid_d = time_bjd_tdb[i] - event.mid_bjd;
    if (event.period_d > 0.0)
      from_mid_d -= event.period_d * std::round(from_mid_d / event.period_d);
    out[i] = std::abs(from_mid_d) <= 0.5 * event.duration_d ? 1 : 0;
  }
  return out;
}

EpdResult detrend_external(std::span<float> mag, std::span<QualityBits> quality,
                           const NamedColumns& points, const Terms& terms,
                           std::span<const std::uint8_t> excluded, const EpdConfig& config) {
  const std::size_t n = mag.size();
  Eigen::MatrixXd design = points.design(terms, static_cast<std::int64_t>(n));
  for (Eigen::Index k = 0; k < design.cols(); ++k) {
    if (!design.col(k).array().isFinite().any()) design.col(k).setZero();
  }
  std::vector<std::uint8_t> has_terms(n, 0);
  std::vector<std::uint8_t> is_used(n, 0);
  std::vector<double> fitted;
  for (std::size_t i = 0; i < n; ++i) {
    has_terms[i] = design.row(static_cast<Eigen::Index>(i)).array().isFinite().all() ? 1 : 0;
    const bool is_out = !excluded.empty() && excluded[i] != 0;
    if (has_terms[i] == 0 || is_out || !std::isfinite(mag[i]) || (quality[i] & kUnfit) != 0)
      continue;
    is_used[i] = 1;
    fitted.push_back(static_cast<double>(mag[i]));
  }
  EpdResult out;
  const double n_needed = config.points_per_term * static_cast<double>(terms.n_term());
  if (fitted.empty() || static_cast<double>(fitted.size()) < n_needed) {
    for (QualityBits& q : quality) q |= quality::epd_not_fitted;
    return out;
  }
  const std::vector<double> before = fitted;
  const double median = median_of_finite(std::span<const double>{before});
  const std::vector<std::uint8_t> first_used = is_used;
  standardise(design, first_used);
  Eigen::MatrixXd full(design.rows(), design.cols() + 1);
  full << Eigen::VectorXd::Ones(design.rows()), design;

  Eigen::VectorXd solution;
  for (int round = 0;; ++round) {
    const auto n_used = static_cast<Eigen::Index>(std::ranges::count(is_used, std::uint8_t{1}));
    Eigen::MatrixXd a(n_used, full.cols());
    Eigen::VectorXd b(n_used);
    for (Eigen::Index i = 0, row = 0; i < full.rows(); ++i) {
      if (is_used[static_cast<std::size_t>(i)] == 0) continue;
      a.row(row) = full.row(i);
      b[row++] = static_cast<double>(mag[static_cast<std::size_t>(i)]) - median;
    }
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
    solver.setThreshold(config.singular_cut);
    solver.compute(a);
    solution = solver.solve(b);
    out.n_used = n_used;
    out.rms_mag = std::sqrt((b - a * solution).squaredNorm() / static_cast<double>(n_used));
    if (round >= config.max_rounds) break;
    bool has_changed = false;
    for (Eigen::Index i = 0; i < full.rows(); ++i) {
      const auto at = static_cast<std::size_t>(i);
      if (is_used[at] == 0) continue;
      const double residual = static_cast<double>(mag[at]) - median - full.row(i).dot(solution);
      if (std::abs(residual) <= config.reject * std::max(out.rms_mag, 1e-9)) continue;
      is_used[at] = 0;
      has_changed = true;
    }
    if (!has_changed ||
        static_cast<double>(std::ranges::count(is_used, std::uint8_t{1})) < n_needed)
      break;
  }
  out.coefficients.assign(solution.data(), solution.data() + solution.size());

  std::vector<double> after(n);
  fitted.clear();
  for (std::size_t i = 0; i < n; ++i) {
    if (has_terms[i] != 0)
      after[i] = static_cast<double>(mag[i]) - full.row(static_cast<Eigen::Index>(i)).dot(solution);
    if (first_used[i] != 0) fitted.push_back(after[i]);
  }
  const double shift = median - median_of_finite(std::span<const double>{fitted});
  for (std::size_t i = 0; i < n; ++i) {
    if (has_terms[i] != 0) {
      mag[i] = static_cast<float>(after[i] + shift);
    } else {
      quality[i] |= quality::epd_not_fitted;
    }
  }
  return out;
}

}  // namespace skyweft::lc

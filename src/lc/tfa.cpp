// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/robust.hpp"

namespace skyweft::lc {
namespace {

// Not bleed, edge, bad_pixel, cosmic: they speak of the largest aperture, and an aperture that is
// itself spoilt is NaN or an outlier.
constexpr QualityBits kUnfit = quality::saturated | quality::manual_veto | quality::not_measured;

/// Solves G c = h for a symmetric matrix that may be singular: columns scaled, Cholesky when well
/// conditioned, else minimum norm over eigenvalues above 1e-12 of the largest.
Eigen::VectorXd solve_symmetric(const Eigen::MatrixXd& gram, const Eigen::VectorXd& right) {
  Eigen::VectorXd scale = gram.diagonal();
  for (double& s : scale) s = s > 0.0 ? 1.0 / std::sqrt(s) : 0.0;
  const Eigen::MatrixXd scaled = scale.asDiagonal() * gram * scale.asDiagonal();
  const Eigen::VectorXd h = scale.asDiagonal() * right;
  const Eigen::LLT<Eigen::MatrixXd> cholesky{scaled};
  if (cholesky.info() == Eigen::Success && cholesky.rcond() > 1e-11) {
    return scale.asDiagonal() * cholesky.solve(h);
  }
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen{scaled};
  const double cut = 1e-12 * eigen.eigenvalues().cwiseAbs().maxCoeff();
  Eigen::VectorXd along = eigen.eigenvectors().transpose() * h;
  for (Eigen::Index k = 0; k < along.size(); ++k) {
    const double lambda = eigen.eigenvalues()[k];
    along[k] = lambda > cut ? along[k] / lambda : 0.0;
  }
  return scale.asDiagonal() * (eigen.eigenvectors() * along);
}

}  // namespace

TemplateSet make_templates(std::span<const std::int64_t> star_row, std::span<const SkyPoint> at,
                           std::span<const float> mags, std::int64_t n_frame,
                           const TfaConfig& config) {
  TemplateSet out;
  out.star_row.assign(star_row.begin(), star_row.end());
  out.at.assign(at.begin(), at.end());
  const auto width = static_cast<std::size_t>(n_frame);
  out.values = Eigen::MatrixXd::Zero(n_frame, static_cast<Eigen::Index>(star_row.size()) + 1);
  out.values.col(0).setOnes();
  for (std::size_t j = 0; j < star_row.size(); ++j) {
    const auto series = mags.subspan(j * width, width);
    const RobustSummary s = robust_summary(series);
    for (std::size_t i = 0; i < width; ++i) {
      const double v = static_cast<double>(series[i]) - s.median;
      if (std::isfinite(v) && (!(s.sigma > 0.0) || std::abs(v) <= config.reject * s.sigma)) {
        out.values(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j) + 1) = v;
      }
    }
  }
  out.gram = out.values.transpose() * out.values;
  return out;
}

TfaFit detrend_star(std::span<float> mag, std::span<QualityBits> quality, std::int64_t star_row,
                    SkyPoint at, const TemplateSet& templates,
                    std::span<const std::uint8_t> excluded, const TfaConfig& config) {
  std::vector<Eigen::Index> keep{0};
  const double radius_deg = config.exclude_radius_arcsec / 3600.0;
  for (std::size_t j = 0; j < templates.star_row.size(); ++j) {
    const double distance_deg =
        std::hypot(templates.at[j].xi_deg - at.xi_deg, templates.at[j].eta_deg - at.eta_deg);
    if (templates.star_row[j] == star_row || distance_deg <= radius_deg) continue;
    keep.push_back(static_cast<Eigen::Index>(j) + 1);
  }
  const std::size_t n = mag.size();
  std::vector<std::uint8_t> is_used(n, 0);
  std::vector<double> fitted;
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_out = !excluded.empty() && excluded[i] != 0;
    if (is_out || !std::isfinite(mag[i]) || (quality[i] & kUnfit) != 0) continue;
    is_used[i] = 1;
    fitted.push_back(static_cast<double>(mag[i]));
  }
  TfaFit out;
  out.expected_loss = std::numeric_limits<double>::quiet_NaN();
  if (keep.size() < 2 || fitted.size() < 2 * keep.size()) {
    for (QualityBits& q : quality) q |= quality::tfa_not_fitted;
    return out;
  }
  const double median = median_of_finite(std::span<const double>{fitted});
  const std::vector<std::uint8_t> first_used = is_used;
  const Eigen::MatrixXd x = templates.values(Eigen::all, keep);
  const auto n_missing = [&] {
    return static_cast<std::size_t>(std::ranges::count(is_used, std::uint8_t{0}));
  };

  Eigen::VectorXd model;
  for (int round = 0;; ++round) {
    const std::size_t missing = n_missing();
    const bool is_rebuilt =
        missing > n / 2;  // subtracting more rows than remain costs time and digits
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(x.cols(), x.cols());
    if (!is_rebuilt) gram = templates.gram(keep, keep);
    Eigen::VectorXd right = Eigen::VectorXd::Zero(x.cols());
    for (std::size_t i = 0; i < n; ++i) {
      const auto row = x.row(static_cast<Eigen::Index>(i));
      const bool is_in = is_used[i] != 0;
      if (is_in) right += (static_cast<double>(mag[i]) - median) * row.transpose();
      if (is_in && is_rebuilt) gram += row.transpose() * row;
      if (!is_in && !is_rebuilt) gram -= row.transpose() * row;
    }
    model = x * solve_symmetric(gram, right);
    const std::size_t n_used = n - missing;
    double sum2 = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      if (is_used[i] == 0) continue;
      const double r = static_cast<double>(mag[i]) - median - model[static_cast<Eigen::Index>(i)];
      sum2 += r * r;
    }
    out.n_used = static_cast<std::int64_t>(n_used);
    out.rms_mag = std::sqrt(sum2 / static_cast<double>(n_used - keep.size()));
    if (round >= config.max_rounds) break;
    std::vector<std::uint8_t> next = is_used;
    for (std::size_t i = 0; i < n; ++i) {
      if (is_used[i] == 0) continue;
      const double r = static_cast<double>(mag[i]) - median - model[static_cast<Eigen::Index>(i)];
      if (std::abs(r) > config.reject * std::max(out.rms_mag, 1e-9)) next[i] = 0;
    }
    if (next == is_used ||
        static_cast<std::size_t>(std::ranges::count(next, std::uint8_t{1})) < 2 * keep.size())
      break;
    is_used = std::move(next);
  }
  out.n_template = static_cast<std::int64_t>(keep.size()) - 1;
  out.expected_loss = static_cast<double>(out.n_template) / static_cast<double>(out.n_used);

  fitted.clear();
  for (std::size_t i = 0; i < n; ++i) {
    if (first_used[i] != 0)
      fitted.push_back(static_cast<double>(mag[i]) - model[static_cast<Eigen::Index>(i)]);
  }
  const double shift = median - median_of_finite(std::span<const double>{fitted});
  for (std::size_t i = 0; i < n; ++i) {
    mag[i] = static_cast<float>(static_cast<double>(mag[i]) - model[static_cast<Eigen::Index>(i)] +
                                shift);
  }
  return out;
}

std::vector<TfaFit> detrend_tile(std::span<float> mag, std::span<QualityBits> quality,
                                 std::span<const std::int64_t> rows, std::span<const SkyPoint> at,
                                 const TemplateSet& templates, const TfaConfig& config) {
  std::vector<TfaFit> out;
  const std::size_t width = rows.empty() ? 0 : mag.size() / rows.size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out.push_back(detrend_star(mag.subspan(i * width, width), quality.subspan(i * width, width),
                               rows[i], at[i], templates, {}, config));
  }
  return out;
}

}  // namespace skyweft::lc

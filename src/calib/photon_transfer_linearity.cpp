// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer_linearity.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.hpp"
#include "core/lsq.hpp"

namespace skyweft::calib {
namespace {

struct Shape {
  bool shutter = false;
  int n_term = 0;
  int unknowns() const { return 1 + (shutter ? 1 : 0) + n_term; }
};

struct Solution {
  double rate = kNaN;  // per top level
  double shutter_s = 0.0;
  double shutter_error_s = kNaN;
  std::vector<double> c;  // in units of the top level
  std::vector<double> c_error;
  double rms = kNaN;
  std::int64_t n_used = 0;
};

/// a = rate t + rate δt − c0 a² − c1 a³ …, every row divided by a.
Solution solve(std::span<const LampLevel> levels, double top, Shape shape) {
  const auto n = static_cast<Eigen::Index>(levels.size());
  const Eigen::Index first_c = shape.shutter ? 2 : 1;
  Eigen::MatrixXd design(n, shape.unknowns());
  const std::vector<double> ones(levels.size(), 1.0);
  for (Eigen::Index i = 0; i < n; ++i) {
    const LampLevel& p = levels[static_cast<std::size_t>(i)];
    const double a = p.level_adu / top;
    design(i, 0) = p.exposure_s / a;
    if (shape.shutter) design(i, 1) = 1.0 / a;
    double power = a;
    for (int k = 0; k < shape.n_term; ++k, power *= a) design(i, first_c + k) = -power;
  }
  const LinearFit fit = fit_linear_clipped(design, ones, ones);
  if (!fit.ok() || fit.rank < shape.unknowns())
    throw Error{Errc::numeric,
                "linearity cannot be fitted: give flats of more different exposure times"}
        .because({"linearity_rank", static_cast<double>(fit.rank),
                  static_cast<double>(shape.unknowns())});
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(shape.unknowns(), shape.unknowns());
  double chi2 = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (fit.kept[k] == 0) continue;
    const Eigen::VectorXd row = design.row(i).transpose();
    normal += row * row.transpose();
    const double residual = 1.0 - row.dot(fit.coefficients);
    chi2 += residual * residual;
  }
  const auto dof = static_cast<double>(std::max<std::int64_t>(1, fit.n_used - shape.unknowns()));
  const Eigen::MatrixXd covariance =
      chi2 / dof *
      normal.ldlt().solve(Eigen::MatrixXd::Identity(shape.unknowns(), shape.unknowns()));
  Solution out;
  out.rate = fit.coefficients[0];
  if (shape.shutter) {
    out.shutter_s = fit.coefficients[1] / out.rate;
    out.shutter_error_s = std::sqrt(covariance(1, 1)) / out.rate;
  }
  for (int k = 0; k < shape.n_term; ++k) {
    out.c.push_back(fit.coefficients[first_c + k]);
    out.c_error.push_back(std::sqrt(covariance(first_c + k, first_c + k)));
  }
  out.rms = std::sqrt(chi2 / static_cast<double>(fit.n_used));
  out.n_used = fit.n_used;
  return out;
}

double correction(const std::vector<double>& c, double level_adu) {
  double sum = 0.0;
  for (auto k = c.rbegin(); k != c.rend(); ++k) sum = (sum + *k) * level_adu;
  return sum;
}

}  // namespace

Linearity fit_linearity(std::span<const LampLevel> levels, const LinearityConfig& config) {
  std::vector<LampLevel> points;
  std::set<double> times;
  double top = 0.0;
  for (const LampLevel& p : levels) {
    if (!(p.level_adu > 0.0) || !(p.exposure_s > 0.0) || !std::isfinite(p.level_adu)) continue;
    points.push_back(p);
    times.insert(p.exposure_s);
    top = std::max(top, p.level_adu);
  }
  const int n_time = static_cast<int>(times.size());
  if (n_time < 2)
    throw Error{Errc::bad_input,
                "linearity needs flats of a stable lamp at two exposure times at least"}
        .because({"flat_exposures", static_cast<double>(n_time), 2.0});
  Shape shape{.shutter = config.shutter, .n_term = config.terms};
  while (shape.n_term > 0 && shape.unknowns() + 1 > n_time) --shape.n_term;
  if (shape.unknowns() + 1 > n_time) shape.shutter = false;
  // What a straight line leaves over, with the same shutter: that of the detector alone.
  const double line_rms = solve(points, top, {.shutter = shape.shutter, .n_term = 0}).rms;
  Solution s = solve(points, top, shape);
  while (shape.unknowns() > 1) {
    const double shutter =
        shape.shutter ? std::abs(s.shutter_s) / s.shutter_error_s : config.keep_sigma;
    const double highest =
        shape.n_term > 0 ? std::abs(s.c.back()) / s.c_error.back() : config.keep_sigma;
    if (!(std::min(shutter, highest) < config.keep_sigma)) break;
    if (shutter < highest)
      shape.shutter = false;
    else
      --shape.n_term;
    s = solve(points, top, shape);
  }
  Linearity out{.rate_adu_s = s.rate * top,
                .shutter_s = s.shutter_s,
                .shutter_error_s = s.shutter_error_s,
                .coefficients = {},
                .errors = {},
                .rms_fraction = line_rms,
                .rms_corrected = s.rms,
                .linear_to_adu = top,
                .n_used = s.n_used};
  double unit = 1.0;
  for (std::size_t k = 0; k < s.c.size(); ++k) {
    unit /= top;
    out.coefficients.push_back(s.c[k] * unit);
    out.errors.push_back(s.c_error[k] * unit);
  }
  constexpr int kSteps = 2000;
  for (int i = 1; i <= kSteps; ++i) {
    const double level = top * i / kSteps;
    if (std::abs(correction(out.coefficients, level)) <= config.tolerance) continue;
    out.linear_to_adu = top * (i - 1) / kSteps;
    break;
  }
  return out;
}

}  // namespace skyweft::calib

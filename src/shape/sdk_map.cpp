// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/sdk_map.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/lsq.hpp"
#include "core/robust.hpp"
#include "shape/lower_terms.hpp"

namespace skyweft::shape {
namespace {

constexpr double kFwhmPerSigma = 2.3548200450309493;
constexpr double kStarScatter = 0.02;  ///< relative differences of S that are no noise
constexpr std::int64_t kPerTerm = 3;
constexpr std::int64_t kStartSources = 2000;
constexpr int kStartRounds = 12;

bool is_ellipse(double s, double d, double k) {
  return s > 0.0 && s * s > d * d + k * k;
}

/// The sources that may take part, as columns.
struct Candidates {
  std::vector<std::size_t> row;
  std::array<std::vector<double>, 3> shape;
  std::vector<double> weight;
};

Candidates candidates_of(const SourceList& sources, const SdkMapConfig& config) {
  Candidates out;
  for (std::size_t i = 0; i < sources.x_px.size() && i < sources.shape_s.size(); ++i) {
    if (!sources.flags.empty() && sources.flags[i] != 0) continue;
    const double snr = sources.snr[i];
    const double s = sources.shape_s[i];
    const double d = sources.shape_d[i];
    const double k = sources.shape_k[i];
    if (!(snr >= config.min_snr && snr > 0.0) || !is_ellipse(s, d, k)) continue;
    if (!std::isfinite(s) || !std::isfinite(sources.x_px[i] + sources.y_px[i])) continue;
    out.row.push_back(i);
    out.shape[0].push_back(s);
    out.shape[1].push_back(d);
    out.shape[2].push_back(k);
    out.weight.push_back(1.0 / std::hypot(1.0 / snr, kStarScatter));
  }
  return out;
}

/// Least absolute weighted residuals by reweighted least squares, from every `stride`-th row.
Eigen::VectorXd least_absolute(const Eigen::MatrixXd& design, const std::vector<double>& target,
                               const std::vector<double>& weight) {
  const Eigen::Index n = design.rows();
  const Eigen::Index stride = std::max<Eigen::Index>(1, n / kStartSources);
  const Eigen::Index n_row = (n + stride - 1) / stride;
  Eigen::MatrixXd rows(n_row, design.cols());
  std::vector<double> y(static_cast<std::size_t>(n_row));
  std::vector<double> w(y.size());
  for (Eigen::Index r = 0; r < n_row; ++r) {
    rows.row(r) = design.row(r * stride);
    y[static_cast<std::size_t>(r)] = target[static_cast<std::size_t>(r * stride)];
    w[static_cast<std::size_t>(r)] = weight[static_cast<std::size_t>(r * stride)];
  }
  std::vector<double> now = w;
  Eigen::VectorXd c;
  for (int round = 0; round < kStartRounds; ++round) {
    const LinearFit fit = fit_linear_clipped(rows, y, now, {.max_rounds = 0});
    if (!fit.ok()) return {};
    c = fit.coefficients;
    const Eigen::VectorXd model = rows * c;
    std::vector<double> size(y.size());
    for (std::size_t i = 0; i < y.size(); ++i)
      size[i] = w[i] * std::abs(model[static_cast<Eigen::Index>(i)] - y[i]);
    const double middle = median_of_finite(size);
    if (!(middle > 0.0)) break;
    for (std::size_t i = 0; i < y.size(); ++i)
      now[i] = w[i] / std::sqrt(std::max(size[i], 0.05 * middle));
  }
  return c;
}

/// |w · residual| of every source for one parameter.
std::vector<double> residuals_of(const Eigen::MatrixXd& design, const Eigen::VectorXd& c,
                                 const std::vector<double>& target,
                                 const std::vector<double>& weight) {
  const Eigen::VectorXd model = design * c;
  std::vector<double> out(target.size());
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = weight[i] * std::abs(model[static_cast<Eigen::Index>(i)] - target[i]);
  return out;
}

double average_of(const std::vector<double>& residual, const std::vector<double>& alive,
                  bool median) {
  std::vector<double> kept;
  double sum = 0.0;
  for (std::size_t i = 0; i < residual.size(); ++i) {
    if (!(alive[i] > 0.0) || !std::isfinite(residual[i])) continue;
    kept.push_back(residual[i]);
    sum += residual[i] * residual[i];
  }
  if (kept.empty()) return 0.0;
  return median ? median_in_place(std::span{kept})
                : std::sqrt(sum / static_cast<double>(kept.size()));
}

/// The fit with terms that are settled; map.n_star is 0 when it failed.
SdkFit fit_terms(const Candidates& from, const Eigen::MatrixXd& design, const std::string& terms,
                 const SdkMapConfig& config) {
  SdkFit out;
  out.map.kind = PsfKind::gaussian;
  out.map.view = PsfView::prf;
  out.map.terms = terms;
  std::vector<double> alive = from.weight;
  for (std::size_t i = 0; i < alive.size(); ++i)
    if (!design.row(static_cast<Eigen::Index>(i)).allFinite()) alive[i] = 0.0;
  std::array<Eigen::VectorXd, 3> c;
  std::array<double, 3> floor{};
  for (std::size_t p = 0; p < 3; ++p) {
    c[p] = least_absolute(design, from.shape[p], alive);
    if (c[p].size() == 0) return out;
    floor[p] =
        1e-9 * average_of(residuals_of(design, 0.0 * c[0], from.shape[0], alive), alive, true);
  }
  for (int round = 0;; ++round) {
    std::int64_t n_gone = 0;
    std::vector<double> next = alive;
    for (std::size_t p = 0; p < 3 && round < config.max_rounds; ++p) {
      const auto size = residuals_of(design, c[p], from.shape[p], alive);
      const double limit =
          config.reject_level *
          std::max(floor[p], average_of(size, alive, config.error_average == "median"));
      for (std::size_t i = 0; i < size.size(); ++i)
        if (alive[i] > 0.0 && size[i] > limit) next[i] = 0.0;
    }
    for (std::size_t i = 0; i < alive.size(); ++i) n_gone += alive[i] > 0.0 && next[i] == 0.0;
    if (round > 0 && n_gone == 0) {
      out.map.converged = round < config.max_rounds;
      out.map.rounds = round;
      break;
    }
    alive = std::move(next);
    for (std::size_t p = 0; p < 3; ++p) {
      const LinearFit fit = fit_linear_clipped(design, from.shape[p], alive, {.max_rounds = 0});
      if (!fit.ok()) return out;
      c[p] = fit.coefficients;
      out.rms[p] = fit.residual_rms;
    }
  }
  out.map.n_star = std::ranges::count_if(alive, [](double w) { return w > 0.0; });
  for (Eigen::Index t = 0; t < design.cols(); ++t)
    for (const auto& column : c) out.map.coefficient.push_back(column[t]);
  return out;
}

/// Is the map an ellipse at every source with finite terms?
bool holds_at(const Eigen::MatrixXd& design, const PsfMap& map) {
  for (Eigen::Index i = 0; i < design.rows(); ++i) {
    std::array<double, 3> q{};
    for (Eigen::Index t = 0; t < design.cols(); ++t)
      for (std::size_t p = 0; p < 3; ++p)
        q[p] += design(i, t) * map.coefficient[static_cast<std::size_t>(3 * t) + p];
    if (design.row(i).allFinite() && !is_ellipse(q[0], q[1], q[2])) return false;
  }
  return true;
}

}  // namespace

SdkFit fit_sdk_map(const SourceList& sources, std::int64_t nx, std::int64_t ny,
                   const NamedColumns& columns, const SdkMapConfig& config) {
  if (!Terms::parse(config.terms).has_constant())
    throw Error{Errc::bad_config,
                fmt::format("terms '{}' of the S, D, K map do not begin with the constant; write "
                            "e.g. O2{{u,v}}",
                            config.terms)};
  const Candidates from = candidates_of(sources, config);
  const PlaceColumns place(sources.x_px, sources.y_px, nx, ny);
  NamedColumns named = columns;
  place.add_to(named);
  const auto n = static_cast<std::int64_t>(from.row.size());
  std::string terms = config.terms;
  for (bool last = false; !last;) {
    const Eigen::MatrixXd all = named.design(Terms::parse(terms), sources.size());
    Eigen::MatrixXd design(n, all.cols());
    std::int64_t n_finite = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      design.row(i) = all.row(static_cast<Eigen::Index>(from.row[static_cast<std::size_t>(i)]));
      n_finite += design.row(i).allFinite();
    }
    last = all.cols() == 1;
    if (last || n_finite >= kPerTerm * all.cols()) {
      SdkFit fit = fit_terms(from, design, terms, config);
      fit.n_candidate = n;
      if (fit.map.n_star > 0 && holds_at(design, fit.map)) return fit;
    }
    terms = lower_terms(terms);
  }
  SdkFit none;
  none.n_candidate = n;
  return none;
}

SdkAtStars sdk_at(const PsfMap& map, const NamedColumns& columns, std::int64_t n_star) {
  const std::vector<double> blank(static_cast<std::size_t>(n_star), kNaN);
  SdkAtStars out{blank, blank, blank, blank, blank};
  if (map.kind != PsfKind::gaussian) return out;
  const Eigen::MatrixXd design = columns.design(Terms::parse(map.terms), n_star);
  for (Eigen::Index i = 0; i < design.rows(); ++i) {
    std::array<double, 3> q{};
    for (Eigen::Index t = 0; t < design.cols(); ++t)
      for (std::size_t p = 0; p < 3; ++p)
        q[p] += design(i, t) * map.coefficient[static_cast<std::size_t>(3 * t) + p];
    if (!is_ellipse(q[0], q[1], q[2])) continue;
    const double spread = std::hypot(q[1], q[2]);
    const double minor = 1.0 / std::sqrt(q[0] + spread);
    const double major = 1.0 / std::sqrt(q[0] - spread);
    const auto k = static_cast<std::size_t>(i);
    out.s[k] = q[0];
    out.d[k] = q[1];
    out.k[k] = q[2];
    out.fwhm_px[k] = kFwhmPerSigma * std::sqrt(major * minor);
    out.ellipticity[k] = 1.0 - minor / major;
  }
  return out;
}

}  // namespace skyweft::shape

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/parametric_fit.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "shape/lower_terms.hpp"
#include "shape/parametric_normal.hpp"
#include "shape/parametric_stars.hpp"
#include "shape/parametric_weights.hpp"
#include "shape/star_misfit.hpp"

namespace skyweft::shape {
namespace {

constexpr std::int64_t kPerTerm = 3;
constexpr double kStartBeta = 3.0;
constexpr double kMostDamping = 1e8;
constexpr int kMostRefused = 6;
constexpr int kStartRounds = 15;
constexpr double kStartTolerance = 1e-2;

/// S, D, K (and β) of a round star of that FWHM.
ProfileParameters start_of(const ParametricConfig& config) {
  const double fwhm2 = config.start_fwhm_px * config.start_fwhm_px;
  if (config.kind == PsfKind::gaussian) return {8.0 * std::log(2.0) / fwhm2, 0.0, 0.0, 0.0};
  // Half maximum where q = 2β (2^(1/β) − 1).
  return {8.0 * kStartBeta * (std::exp2(1.0 / kStartBeta) - 1.0) / fwhm2, 0.0, 0.0, kStartBeta};
}

/// One problem: the stars with their terms and the map so far.
struct Problem {
  const ParametricConfig* config;
  const SubPixelMap* subpixels;
  const ModelledStars* stars;
  Eigen::MatrixXd term;  ///< [member][n_term]
  ParametricNormal at(const Eigen::VectorXd& c, bool derivatives) const {
    return normal_equations(*stars, term, config->kind, config->view, *subpixels, c, derivatives);
  }
};

struct Minimum {
  Eigen::VectorXd coefficient;
  ParametricNormal normal;
  int rounds = 0;
  bool converged = false;
};

/// The largest relative change at a star that a step makes.
double change_of(const Problem& problem, const Eigen::VectorXd& now, const Eigen::VectorXd& step,
                 std::int64_t n_par) {
  double most = 0.0;
  for (Eigen::Index i = 0; i < problem.term.rows(); ++i) {
    const auto at = parameters_of(problem.term, i, now, n_par);
    const auto by = parameters_of(problem.term, i, step, n_par);
    for (std::size_t p = 0; p < 3; ++p) most = std::max(most, std::abs(by[p]) / at[0]);
    if (n_par == 4) most = std::max(most, std::abs(by[3]) / at[3]);
  }
  return most;
}

/// Levenberg–Marquardt from `start`, damping relative to the curvature's diagonal.
Minimum minimise(const Problem& problem, Eigen::VectorXd start, int max_rounds, double tolerance) {
  const std::int64_t n_par = start.size() / problem.term.cols();
  Minimum out{.coefficient = std::move(start), .normal = {}, .rounds = 0, .converged = false};
  out.normal = problem.at(out.coefficient, true);
  double damping = 1e-3;
  int n_refused = 0;  // steps to what is no star: the minimum lies there, such as a Gaussian's β
  while (out.normal.ok && out.rounds < max_rounds && damping < kMostDamping && !out.converged &&
         n_refused < kMostRefused) {
    ++out.rounds;
    Eigen::MatrixXd damped = out.normal.curvature;
    // A step of the scaled unknowns: curvature of 1, so that S and β weigh alike.
    Eigen::VectorXd scale = damped.diagonal().cwiseMax(1e-300).cwiseSqrt().cwiseInverse();
    damped = scale.asDiagonal() * damped * scale.asDiagonal();
    damped.diagonal().array() += damping;
    const Eigen::VectorXd step =
        scale.asDiagonal() * damped.ldlt().solve(scale.asDiagonal() * out.normal.gradient);
    if (!step.allFinite()) return out;
    const Eigen::VectorXd next = out.coefficient + step;
    ParametricNormal trial = problem.at(next, true);
    n_refused += !trial.ok;
    const bool small = change_of(problem, out.coefficient, step, n_par) <= tolerance;
    // At the minimum χ² no longer tells steps apart; a small one with little damping is the last.
    if (trial.ok && (trial.chi2 <= out.normal.chi2 || (small && damping <= 1e-3))) {
      out.coefficient = next;
      out.normal = std::move(trial);
      out.converged = small && damping <= 1.0;
      damping = std::max(1e-12, 0.1 * damping);
    } else {
      damping *= 10.0;
    }
  }
  return out;
}

Eigen::MatrixXd terms_at(const ModelledStars& stars, const Eigen::MatrixXd& all) {
  Eigen::MatrixXd out(static_cast<Eigen::Index>(stars.member.size()), all.cols());
  for (Eigen::Index i = 0; i < out.rows(); ++i)
    out.row(i) = all.row(stars.member[static_cast<std::size_t>(i)].star);
  return out;
}

/// Marks pixels that do not fit, from the second pass on stars too; is another pass needed?
bool reject(const StarInput& input, const ParametricConfig& config, const ModelledStars& stars,
            const ParametricNormal& normal, bool stars_too, Rejected& out, ParametricFit& fit) {
  std::vector<StarMisfit> misfit;
  std::vector<double> excess;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    misfit.push_back(misfit_of(stars.member[k].data, stars.member[k].weight, normal.residual[k],
                               normal.flux_e[static_cast<Eigen::Index>(k)]));
    if (stars.member[k].shapes) excess.push_back(misfit.back().excess);
  }
  const double most = std::max(kLeastExcess, config.star_reject * median_of_finite(excess));
  std::vector<std::int64_t> pixels;
  bool again = false;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    const ModelledStar& star = stars.member[k];
    if (!star.shapes) continue;
    if (misfit[k].beyond(most)) {
      again = true;
      if (stars_too) {
        out.star[static_cast<std::size_t>(star.star)] = 1;
        ++fit.n_rejected_star;
        continue;
      }
    }
    for (std::size_t p = 0; p < star.weight.size(); ++p) {
      if (!(star.weight[p] > 0.0)) continue;
      const double limit =
          config.pixel_reject *
          std::hypot(misfit[k].sigma, kPeakMisfit * misfit[k].peak_e * star.weight[p]);
      if (std::abs(normal.residual[k][p]) <= limit) continue;
      const auto at = static_cast<std::int64_t>(p);
      pixels.push_back((star.window.first_y + at / star.window.nx) * input.frame->nx() +
                       star.window.first_x + at % star.window.nx);
    }
  }
  again = again || !pixels.empty();
  out.pixels.insert(out.pixels.end(), pixels.begin(), pixels.end());
  std::ranges::sort(out.pixels);
  out.pixels.erase(std::unique(out.pixels.begin(), out.pixels.end()), out.pixels.end());
  fit.n_rejected_pixel = static_cast<std::int64_t>(out.pixels.size());
  return again;
}

/// χ² per used pixel of each member's window.
std::vector<double> chi2_pixels(const ModelledStars& stars, const ParametricNormal& normal) {
  std::vector<double> out;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    double sum = 0.0;
    double n = 0.0;
    for (std::size_t p = 0; p < normal.residual[k].size(); ++p) {
      sum += normal.residual[k][p] * normal.residual[k][p];
      n += stars.member[k].weight[p] > 0.0;
    }
    out.push_back(sum / n);
  }
  return out;
}

}  // namespace

ParametricFit fit_parametric_map(const StarInput& input, const SubPixelMap& subpixels,
                                 const ParametricConfig& config) {
  if (!Terms::parse(config.terms).has_constant())
    throw Error{Errc::bad_config,
                fmt::format("terms '{}' of the star shape do not begin with the constant; write "
                            "e.g. O2{{u,v}}",
                            config.terms)};
  const std::int64_t n_par = config.kind == PsfKind::moffat ? 4 : 3;
  const auto n_star = static_cast<std::int64_t>(input.x_px.size());
  const double reach_px = config.reach_px > 0.0
                              ? config.reach_px
                              : (config.kind == PsfKind::moffat ? 4.0 : 2.5) * config.start_fwhm_px;
  Eigen::MatrixXd all = input.columns->design(Terms::parse(config.terms), n_star);
  std::vector<std::uint8_t> may(input.may_shape.begin(), input.may_shape.end());
  may.resize(input.x_px.size(), 1);
  std::vector<double> x(input.x_px.begin(), input.x_px.end());
  for (Eigen::Index i = 0; i < all.rows(); ++i)
    if (!all.row(i).allFinite()) x[static_cast<std::size_t>(i)] = kNaN;
  StarInput usable = input;
  usable.x_px = x;
  usable.may_shape = may;

  ParametricFit fit;
  Rejected rejected{.star = std::vector<std::uint8_t>(x.size(), 0), .pixels = {}};
  std::string terms = config.terms;
  const auto lower = [&](std::int64_t n_shape) {
    terms = terms_for(terms, n_shape, kPerTerm);
    all = input.columns->design(Terms::parse(terms), n_star);
  };
  Eigen::VectorXd known;  // of the last good round, for these terms
  for (int pass = 0;; ++pass) {
    ModelledStars stars = gather_stars(usable, config, reach_px, rejected);
    const std::int64_t n_shape = std::ranges::count(stars.member, true, &ModelledStar::shapes);
    if (n_shape == 0) return {};
    const auto n_before = all.cols();
    lower(n_shape);
    if (all.cols() != n_before) known.resize(0);
    Minimum best;
    for (;;) {
      Problem problem{&config, &subpixels, &stars, terms_at(stars, all)};
      if (known.size() == 0) {
        const auto start = start_of(config);
        Problem constant{&config, &subpixels, &stars,
                         Eigen::MatrixXd::Ones(problem.term.rows(), 1)};
        const Minimum round =
            minimise(constant, Eigen::Map<const Eigen::VectorXd>(start.data(), n_par), kStartRounds,
                     kStartTolerance);
        known = Eigen::VectorXd::Zero(problem.term.cols() * n_par);
        known.head(n_par) = round.coefficient;
      }
      best = minimise(problem, known, config.max_rounds, config.tolerance);
      if ((best.normal.ok && best.converged) || all.cols() == 1) break;
      terms = lower_terms(terms);
      all = input.columns->design(Terms::parse(terms), n_star);
      known.resize(0);
    }
    if (!best.normal.ok) return {};
    if (config.smooth_variances) {
      smooth_variances(stars, best.normal);
      const int rounds = best.rounds;
      best = minimise({&config, &subpixels, &stars, terms_at(stars, all)}, best.coefficient,
                      config.max_rounds, config.tolerance);
      if (!best.normal.ok) return {};
      best.rounds += rounds;
    }
    known = best.coefficient;
    const auto chi2_pixel = chi2_pixels(stars, best.normal);
    const bool more = pass < config.reject_rounds &&
                      reject(usable, config, stars, best.normal, pass > 0, rejected, fit);
    if (more) continue;

    fit.map.kind = config.kind;
    fit.map.view = config.view;
    fit.map.terms = terms;
    fit.map.coefficient.assign(known.data(), known.data() + known.size());
    fit.map.n_star = n_shape;
    fit.map.n_pixel = stars.n_pixel;
    fit.map.rounds = best.rounds;
    fit.map.converged = best.converged;
    const auto n_unknown = static_cast<std::int64_t>(stars.member.size()) + known.size();
    if (stars.n_pixel > n_unknown)
      fit.map.chi2_dof = best.normal.chi2 / static_cast<double>(stars.n_pixel - n_unknown);
    for (std::size_t k = 0; k < stars.member.size(); ++k) {
      if (!stars.member[k].shapes) continue;
      fit.star.push_back(stars.member[k].star);
      fit.flux_e.push_back(best.normal.flux_e[static_cast<Eigen::Index>(k)]);
      fit.chi2_pixel.push_back(chi2_pixel[k]);
    }
    const Eigen::MatrixXd inverse =
        best.normal.curvature.ldlt().solve(Eigen::MatrixXd::Identity(known.size(), known.size()));
    fit.covariance.assign(inverse.data(), inverse.data() + inverse.size());
    return fit;
  }
}

}  // namespace skyweft::shape

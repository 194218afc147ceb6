// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/empirical_prf.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "shape/empirical_stars.hpp"
#include "shape/lower_terms.hpp"
#include "shape/star_misfit.hpp"

namespace skyweft::shape {
namespace {

constexpr std::int64_t kPerTerm = 10;
constexpr int kShiftsFrom = 2;   ///< rounds before stars move: the PRF must be one first
constexpr int kRejectStars = 4;  ///< the round that drops stars
constexpr double kWorst = 5.0;   ///< times the stars' median misfit

/// Scales the first surface to a total of 1 and frees the others of any; false when it has none.
bool normalise(const SplineGrid& grid, std::vector<double>& padded) {
  const auto n = static_cast<std::size_t>(grid.n_padded() * grid.n_padded());
  const auto total = [&](std::size_t t) {
    double sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) sum += padded[t * n + i];
    return sum * grid.step_px() * grid.step_px();  // a spline's integral is the cell's side
  };
  const double whole = total(0);
  if (!(whole > 0.0)) return false;
  for (double& v : padded) v /= whole;
  for (std::size_t t = 1; t < padded.size() / n; ++t) {
    const double excess = total(t);
    for (std::size_t i = 0; i < n; ++i) padded[t * n + i] -= excess * padded[i];
  }
  return true;
}

/// Marks the stars that fit far worse than the others.
std::int64_t reject_stars(const ModelledStars& stars, const EmpiricalStars& state,
                          std::vector<std::uint8_t>& out) {
  std::vector<StarMisfit> misfit;
  std::vector<double> excess;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    const ModelledStar& star = stars.member[k];
    misfit.push_back(misfit_of(star.data, star.weight, state.residual()[k], state.flux_e()[k]));
    if (star.shapes) excess.push_back(misfit.back().excess);
  }
  const double most = std::max(kLeastExcess, kWorst * median_of_finite(excess));
  std::int64_t n_new = 0;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    if (!stars.member[k].shapes || out[k] != 0) continue;
    out[k] = misfit[k].beyond(most) || !(state.flux_e()[k] > 0.0);
    n_new += out[k];
  }
  return n_new;
}

EmpiricalPrf fit_terms(const StarInput& input, const ModelledStars& stars, const SplineGrid& grid,
                       const Eigen::MatrixXd& all, const std::string& terms,
                       const EmpiricalPrfConfig& config) {
  EmpiricalPrf fit;
  Eigen::MatrixXd kappa(static_cast<Eigen::Index>(stars.member.size()), all.cols());
  std::vector<double> flux;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    const auto i = static_cast<std::size_t>(stars.member[k].star);
    kappa.row(static_cast<Eigen::Index>(k)) = all.row(stars.member[k].star);
    flux.push_back(std::isfinite(input.flux_e[i]) ? input.flux_e[i] : 0.0);
  }
  EmpiricalStars state(stars, std::move(kappa), std::move(flux));
  std::vector<std::uint8_t> out(stars.member.size(), 0);
  std::vector<double> padded;
  PsfMap& map = fit.map;
  while (map.rounds < config.max_rounds && !map.converged) {
    const int round = map.rounds++;
    SplineNormal normal(grid, all.cols());
    state.add_samples(grid, out, config.reject_sigma, normal);
    padded = normal.solve(config.smoothing);
    if (padded.empty() || !normalise(grid, padded)) return {};
    state.take(grid, padded);
    const bool shifts = config.recentre && round >= kShiftsFrom;
    const double change = state.improve(grid, out, shifts, config);
    if (shifts) state.centre_shifts(out);
    map.converged = round > kRejectStars && change <= 1.0;
    if (round == kRejectStars || map.converged) {
      const std::int64_t n_new = reject_stars(stars, state, out);
      fit.n_rejected_star += n_new;
      if (n_new > 0) map.converged = false;
    }
  }
  map.kind = PsfKind::bicubic;
  map.view = PsfView::prf;
  map.terms = terms;
  for (std::int64_t i = 0; i < grid.n_line(); ++i) map.x_node_px.push_back(grid.line_px(i));
  map.y_node_px = map.x_node_px;
  const std::size_t n = padded.size() / static_cast<std::size_t>(all.cols());
  for (std::size_t t = 0; t < static_cast<std::size_t>(all.cols()); ++t) {
    const auto node = node_parameters(grid, std::span{padded}.subspan(t * n, n));
    map.coefficient.insert(map.coefficient.end(), node.begin(), node.end());
  }
  double chi2 = 0.0;
  for (std::size_t k = 0; k < stars.member.size(); ++k) {
    const ModelledStar& star = stars.member[k];
    for (std::size_t p = 0; p < star.own.size() && out[k] == 0; ++p) {
      if (star.own[p] == 0) continue;
      chi2 += state.residual()[k][p] * state.residual()[k][p];
      ++map.n_pixel;
    }
    if (!star.shapes || out[k] != 0) continue;
    fit.star.push_back(star.star);
    fit.flux_e.push_back(state.flux_e()[k]);
    fit.dx_px.push_back(state.dx_px()[k]);
    fit.dy_px.push_back(state.dy_px()[k]);
  }
  map.n_star = static_cast<std::int64_t>(fit.star.size());
  const std::int64_t n_unknown =
      (config.recentre ? 3 : 1) * map.n_star + all.cols() * grid.n_spline() * grid.n_spline();
  if (map.n_pixel > n_unknown) map.chi2_dof = chi2 / static_cast<double>(map.n_pixel - n_unknown);
  return fit;
}

}  // namespace

EmpiricalPrf fit_empirical_prf(const StarInput& input, double start_fwhm_px,
                               const EmpiricalPrfConfig& config) {
  if (!Terms::parse(config.terms).has_constant())
    throw Error{Errc::bad_config,
                fmt::format("terms '{}' of the PRF do not begin with the constant; write e.g. "
                            "O1{{u,v}}",
                            config.terms)};
  const SplineGrid grid(config.reach_px, config.oversampling);
  const auto n_star = static_cast<std::int64_t>(input.x_px.size());
  Eigen::MatrixXd all = input.columns->design(Terms::parse(config.terms), n_star);
  StarInput usable = input;
  std::vector<double> x(input.x_px.begin(), input.x_px.end());
  for (Eigen::Index i = 0; i < all.rows(); ++i)
    if (!all.row(i).allFinite()) x[static_cast<std::size_t>(i)] = kNaN;
  usable.x_px = x;
  ParametricConfig choice;
  choice.start_fwhm_px = start_fwhm_px;
  choice.min_snr = config.min_snr;
  choice.max_stars = config.max_stars;
  const ModelledStars stars =
      gather_stars(usable, choice, config.reach_px,
                   {.star = std::vector<std::uint8_t>(x.size(), 0), .pixels = {}});
  const std::int64_t n_shape = std::ranges::count(stars.member, true, &ModelledStar::shapes);
  if (n_shape == 0) return {};
  std::string terms = terms_for(config.terms, n_shape, kPerTerm);
  for (;;) {
    all = input.columns->design(Terms::parse(terms), n_star);
    EmpiricalPrf fit = fit_terms(usable, stars, grid, all, terms, config);
    if (fit.map.kind != PsfKind::none || all.cols() == 1) return fit;
    terms = lower_terms(terms);
  }
}

}  // namespace skyweft::shape

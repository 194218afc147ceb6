// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/psf_fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "shape/fit_state.hpp"
#include "shape/mean_curvature.hpp"
#include "shape/node_basis.hpp"
#include "shape/quasi_newton.hpp"
#include "shape/term_choice.hpp"

namespace skyweft::shape {
namespace {

constexpr int kMaxPasses = 20;  // of descent, weights and rejection
// A cosmic ray or a galaxy makes the way to the minimum long: the first passes only come near it,
// so that what does not fit is seen early.
constexpr int kEarlyPasses = 3;
constexpr int kEarlyRounds = 30;
constexpr double kFirstTolerance = 1e-3;  // of passes that only prepare weights and rejections
constexpr std::array<double, 7> kFirstWidths{0.08, 0.11, 0.15, 0.2, 0.27, 0.36, 0.5};

Terms terms_of(const ShapeConfig& config) {
  Terms terms = Terms::parse(config.terms);
  if (terms.labels().front() != "1")
    throw Error{Errc::bad_config,
                fmt::format("shape terms \"{}\": the first term must be the constant 1, to which "
                            "the unit integral belongs; begin with O0{{}} +",
                            config.terms)};
  return terms;
}

std::vector<StarFits> empty_report(std::vector<StarFits> report) {
  for (StarFits& f : report) {
    const std::size_t n = f.why.size();
    f.flux_e.assign(n, kNaN);
    f.flux_err_e.assign(n, kNaN);
    f.chi2_dof.assign(n, kNaN);
    f.n_pixel.assign(n, 0);
    f.used.assign(n, 0);
  }
  return report;
}

/// The reference's datum: what is below the background counts as nothing, and the datum alone is
/// divided by the error that contains the background's.
void as_the_reference(StarPatches& s) {
  for (std::size_t p = 0; p < s.excess_e.size(); ++p)
    if (s.variance_e2[p] > 0.0)
      s.excess_e[p] = std::max(s.excess_e[p], 0.0) *
                      std::sqrt(s.variance_e2[p] / (s.variance_e2[p] + s.noise_e2[p]));
}

class Fit {
 public:
  Fit(std::span<const ShapeFrame> frames, const SubPixelMap& subpixels, const ShapeConfig& config)
      : config_(config), terms_(terms_of(config)) {
    const PsfView view = config.view == "prf" ? PsfView::prf : PsfView::psf;
    StarPatches& s = state_.patches;
    s.layout = patch_layout(config, view, subpixels);
    space_ = make_space(config, s.layout);
    StarChoice choice = choose_stars(frames, config, terms_, s.layout);
    report_ = empty_report(std::move(choice.report));
    s.patch = std::move(choice.patch);
    state_.overlap = std::move(choice.overlap);
    state_.shadow = std::move(choice.shadow);
    state_.kappa =
        Eigen::Map<const Rows>(choice.kappa.data(), static_cast<Eigen::Index>(s.patch.size()),
                               static_cast<Eigen::Index>(terms_.n_term()));
    fill_patches(frames, config, view, subpixels, s);
    average_shared(s, state_.overlap, s.excess_e);
    average_shared(s, state_.overlap, s.noise_e2);
    if (config.parity) as_the_reference(s);
    s.target_e = s.excess_e;
    state_.variance_e2 = s.variance_e2;
    state_.model.assign(s.weight.size(), 0.0);
    state_.light_e.assign(s.weight.size(), 0.0);
    state_.flux_e.assign(s.patch.size(), 0.0);
    set_weights(state_, config.parity);
    shape_ = Rows::Zero(terms_.n_term(), space_.n_free());
    map_.view = view;
  }

  ShapeFit run() {
    begin();
    std::vector<double> flux;
    for (int pass = 0; pass < kMaxPasses; ++pass) {
      const TermChoice choice = choose();
      if (choice.kept.empty()) return nothing();
      const int left = config_.max_rounds - map_.rounds;
      if (left <= 0) break;
      const bool descended =
          descend(choice, pass < kEarlyPasses ? std::min(left, kEarlyRounds) : left,
                  pass == 0 ? std::max(kFirstTolerance, config_.tolerance) : config_.tolerance);
      flux = state_.flux_e;
      measure(state_, space_, shape_);
      if (!descended && map_.rounds >= config_.max_rounds) break;  // too early to judge stars by it
      if (finish(descended && pass > 0, flux)) break;
    }
    return report();
  }

 private:
  /// Makes a start of the round Gaussian that fits best.
  void begin() {
    const auto n_used = std::ranges::count_if(state_.patches.patch, &Patch::used);
    if (n_used == 0) return;
    ShapeObjective objective(state_.patches, state_.overlap, space_, Rows::Ones(n_used, 1));
    const double reach = std::min({-config_.x_grid_px.front(), config_.x_grid_px.back(),
                                   -config_.y_grid_px.front(), config_.y_grid_px.back()});
    double best = 0.0;
    for (const double width : kFirstWidths) {
      const Rows trial =
          gaussian_in(space_, config_, state_.patches.layout, width * reach).transpose();
      const double half_chi2 = objective.at(trial).half_chi2;
      if (width != kFirstWidths.front() && !(half_chi2 < best)) continue;
      best = half_chi2;
      shape_.row(0) = trial.row(0);
    }
    measure(state_, space_, shape_);
    if (reject_blends(state_, report_) > 0) {
      set_weights(state_, config_.parity);
      measure(state_, space_, shape_);
    }
  }

  TermChoice choose() {
    const StarPatches& s = state_.patches;
    const std::vector<double> counted = counted_once(s, state_.overlap);
    map_.n_pixel = std::ranges::count(counted, 1.0);
    map_.n_star = 0;
    Rows kappa(static_cast<Eigen::Index>(s.patch.size()), state_.kappa.cols());
    std::vector<double> weight;
    for (std::size_t i = 0; i < s.patch.size(); ++i) {
      if (!s.patch[i].used) continue;
      kappa.row(map_.n_star++) = state_.kappa.row(static_cast<Eigen::Index>(i));
      const auto w = s.row(s.weight, i);
      const auto m = s.row(state_.model, i);
      double strength = 0.0;
      for (std::size_t p = 0; p < w.size(); ++p) strength += w[p] * m[p] * m[p];
      weight.push_back(state_.flux_e[i] * state_.flux_e[i] * strength);
    }
    kappa.conservativeResize(map_.n_star, Eigen::NoChange);
    return choose_terms(kappa, weight, map_.n_pixel, space_.n_free(), space_.smooth());
  }

  /// Moves the shape to its best for the present weights.
  bool descend(const TermChoice& choice, int max_rounds, double tolerance) {
    const auto n = static_cast<Eigen::Index>(choice.kept.size());
    Rows start(n, space_.n_free());
    for (Eigen::Index k = 0; k < n; ++k)
      start.row(k) = shape_.row(choice.kept[static_cast<std::size_t>(k)]);
    start = choice.triangle.triangularView<Eigen::Upper>() * start;
    ShapeObjective objective(state_.patches, state_.overlap, space_, choice.kappa);
    std::vector<double> flux;
    for (const std::size_t i : objective.used()) flux.push_back(state_.flux_e[i]);
    const Rows nodes = start * space_.complement.transpose();
    const ShapeBasis basis{static_cast<std::size_t>(n),
                           {space_.base.data(), space_.base.data() + space_.base.size()},
                           {nodes.data(), nodes.data() + nodes.size()}};
    double light = 0.0;
    for (std::size_t p = 0; p < state_.light_e.size(); ++p)
      light += state_.patches.weight[p] * state_.light_e[p] * state_.light_e[p];
    const auto curvature =
        mean_curvature(state_.patches, objective.used(), flux, space_, basis, choice.kappa, light);
    const Descent descent = minimise(objective, curvature, start, max_rounds, tolerance);
    map_.rounds += descent.rounds;
    const Rows end = choice.triangle.triangularView<Eigen::Upper>().solve(descent.shape);
    shape_.setZero();
    for (Eigen::Index k = 0; k < n; ++k)
      shape_.row(choice.kept[static_cast<std::size_t>(k)]) = end.row(k);
    kept_ = choice.kept;
    return descent.converged;
  }

  /// Rejects and sets weights anew; true when that left everything as it was.
  bool finish(bool descended, const std::vector<double>& flux) {
    double change = 0.0;
    double size = 0.0;
    for (std::size_t i = 0; i < flux.size(); ++i) {
      if (!state_.patches.patch[i].used) continue;
      change += (state_.flux_e[i] - flux[i]) * (state_.flux_e[i] - flux[i]);
      size += state_.flux_e[i] * state_.flux_e[i];
    }
    map_.converged = descended && change <= config_.tolerance * config_.tolerance * size;
    if (map_.converged) {
      const bool rejects =
          reject_pixels(state_, config_) + reject_stars(state_, config_, report_) > 0;
      if (!rejects) return true;
      map_.converged = false;
    } else {
      if (!config_.parity) model_variances(state_);
      set_weights(state_, config_.parity);
      if (reject_pixels(state_, config_) > 0) measure(state_, space_, shape_);
      reject_stars(state_, config_, report_);
    }
    set_weights(state_, config_.parity);
    measure(state_, space_, shape_);
    return false;
  }

  ShapeFit nothing() {
    PsfMap none;
    none.view = map_.view;
    none.rounds = map_.rounds;
    map_ = std::move(none);
    for (const Patch& p : state_.patches.patch)
      if (p.used) report_[p.frame].why[p.star] |= not_used::pixels;
    return {std::move(map_), std::move(report_)};
  }

  ShapeFit report() {
    const StarPatches& s = state_.patches;
    std::vector<std::vector<std::size_t>> overlaps_of(s.patch.size());
    for (std::size_t k = 0; k < state_.overlap.size(); ++k) {
      overlaps_of[state_.overlap[k].a].push_back(k);
      overlaps_of[state_.overlap[k].b].push_back(k);
    }
    for (std::size_t i = 0; i < s.patch.size(); ++i) {
      StarFits& to = report_[s.patch[i].frame];
      const std::size_t star = s.patch[i].star;
      const PatchQuality q = quality_of(state_, i);
      to.n_pixel[star] = static_cast<std::int32_t>(q.n_pixel);
      to.used[star] = s.patch[i].used ? 1 : 0;
      to.flux_err_e[star] = flux_error(state_, i, overlaps_of);
      if (!std::isfinite(to.flux_err_e[star])) continue;
      to.flux_e[star] = state_.flux_e[i];
      to.chi2_dof[star] = q.chi2_dof();
    }
    map_.kind = PsfKind::bicubic;
    map_.terms = text_of(terms_, kept_);
    map_.x_node_px = config_.x_grid_px;
    map_.y_node_px = config_.y_grid_px;
    for (const Eigen::Index k : kept_) {
      Eigen::VectorXd q = space_.complement * shape_.row(k).transpose();
      if (k == 0) q += space_.base;
      for (const std::size_t p : space_.place)
        map_.coefficient.push_back(q(static_cast<Eigen::Index>(p)));
    }
    const std::vector<double> counted = counted_once(s, state_.overlap);
    double chi2 = 0.0;
    for (std::size_t p = 0; p < counted.size(); ++p) {
      const double left = s.excess_e[p] - state_.light_e[p];
      chi2 += counted[p] * s.weight[p] * left * left;
    }
    const std::int64_t unknown =
        map_.n_star + space_.n_free() * static_cast<std::int64_t>(kept_.size());
    if (map_.n_pixel > unknown) map_.chi2_dof = chi2 / static_cast<double>(map_.n_pixel - unknown);
    return {std::move(map_), std::move(report_)};
  }

  ShapeConfig config_;
  Terms terms_;
  MapSpace space_;
  FitState state_;
  Rows shape_;  ///< [n_term][n_free]; zero for terms that are not kept
  std::vector<Eigen::Index> kept_;
  std::vector<StarFits> report_;
  PsfMap map_;
};

}  // namespace

ShapeFit fit_psf_map(std::span<const ShapeFrame> frames, const SubPixelMap& subpixels,
                     const ShapeConfig& config) {
  check_grid_lines(config.x_grid_px, "x");
  check_grid_lines(config.y_grid_px, "y");
  return Fit(frames, subpixels, config).run();
}

}  // namespace skyweft::shape

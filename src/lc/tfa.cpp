// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa.hpp"

#include <algorithm>
#include <cmath>
#include <deque>

#include "core/blas.hpp"
#include "lc/tfa_star.hpp"

namespace skyweft::lc {
namespace {

using Index = Eigen::Index;

// Stars per product: the same for every tile, because the bits of a product may depend on its
// shape. The first round has all stars, later ones few.
constexpr std::size_t kFirstStars = 256;
constexpr std::size_t kLaterStars = 32;
constexpr Index kFramesAtOnce = 512;

/// The stars of one product, and what is kept of them between its two directions.
class Block {
 public:
  Block(const TemplateSet& set, std::size_t n_most)
      : set_(set), n_most_(n_most), residual_(n_most * static_cast<std::size_t>(set.n_frame)) {}

  /// Qᵀy of all `stars`.
  void make_right(std::span<StarInWork* const> stars) {
    Eigen::MatrixXd right = Eigen::MatrixXd::Zero(set_.basis.rows(), width());
    each_piece([&](Index first, Index n) {
      Eigen::MatrixXd& values = at_once_;
      values.setZero(n, width());
      for (std::size_t s = 0; s < stars.size(); ++s)
        stars[s]->used_values(first, n, values.col(static_cast<Index>(s)).data());
      blas::product(right, 1.0, set_.basis.middleCols(first, n), blas::Side::as_is, values,
                    blas::Side::as_is, 1.0);
    });
    for (std::size_t s = 0; s < stars.size(); ++s)
      stars[s]->set_right(right.col(static_cast<Index>(s)).data(), right.rows());
  }

  void solve(std::span<StarInWork* const> stars) {
    std::vector<StarSystem> systems;
    std::vector<std::size_t> first{0};
    for (StarInWork* const star : stars) {
      star->add_systems(systems);
      first.push_back(systems.size());
    }
    solve_systems(set_, systems);
    for (std::size_t s = 0; s < stars.size(); ++s)
      stars[s]->take_systems(std::span{systems}.subspan(first[s], first[s + 1] - first[s]));
  }

  void make_residuals(std::span<StarInWork* const> stars) {
    Eigen::MatrixXd coefficients = Eigen::MatrixXd::Zero(set_.basis.rows(), width());
    for (std::size_t s = 0; s < stars.size(); ++s)
      coefficients.col(static_cast<Index>(s)) = stars[s]->coefficients();
    Eigen::MatrixXd& model = at_once_;
    each_piece([&](Index first, Index n) {
      model.resize(n, width());
      blas::product(model, 1.0, set_.basis.middleCols(first, n), blas::Side::transposed,
                    coefficients, blas::Side::as_is, 0.0);
      for (std::size_t s = 0; s < stars.size(); ++s)
        stars[s]->take_model(first, n, model.col(static_cast<Index>(s)).data(),
                             residual_of(s).data() + first);
    });
  }

  std::span<float> residual_of(std::size_t i_star) {
    const auto n = static_cast<std::size_t>(set_.n_frame);
    return {residual_.data() + i_star * n, n};
  }

 private:
  Index width() const { return static_cast<Index>(n_most_); }
  template <class Work>
  void each_piece(Work work) const {
    const Index n_frame = set_.n_frame;
    for (Index f = 0; f < n_frame; f += kFramesAtOnce)
      work(f, std::min(kFramesAtOnce, n_frame - f));
  }

  const TemplateSet& set_;
  std::size_t n_most_;
  std::vector<float> residual_;  // [star][frame]
  Eigen::MatrixXd at_once_;      // [frame of a piece][star]
};

/// One round over `active`; those that rejected points remain in it.
void do_round(const TemplateSet& set, bool is_first, std::deque<StarInWork>& stars,
              std::span<float> mag, std::vector<std::size_t>& active) {
  const auto n_frame = static_cast<std::size_t>(set.n_frame);
  const std::size_t n_most = is_first ? kFirstStars : kLaterStars;
  Block block{set, n_most};
  std::vector<std::size_t> left;
  for (std::size_t at = 0; at < active.size(); at += n_most) {
    const auto some = std::span{active}.subspan(at, std::min(n_most, active.size() - at));
    std::vector<StarInWork*> here;
    for (const std::size_t i : some) here.push_back(&stars[i]);
    if (is_first) block.make_right(here);
    block.solve(here);
    block.make_residuals(here);
    for (std::size_t s = 0; s < some.size(); ++s) {
      if (here[s]->reject(block.residual_of(s)))
        left.push_back(some[s]);
      else
        here[s]->finish(block.residual_of(s), mag.subspan(some[s] * n_frame, n_frame));
    }
  }
  active = std::move(left);
}

}  // namespace

std::string_view text_of(TfaOutcome outcome) {
  switch (outcome) {
    case TfaOutcome::fitted:
      return "fitted";
    case TfaOutcome::no_template:
      return "no template";
    case TfaOutcome::too_few_points:
      break;
  }
  return "too few points";
}

Eigen::VectorXd term_coefficients(const TfaFit& fit, const TemplateSet& templates) {
  if (fit.in_basis.size() == 0) return Eigen::VectorXd::Zero(templates.to_term.rows());
  return templates.to_term * fit.in_basis;
}

std::vector<TfaFit> detrend_tile(std::span<float> mag, std::span<QualityBits> quality,
                                 std::span<const TfaStar> stars, const TemplateSet& templates,
                                 const TfaConfig& config) {
  const auto n_frame = static_cast<std::size_t>(templates.n_frame);
  std::deque<StarInWork> in_work;  // they hold references and may not move
  std::vector<std::size_t> active;
  for (std::size_t s = 0; s < stars.size(); ++s) {
    in_work.emplace_back(mag.subspan(s * n_frame, n_frame), quality.subspan(s * n_frame, n_frame),
                         stars[s], templates, config);
    if (in_work.back().is_fitted()) active.push_back(s);
  }
  for (bool is_first = true; !active.empty(); is_first = false)
    do_round(templates, is_first, in_work, mag, active);
  std::vector<TfaFit> out;
  for (std::size_t s = 0; s < stars.size(); ++s) {
    out.push_back(in_work[s].fit());
    if (in_work[s].is_fitted()) continue;
    for (QualityBits& q : quality.subspan(s * n_frame, n_frame)) q |= quality::tfa_not_fitted;
  }
  return out;
}

TfaFit detrend_star(std::span<float> mag, std::span<QualityBits> quality, std::int64_t star_row,
                    SkyPoint at, const TemplateSet& templates,
                    std::span<const std::uint8_t> excluded, const TfaConfig& config,
                    std::span<const std::vector<double>> signals) {
  const TfaStar star{.row = star_row, .at = at, .excluded = excluded, .signals = signals};
  return detrend_tile(mag, quality, {&star, 1}, templates, config).front();
}

std::vector<std::vector<double>> phase_bin_columns(std::span<const double> time_d, double period_d,
                                                   int n_bin) {
  std::vector<std::vector<double>> all(static_cast<std::size_t>(std::max(1, n_bin)),
                                       std::vector<double>(time_d.size(), 0.0));
  std::vector<std::uint8_t> is_hit(all.size(), 0);
  for (std::size_t i = 0; i < time_d.size(); ++i) {
    const double turns = time_d[i] / period_d;
    const double phase = turns - std::floor(turns);
    const auto bin =
        std::min(all.size() - 1, static_cast<std::size_t>(phase * static_cast<double>(all.size())));
    all[bin][i] = 1.0;
    is_hit[bin] = 1;
  }
  std::vector<std::vector<double>> out;
  for (std::size_t b = 0; b < all.size(); ++b)
    if (is_hit[b] != 0) out.push_back(std::move(all[b]));
  return out;
}

}  // namespace skyweft::lc

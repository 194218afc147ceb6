// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "phot/star_groups.hpp"

namespace skyweft::phot {

/// The columns of a linear model of pixels, one after the other; each lists the pixels it lights.
struct ModelColumns {
  std::vector<std::size_t> first{0};
  std::vector<std::int32_t> pixel;
  std::vector<double> value;

  std::int64_t size() const noexcept { return static_cast<std::int64_t>(first.size()) - 1; }
};

/// Held stars with this much in common share their sum (1: equal columns).
inline constexpr double kSameStar = 0.9;
/// Stars whose neighbours inflate their variance by more than this are held by a weak prior.
inline constexpr double kWorstInflation = 1e4;
/// Keeps the factors of equal columns finite; refined away.
inline constexpr double kNormalRidge = 1e-10;

/// The normal equations of weighted least squares for overlapping stars, sparse.
///
/// They are scaled to a unit diagonal and solved by conjugate gradients, preconditioned with the
/// Cholesky factors of pieces: one piece is a direct solution with refinement. Where the variance
/// of a star is inflated more than kWorstInflation times by its neighbours (two stars on one place)
/// a prior of weight 1 / kWorstInflation holds the ratio of such stars at `ratio`, so that their
/// sum is still right. Deterministic. Collective: no.
class NormalSystem {
 public:
  /// `later`: for every column the later ones that may share pixels, ascending. `piece`: [column],
  /// numbered from 0.
  NormalSystem(const IndexLists& later, std::vector<std::int64_t> piece);

  /// Sums the equations; `weight` and `data` are [pixel]. Throws: never.
  void assemble(const ModelColumns& columns, std::span<const double> weight,
                std::span<const double> data);

  /// What pairs of columns have in common, for pieces_of().
  std::vector<Bond> bonds() const;

  /// Solves for the amplitudes [column]; `ratio` are expected amplitudes on any scale, 0 for
  /// unknown. Columns without light get 0. Returns false when it did not converge to 1e-9.
  bool solve(std::span<const double> ratio, std::vector<double>& amplitude);

  struct Errors {
    std::vector<double> variance;   ///< of the amplitudes; infinite without light
    std::vector<double> inflation;  ///< variance over that of the star alone with known neighbours
    std::vector<double> per_level;  ///< change of the amplitudes per unit of a level of all pixels
  };
  /// The errors at the weights of the last solve(). Of a system in several pieces the variance of a
  /// star is that of it and the 63 neighbours that have most in common with it.
  Errors errors();

 private:
  void factor_pieces();
  bool hold_worst();
  void scale();
  void multiply(const Eigen::VectorXd& z, Eigen::VectorXd& out) const;
  Eigen::VectorXd precondition(const Eigen::VectorXd& r) const;
  bool iterate(const Eigen::VectorXd& c, Eigen::VectorXd& z) const;
  Eigen::VectorXd prior(std::span<const double> ratio, const Eigen::VectorXd& z) const;
  static Eigen::VectorXd inverse_diagonal(const Eigen::LLT<Eigen::MatrixXd>& factor);
  void near_variance(std::int64_t i, Errors& out) const;

  const IndexLists& later_;
  std::vector<std::int64_t> piece_;
  IndexLists member_;                ///< of each piece
  std::vector<std::int64_t> place_;  ///< of a column in its piece
  IndexLists earlier_;
  std::vector<std::int64_t> earlier_at_;  ///< where in common_
  std::vector<double> diagonal_;
  std::vector<double> common_;  ///< beside later_.other, scaled
  std::vector<double> right_;   ///< Σ w p d
  std::vector<double> level_;   ///< Σ w p
  std::vector<double> scale_;   ///< 1/√diagonal, 0 without light
  std::vector<double> hold_;    ///< weight of the prior
  bool is_held_known_ = false;
  std::vector<Eigen::LLT<Eigen::MatrixXd>> factor_;
  std::vector<double> buffer_;
};

}  // namespace skyweft::phot

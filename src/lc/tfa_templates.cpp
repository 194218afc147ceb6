// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/tfa_templates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/blas.hpp"
#include "core/robust.hpp"
#include "lc/tfa_cholesky.hpp"

namespace skyweft::lc {
namespace {

using Index = Eigen::Index;
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr Index kFramesAtOnce = 512;
// Photon noise alone makes templates different by more than 1e-3 of their scatter, and magnitudes
// are kept in steps of 1e-6: below 1e-5 (1e-10 in square) two series are one.
constexpr double kLeastShare = 1e-10;

/// Calls work(first frame, number of frames) for pieces of the frame axis.
template <class Work>
void each_piece(Index n_frame, Work work) {
  for (Index f = 0; f < n_frame; f += kFramesAtOnce) work(f, std::min(kFramesAtOnce, n_frame - f));
}

/// One template without outliers about its mean; gaps 0 and noted in `is_gap`.
void centred_series(std::span<const float> mag, double reject, double* column,
                    std::uint8_t* is_gap) {
  std::vector<double> finite;
  for (const float m : mag)
    if (std::isfinite(m)) finite.push_back(static_cast<double>(m));
  const ClippedSummary all = sigma_clipped_in_place(std::span<double>{finite}, reject, 20);
  // Whoever is as near as the last survivor survived.
  double farthest = 0.0;
  for (const double v : std::span{finite}.first(static_cast<std::size_t>(all.n)))
    farthest = std::max(farthest, std::abs(v - all.median));
  for (std::size_t i = 0; i < mag.size(); ++i) {
    const auto value = static_cast<double>(mag[i]);
    is_gap[i] = !(all.n > 0 && std::abs(value - all.median) <= farthest);
    column[i] = is_gap[i] != 0 ? 0.0 : value - all.mean;
  }
}

/// Replaces the gaps of `x` [frame][template], which come in as zeros.
void predict_gaps(Eigen::Ref<Eigen::MatrixXd> x, const std::vector<std::uint8_t>& is_gap) {
  constexpr int kRounds = 2;
  // Of a template's variance: identical templates then predict each other within a per cent.
  constexpr double kRidge = 0.01;
  if (std::ranges::none_of(is_gap, [](std::uint8_t g) { return g != 0; })) return;
  const Index m = x.cols();
  for (int round = 0; round < kRounds; ++round) {
    Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(m, m);
    blas::gram(gram, 1.0, x, 0.0);
    for (Index j = 0; j < m; ++j) gram(j, j) = gram(j, j) > 0.0 ? (1.0 + kRidge) * gram(j, j) : 1.0;
    const Eigen::MatrixXd full = gram.selfadjointView<Eigen::Lower>();
    const Eigen::MatrixXd precision = full.llt().solve(Eigen::MatrixXd::Identity(m, m));
    each_piece(x.rows(), [&](Index f, Index n) {
      Eigen::MatrixXd pull(n, m);
      blas::product(pull, 1.0, x.middleRows(f, n), blas::Side::as_is, precision, blas::Side::as_is,
                    0.0);
      for (Index j = 0; j < m; ++j)
        for (Index i = 0; i < n; ++i)
          if (is_gap[static_cast<std::size_t>(j * x.rows() + f + i)] != 0)
            x(f + i, j) -= pull(i, j) / precision(j, j);
    });
  }
}

/// Makes basis and to_term from the columns [frame][term] by a Cholesky factor of their normal
/// matrix, twice (Yamamoto et al. 2015): orthonormal to rounding.
void orthonormalise(const Eigen::MatrixXd& columns, TemplateSet& set) {
  const Index n_term = columns.cols();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n_term, n_term);
  blas::gram(gram, 1.0, columns, 0.0);
  Eigen::VectorXd scale = gram.diagonal();
  for (double& s : scale) s = s > 0.0 ? 1.0 / std::sqrt(s) : 0.0;
  const Eigen::MatrixXd full = gram.selfadjointView<Eigen::Lower>();
  const PivotedCholesky first =
      pivoted_cholesky(scale.asDiagonal() * full * scale.asDiagonal(), kLeastShare);
  const Index rank = first.rank();
  const Index padded = (rank + 7) / 8 * 8;
  set.rank = rank;
  set.to_term = Eigen::MatrixXd::Zero(n_term, padded);
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Identity(rank, rank);
  first.lower.triangularView<Eigen::Lower>().solveInPlace(inverse);  // L⁻¹
  for (Index k = 0; k < rank; ++k)
    set.to_term.row(first.order[static_cast<std::size_t>(k)]).head(rank) =
        scale[first.order[static_cast<std::size_t>(k)]] * inverse.col(k).transpose();
  set.basis = Eigen::MatrixXd::Zero(padded, columns.rows());
  blas::product(set.basis, 1.0, set.to_term, blas::Side::transposed, columns,
                blas::Side::transposed, 0.0);

  Eigen::MatrixXd again(padded, padded);
  blas::product(again, 1.0, set.basis, blas::Side::as_is, set.basis, blas::Side::transposed, 0.0);
  const Eigen::LLT<Eigen::MatrixXd> second{again.topLeftCorner(rank, rank)};
  Eigen::MatrixXd polish = Eigen::MatrixXd::Zero(padded, padded);
  polish.topLeftCorner(rank, rank).setIdentity();
  second.matrixL().solveInPlace(polish.topLeftCorner(rank, rank));
  set.to_term = (set.to_term * polish.transpose()).eval();
  each_piece(columns.rows(), [&](Index f, Index n) {
    const Eigen::MatrixXd before = set.basis.middleCols(f, n);
    blas::product(set.basis.middleCols(f, n), 1.0, polish, blas::Side::as_is, before,
                  blas::Side::as_is, 0.0);
  });

  std::vector<std::uint8_t> is_kept(static_cast<std::size_t>(n_term), 0);
  for (const Index term : first.order) is_kept[static_cast<std::size_t>(term)] = 1;
  for (Index t = 0; t < n_term; ++t)
    if (is_kept[static_cast<std::size_t>(t)] == 0 && scale[t] > 0.0) set.dropped.push_back(t);
  set.of_dropped = Eigen::MatrixXd::Zero(padded, static_cast<Index>(set.dropped.size()));
  for (std::size_t k = 0; k < set.dropped.size(); ++k)
    set.of_dropped.col(static_cast<Index>(k)) =
        scale[set.dropped[k]] * (set.basis * columns.col(set.dropped[k]));
}

}  // namespace

Eigen::MatrixXd template_columns(std::span<const float> mags, std::int64_t n_template,
                                 std::int64_t n_frame, const TfaConfig& config) {
  Eigen::MatrixXd columns(n_frame, n_template + 1);
  columns.col(0).setConstant(config.classic ? 0.0 : 1.0);
  const auto width = static_cast<std::size_t>(n_frame);
  std::vector<std::uint8_t> is_gap(static_cast<std::size_t>(n_template) * width, 0);
  for (std::size_t j = 0; j < static_cast<std::size_t>(n_template); ++j)
    centred_series(mags.subspan(j * width, width), config.reject,
                   columns.col(static_cast<Index>(j) + 1).data(), is_gap.data() + j * width);
  if (!config.classic && config.gaps == "predicted" && n_template > 1)
    predict_gaps(columns.rightCols(n_template), is_gap);
  return columns;
}

TemplateSet make_templates(std::span<const std::int64_t> star_row, std::span<const SkyPoint> at,
                           std::span<const float> mags, std::int64_t n_frame,
                           const TfaConfig& config, std::span<const double> time_d) {
  TemplateSet out;
  out.star_row.assign(star_row.begin(), star_row.end());
  out.at.assign(at.begin(), at.end());
  out.n_frame = n_frame;
  out.is_classic = config.classic;
  orthonormalise(template_columns(mags, out.n_template(), n_frame, config), out);
  out.narrow_basis = out.basis.cast<float>();
  out.event_loss = time_d.empty() ? kNaN : event_loss_of(out, time_d, config.event_h);
  return out;
}

double event_loss_of(const TemplateSet& set, std::span<const double> time_d, double event_h) {
  const double width_d = event_h / 24.0;
  const std::size_t n_all = time_d.size();
  double sum = 0.0;
  double n_window = 0.0;
  Eigen::VectorXd inside = Eigen::VectorXd::Zero(set.basis.rows());
  std::size_t end = 0;
  for (std::size_t begin = 0; begin < n_all; ++begin) {
    for (; end < n_all && time_d[end] < time_d[begin] + width_d; ++end)
      inside += set.basis.col(static_cast<Index>(end));
    const auto n = static_cast<double>(end - begin);
    if (n >= 3.0 && 2.0 * n < static_cast<double>(n_all)) {
      const double left = (n - inside.squaredNorm()) / (n - n * n / static_cast<double>(n_all));
      sum += std::clamp(1.0 - left, 0.0, 1.0);
      n_window += 1.0;
    }
    inside -= set.basis.col(static_cast<Index>(begin));
  }
  return n_window > 0.0 ? sum / n_window : kNaN;
}

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/comparison_choice_search.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr std::size_t kMaxBins = 400;
constexpr std::size_t kMaxBlocks = 20;
constexpr std::size_t kMinBins = 16;

using Set = std::vector<std::uint8_t>;  ///< [searched star]

/// What one set leaves in the witnesses, block by block.
using Scores = std::vector<double>;  ///< [block]

/// The stars' departures from the artificial star of all, averaged over runs of frames; rows
/// [star][bin]. Small as they are, the mean over any set of them is that set's artificial star.
class Search {
 public:
  Search(const FluxMatrix& stars, const Ensemble& ensemble, std::vector<std::int64_t> rows,
         std::span<const double> likeness)
      : rows_(std::move(rows)) {
    const auto n_time = static_cast<std::size_t>(stars.n_time);
    const std::size_t run = (n_time + kMaxBins - 1) / kMaxBins;
    n_bin_ = (n_time + run - 1) / run;
    n_block_ = std::min(kMaxBlocks, n_bin_ / 4);
    value_.assign(rows_.size() * n_bin_, 0.0);
    count_.assign(rows_.size() * n_bin_, 0.0);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto flux = stars.flux_of(rows_[i]);
      const double level = ensemble.level[static_cast<std::size_t>(rows_[i])];
      for (std::size_t t = 0; t < n_time; ++t) {
        const std::size_t weight_at = static_cast<std::size_t>(rows_[i]) * n_time + t;
        if (!(ensemble.point_weight[weight_at] > 0.0) || !(ensemble.artificial.flux[t] > 0.0))
          continue;
        value_[i * n_bin_ + t / run] += flux[t] / (level * ensemble.artificial.flux[t]) - 1.0;
        count_[i * n_bin_ + t / run] += 1.0;
      }
      for (std::size_t b = 0; b < n_bin_; ++b)
        if (count_[i * n_bin_ + b] > 0.0) value_[i * n_bin_ + b] /= count_[i * n_bin_ + b];
      likeness_.push_back(likeness[static_cast<std::size_t>(rows_[i])]);
      first_weight_.push_back(ensemble.weight[static_cast<std::size_t>(rows_[i])]);
    }
    if (n_block_ > 0) {
      prepare();
    }
  }

  std::size_t n_star() const { return rows_.size(); }
  std::size_t n_bin() const { return n_bin_; }
  std::int64_t row(std::size_t i) const { return rows_[i]; }

  /// Mean squares of the witnesses' departures from `set`, weighted as `half` (0, 1) taught.
  Scores score(const Set& set, std::size_t half) const {
    const std::vector<double>& weight = weight_[half];
    std::vector<double> sum(n_bin_, 0.0), sum_w(n_bin_, 0.0);
    for (std::size_t i = 0; i < n_star(); ++i) {
      if (!set[i]) continue;
      for (std::size_t b = 0; b < n_bin_; ++b) {
        const double w = weight[i] * count_[i * n_bin_ + b];
        sum[b] += w * value_[i * n_bin_ + b];
        sum_w[b] += w;
      }
    }
    std::vector<double> squares(n_block_, 0.0), n(n_block_, 0.0);
    for (std::size_t i = 0; i < n_star(); ++i) {
      if (!(witness_[i] > 0.0)) continue;
      for (std::size_t b = 0; b < n_bin_; ++b) {
        const double c = count_[i * n_bin_ + b];
        if (!(c > 0.0)) continue;
        const double own = set[i] ? weight[i] * c : 0.0;
        const double rest_w = sum_w[b] - own;
        if (!(rest_w > 1e-9 * sum_w[b])) continue;
        const double v = value_[i * n_bin_ + b];
        const double r = v - (sum[b] - own * v) / rest_w;
        squares[block_of(b)] += witness_[i] * c * r * r;
        n[block_of(b)] += witness_[i] * c;
      }
    }
    for (std::size_t k = 0; k < n_block_; ++k) squares[k] = n[k] > 0.0 ? squares[k] / n[k] : kNaN;
    return squares;
  }

  /// The mean over the blocks of one half; over all of them when `half` is 2.
  double mean(const Scores& scores, std::size_t half) const {
    double sum = 0.0, n = 0.0;
    for (std::size_t k = 0; k < n_block_; ++k) {
      if ((half < 2 && k % 2 != half) || !std::isfinite(scores[k])) continue;
      sum += scores[k];
      n += 1.0;
    }
    return n > 0.0 ? sum / n : kNaN;
  }

  /// How much lower `after` lies than `before` on one half, in standard errors of the difference.
  double significance(const Scores& before, const Scores& after, std::size_t half) const {
    double sum = 0.0, squares = 0.0, n = 0.0;
    for (std::size_t k = half; k < n_block_; k += 2) {
      const double d = before[k] - after[k];
      if (!std::isfinite(d)) continue;
      sum += d;
      squares += d * d;
      n += 1.0;
    }
    if (n < 2.0) return 0.0;
    const double mean_d = sum / n;
    const double variance = std::max(0.0, (squares / n - mean_d * mean_d) / (n - 1.0));
    return variance > 0.0 ? mean_d / std::sqrt(variance) : 0.0;
  }

 private:
  std::size_t block_of(std::size_t bin) const { return bin * n_block_ / n_bin_; }

  /// Each half's weights, and what every witness counts.
  void prepare() {
    const Set all(n_star(), 1);
    weight_[0] = weight_[1] = first_weight_;
    witness_.assign(n_star(), 0.0);
    std::array<std::vector<double>, 2> taught;
    for (std::size_t i = 0; i < n_star(); ++i) {
      // Alone as witness: the star's own mean square against all others.
      std::ranges::fill(witness_, 0.0);
      witness_[i] = 1.0;
      const Scores own = score(all, 0);
      for (const std::size_t half : {std::size_t{0}, std::size_t{1}}) {
        const double square = mean(own, half);
        taught[half].push_back(square > 0.0 ? 1.0 / square : first_weight_[i]);
      }
      const double square = mean(own, 2);
      share_.push_back(square > 0.0 ? likeness_[i] / square : 0.0);
    }
    weight_ = std::move(taught);
    witness_ = share_;
  }

  std::vector<std::int64_t> rows_;
  std::size_t n_bin_ = 0, n_block_ = 0;
  std::vector<double> value_, count_;            ///< [star][bin]
  std::vector<double> likeness_, first_weight_;  ///< [star]
  std::vector<double> share_, witness_;          ///< [star] what its squares count
  std::array<std::vector<double>, 2> weight_;    ///< [half][star]
};

/// The flip of one star that lowers the score of `half` most; n_star when there is none.
std::size_t best_flip(const Search& search, const Set& set, const Set& may_flip, std::size_t half) {
  std::size_t best = search.n_star();
  double least = search.mean(search.score(set, half), half);
  for (std::size_t i = 0; i < search.n_star(); ++i) {
    if (!may_flip[i]) continue;
    Set other = set;
    other[i] ^= 1;
    const double score = search.mean(search.score(other, half), half);
    if (!(score < least)) continue;
    least = score;
    best = i;
  }
  return best;
}

/// Flips stars as long as what one half proposes the other half confirms.
void flip_while_better(const Search& search, Set& set, const Set& fixed, bool is_removal,
                       double significance, std::vector<SearchMove>& moves) {
  int n_refused = 0;
  for (std::size_t half = 0; n_refused < 2; half = 1 - half) {
    Set may_flip(set.size());
    for (std::size_t i = 0; i < set.size(); ++i)
      may_flip[i] = (set[i] != 0) == is_removal && !fixed[i];
    if (is_removal && std::ranges::count(set, 1) < 3) return;
    const std::size_t i = best_flip(search, set, may_flip, half);
    if (i == search.n_star()) {
      ++n_refused;
      continue;
    }
    Set other = set;
    other[i] ^= 1;
    const std::size_t held_out = 1 - half;
    const Scores before = search.score(set, half);
    const Scores after = search.score(other, half);
    SearchMove move{.star = search.row(i), .is_removal = is_removal};
    move.gain = 1.0 - std::sqrt(search.mean(after, held_out) / search.mean(before, held_out));
    move.significance = search.significance(before, after, held_out);
    move.is_accepted = move.gain > 0.0 && move.significance > significance;
    moves.push_back(move);
    n_refused = move.is_accepted ? 0 : n_refused + 1;
    if (move.is_accepted) set = std::move(other);
  }
}

}  // namespace

ComparisonSearch search_comparisons(const FluxMatrix& stars, const Ensemble& ensemble,
                                    std::span<const double> likeness,
                                    std::span<const std::uint8_t> fixed, double significance,
                                    std::int64_t max_searched) {
  ComparisonSearch out;
  std::vector<std::int64_t> rows;
  for (std::int64_t s = 0; s < stars.n_star; ++s)
    if (ensemble.weight[static_cast<std::size_t>(s)] > 0.0) rows.push_back(s);
  out.is_in.assign(static_cast<std::size_t>(stars.n_star), 0);
  out.gain.assign(static_cast<std::size_t>(stars.n_star), kNaN);
  for (const std::int64_t s : rows) out.is_in[static_cast<std::size_t>(s)] = 1;
  if (rows.size() < 3) return out;

  // The stars of least weight stay as they are.
  std::vector<std::int64_t> heavy = rows;
  std::ranges::stable_sort(heavy, [&](std::int64_t a, std::int64_t b) {
    return ensemble.weight[static_cast<std::size_t>(a)] >
           ensemble.weight[static_cast<std::size_t>(b)];
  });
  heavy.resize(std::min(heavy.size(), static_cast<std::size_t>(max_searched)));
  std::ranges::sort(heavy);

  const Search search{stars, ensemble, rows, likeness};
  if (search.n_bin() < kMinBins) return out;
  Set is_fixed(search.n_star(), 0);
  for (std::size_t i = 0; i < search.n_star(); ++i) {
    const auto row = static_cast<std::size_t>(search.row(i));
    is_fixed[i] =
        !std::ranges::binary_search(heavy, search.row(i)) || (!fixed.empty() && fixed[row]);
  }
  Set set(search.n_star(), 1);
  flip_while_better(search, set, is_fixed, true, significance, out.moves);
  flip_while_better(search, set, is_fixed, false, 0.0, out.moves);

  const auto rms = [&](const Set& s) {
    return std::sqrt(0.5 *
                     (search.mean(search.score(s, 0), 1) + search.mean(search.score(s, 1), 0)));
  };
  for (std::size_t i = 0; i < search.n_star(); ++i) {
    const auto row = static_cast<std::size_t>(search.row(i));
    out.is_in[row] = set[i];
    if (is_fixed[i] && !std::ranges::binary_search(heavy, search.row(i))) continue;
    Set with = set, without = set;
    with[i] = 1;
    without[i] = 0;
    if (std::ranges::count(without, 1) < 2) continue;
    out.gain[row] = rms(without) / rms(with) - 1.0;
  }
  return out;
}

}  // namespace skyweft::lc

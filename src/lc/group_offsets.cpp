// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/group_offsets.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/robust.hpp"
#include "lc/magfit_terms.hpp"

namespace skyweft::lc {
namespace {

constexpr std::int64_t kFewestCommon = 3;
constexpr int kMaxRounds = 20;
constexpr double kLeastScatter_mag = 1e-6;  // a step of float magnitudes

class Solver {
 public:
  Solver(std::span<const Reference> groups, const NamedColumns& stars, const Terms& terms,
         const MagfitConfig& config)
      : groups_(groups),
        config_(config),
        n_group_(groups.size()),
        n_star_(groups.empty() ? 0 : groups[0].mag.size()),
        terms_(terms, stars, static_cast<std::int64_t>(n_star_)),
        n_term_(static_cast<std::size_t>(terms.n_term())) {
    for (std::size_t k = 0; k < n_term_; ++k)
      if (std::ranges::all_of(terms.powers()[k], [](int p) { return p == 0; }))
        constant_ = static_cast<std::ptrdiff_t>(k);
    kept_.assign(n_group_, std::vector<std::uint8_t>(n_star_, 0));
    for (std::size_t g = 0; g < n_group_; ++g)
      for (std::size_t s = 0; s < n_star_; ++s)
        kept_[g][s] = groups[g].used[s] != 0 && std::isfinite(groups[g].mag[s]) ? 1 : 0;
    may_be_used_ = kept_;
    coefficients_.assign(n_group_, std::vector<double>(n_term_, 0.0));
  }

  GroupOffsets solve(std::span<const double> catalog_mag);

 private:
  double weight(std::size_t g, std::size_t s) const {
    const double err = groups_[g].err[s];
    const double sigma = (std::isfinite(err) ? err : 0.0) + config_.noise_offset_mag;
    return 1.0 / (sigma * sigma);
  }
  double term(std::size_t s, std::size_t k) const {
    return terms_.value(static_cast<std::int64_t>(s), static_cast<std::int64_t>(k));
  }
  double offset(std::size_t g, std::size_t s) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < n_term_; ++k) sum += coefficients_[g][k] * term(s, k);
    return sum;
  }
  std::int64_t common(std::size_t g, std::size_t h) const {
    std::int64_t n = 0;
    for (std::size_t s = 0; s < n_star_; ++s) n += may_be_used_[g][s] & may_be_used_[h][s];
    return n;
  }
  double mean_of_star(std::size_t s) const;
  void tie_by_medians();
  void choose_terms();
  void fit();
  bool reject();
  void tie_by_catalog(std::span<const double> catalog_mag);

  std::span<const Reference> groups_;
  const MagfitConfig& config_;
  std::size_t n_group_;
  std::size_t n_star_;
  ScaledTerms terms_;
  std::size_t n_term_;
  std::ptrdiff_t constant_ = -1;                        // index of the constant term
  std::vector<std::vector<std::uint8_t>> may_be_used_;  // [group][star]
  std::vector<std::vector<std::uint8_t>> kept_;         // [group][star]
  std::vector<std::vector<double>> coefficients_;       // [group][scaled term]
  std::vector<std::size_t> base_;                       // [group] the first one it is tied to
  std::vector<std::pair<std::size_t, std::size_t>> unknowns_;  // group, term
  std::vector<std::int64_t> n_common_;
  double rms_mag_ = 0.0;
};

/// M of a star from the kept groups tied to one another; groups of other ties must not mix, and do
/// not, as a star shared by them would tie them but for kFewestCommon.
double Solver::mean_of_star(std::size_t s) const {
  double sum = 0.0;
  double sum_w = 0.0;
  for (std::size_t g = 0; g < n_group_; ++g) {
    if (kept_[g][s] == 0) continue;
    const double w = weight(g, s);
    sum += w * (groups_[g].mag[s] - offset(g, s));
    sum_w += w;
  }
  return sum_w > 0.0 ? sum / sum_w : std::numeric_limits<double>::quiet_NaN();
}

/// Finds what is tied to what, and first constants: medians along a tree that starts at the lowest
/// group and always takes the tie of most stars.
void Solver::tie_by_medians() {
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  base_.assign(n_group_, kNone);
  std::vector<std::vector<std::int64_t>> n(n_group_, std::vector<std::int64_t>(n_group_, 0));
  for (std::size_t g = 0; g < n_group_; ++g)
    for (std::size_t h = 0; h < g; ++h) n[g][h] = n[h][g] = common(g, h);
  for (std::size_t start = 0; start < n_group_; ++start) {
    if (base_[start] != kNone) continue;
    base_[start] = start;
    for (;;) {
      std::size_t from = kNone;
      std::size_t to = kNone;
      std::int64_t most = kFewestCommon - 1;
      for (std::size_t g = 0; g < n_group_; ++g)
        for (std::size_t h = 0; h < n_group_; ++h)
          if (base_[g] == start && base_[h] == kNone && n[g][h] > most) {
            most = n[g][h];
            from = g;
            to = h;
          }
      if (to == kNone) break;
      base_[to] = start;
      if (constant_ < 0) continue;
      std::vector<double> differences;
      for (std::size_t s = 0; s < n_star_; ++s)
        if (may_be_used_[from][s] != 0 && may_be_used_[to][s] != 0)
          differences.push_back(groups_[to].mag[s] - (groups_[from].mag[s] - offset(from, s)));
      coefficients_[to][static_cast<std::size_t>(constant_)] =
          median_in_place(std::span<double>{differences});
    }
  }
  // A star that two unconnected parts share by chance helps neither.
  for (std::size_t s = 0; s < n_star_; ++s) {
    std::size_t first = kNone;
    for (std::size_t g = 0; g < n_group_; ++g) {
      if (may_be_used_[g][s] == 0) continue;
      if (first == kNone) first = base_[g];
      if (base_[g] != first) may_be_used_[g][s] = 0;
    }
  }
  kept_ = may_be_used_;
}

void Solver::choose_terms() {
  n_common_.assign(n_group_, 0);
  for (std::size_t s = 0; s < n_star_; ++s) {
    int n = 0;
    for (std::size_t g = 0; g < n_group_; ++g) n += may_be_used_[g][s];
    for (std::size_t g = 0; g < n_group_; ++g) n_common_[g] += n > 1 ? may_be_used_[g][s] : 0;
  }
  for (std::size_t g = 0; g < n_group_; ++g) {
    if (base_[g] == g) continue;
    const bool is_enough =
        static_cast<double>(n_common_[g]) >= config_.stars_per_term * static_cast<double>(n_term_);
    for (std::size_t k = 0; k < n_term_; ++k)
      if (is_enough || static_cast<std::ptrdiff_t>(k) == constant_) unknowns_.emplace_back(g, k);
  }
}

void Solver::fit() {
  const auto n = static_cast<Eigen::Index>(unknowns_.size());
  if (n == 0) return;
  Eigen::MatrixXd left = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n);
  Eigen::VectorXd row(n);
  for (std::size_t s = 0; s < n_star_; ++s) {
    double sum_w = 0.0;
    double mean = 0.0;
    int n_here = 0;
    for (std::size_t g = 0; g < n_group_; ++g) {
      if (kept_[g][s] == 0) continue;
      sum_w += weight(g, s);
      mean += weight(g, s) * groups_[g].mag[s];
      ++n_here;
    }
    if (n_here < 2) continue;
    mean /= sum_w;
    row.setZero();
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto [g, k] = unknowns_[static_cast<std::size_t>(i)];
      if (kept_[g][s] == 0) continue;
      const double w = weight(g, s);
      row[i] = w * term(s, k);
      right[i] += row[i] * (groups_[g].mag[s] - mean);
      for (Eigen::Index j = 0; j <= i; ++j) {
        const auto [h, l] = unknowns_[static_cast<std::size_t>(j)];
        if (h == g) left(i, j) += row[i] * term(s, l);
      }
    }
    for (Eigen::Index i = 0; i < n; ++i)
      if (row[i] != 0.0)
        for (Eigen::Index j = 0; j <= i; ++j) left(i, j) -= row[i] * row[j] / sum_w;
  }
  Eigen::VectorXd scale(n);
  for (Eigen::Index i = 0; i < n; ++i) scale[i] = left(i, i) > 0.0 ? std::sqrt(left(i, i)) : 1.0;
  Eigen::MatrixXd full = left.selfadjointView<Eigen::Lower>();
  full.array().rowwise() /= scale.transpose().array();
  full.array().colwise() /= scale.array();
  Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
  solver.setThreshold(1e-10);
  solver.compute(full);
  const Eigen::VectorXd scaled = solver.solve((right.array() / scale.array()).matrix());
  for (auto& of_group : coefficients_) std::ranges::fill(of_group, 0.0);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto [g, k] = unknowns_[static_cast<std::size_t>(i)];
    coefficients_[g][k] = scaled[i] / scale[i];
  }
}

/// Chooses anew what to keep; true when that changes.
bool Solver::reject() {
  std::vector<std::vector<double>> residual(n_group_, std::vector<double>(n_star_, 0.0));
  std::vector<double> sizes;
  double square = 0.0;
  double n_square = 0.0;
  for (std::size_t s = 0; s < n_star_; ++s) {
    int n_here = 0;
    for (std::size_t g = 0; g < n_group_; ++g) n_here += may_be_used_[g][s];
    if (n_here < 2) continue;
    // About the median of the groups, so that one bad group of several does not hide.
    std::vector<double> levels;
    for (std::size_t g = 0; g < n_group_; ++g)
      if (may_be_used_[g][s] != 0) levels.push_back(groups_[g].mag[s] - offset(g, s));
    const double middle = median_in_place(std::span<double>{levels});
    bool is_middle_out = n_here % 2 == 0;  // of an odd number, the middle one says nothing
    for (std::size_t g = 0; g < n_group_; ++g) {
      if (may_be_used_[g][s] == 0) continue;
      residual[g][s] = groups_[g].mag[s] - offset(g, s) - middle;
      if (residual[g][s] == 0.0 && !is_middle_out)
        is_middle_out = true;
      else
        sizes.push_back(std::abs(residual[g][s]) * std::sqrt(weight(g, s)));
      if (kept_[g][s] == 0) continue;
      square += residual[g][s] * residual[g][s];
      n_square += 1.0;
    }
  }
  rms_mag_ = n_square > 0.0 ? std::sqrt(square / n_square) : 0.0;
  if (sizes.empty()) return false;
  const double scatter = kMadToSigma * median_in_place(std::span<double>{sizes});
  bool is_changed = false;
  for (std::size_t g = 0; g < n_group_; ++g)
    for (std::size_t s = 0; s < n_star_; ++s) {
      if (may_be_used_[g][s] == 0) continue;
      const double sigma = std::max(scatter / std::sqrt(weight(g, s)), kLeastScatter_mag);
      const std::uint8_t keep = std::abs(residual[g][s]) <= config_.reject * sigma ? 1 : 0;
      is_changed = is_changed || keep != kept_[g][s];
      kept_[g][s] = keep;
    }
  return is_changed;
}

void Solver::tie_by_catalog(std::span<const double> catalog_mag) {
  if (catalog_mag.empty() || constant_ < 0) return;
  std::vector<std::vector<double>> differences(n_group_);  // by base
  for (std::size_t s = 0; s < n_star_; ++s) {
    const double mean = mean_of_star(s);
    if (!std::isfinite(mean) || !std::isfinite(catalog_mag[s])) continue;
    for (std::size_t g = 0; g < n_group_; ++g)
      if (kept_[g][s] != 0) {
        differences[base_[g]].push_back(catalog_mag[s] - mean);
        break;
      }
  }
  std::vector<double> level(n_group_);
  for (std::size_t g = 0; g < n_group_; ++g)
    level[g] = median_in_place(std::span<double>{differences[g]});
  for (std::size_t g = 0; g < n_group_; ++g) {
    const double tie = level[base_[g]] - level[0];
    if (base_[g] != 0 && std::isfinite(tie))
      coefficients_[g][static_cast<std::size_t>(constant_)] -= tie;
  }
}

GroupOffsets Solver::solve(std::span<const double> catalog_mag) {
  tie_by_medians();
  choose_terms();
  bool is_changed = reject();
  for (int round = 0; round < kMaxRounds; ++round) {
    fit();
    is_changed = reject();
    if (!is_changed) break;
  }
  if (is_changed) fit();
  tie_by_catalog(catalog_mag);
  GroupOffsets out;
  out.rms_mag = rms_mag_;
  out.n_common = n_common_;
  for (std::size_t g = 0; g < n_group_; ++g) {
    out.tied_to.push_back(static_cast<std::int64_t>(base_[g]));
    out.coefficients.push_back(terms_.as_written(coefficients_[g]));
    auto& shift = out.shift_mag.emplace_back();
    for (std::size_t s = 0; s < n_star_; ++s) shift.push_back(offset(g, s));
  }
  return out;
}

}  // namespace

GroupOffsets solve_group_offsets(std::span<const Reference> groups, const NamedColumns& stars,
                                 std::span<const double> catalog_mag, const Terms& terms,
                                 const MagfitConfig& config) {
  return Solver{groups, stars, terms, config}.solve(catalog_mag);
}

}  // namespace skyweft::lc

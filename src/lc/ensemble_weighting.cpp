// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble_weighting.hpp"

#include <algorithm>
#include <cmath>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

/// No star's relative flux is known better than floats hold it (2^-25), squared.
constexpr double kLeastVariance = 9e-16;
/// The rest of a sum after taking one term off is summed anew when it is smaller than this part.
constexpr double kSafeRest = 1e-3;

}  // namespace

EnsembleWeighting::EnsembleWeighting(const FluxMatrix& stars, std::span<const std::uint8_t> used,
                                     const EnsembleConfig& config)
    : stars_(stars), config_(config) {
  const auto n = static_cast<std::size_t>(stars.n_star);
  const std::size_t n_point = n * static_cast<std::size_t>(stars.n_time);
  is_used_.assign(n, 0);
  level_.assign(n, kNaN);
  variance_.assign(n, kNaN);
  scatter_.assign(n, kNaN);
  formal2_.assign(n, kNaN);
  counts_.assign(n_point, 0);
  weight_.assign(n_point, 0.0);
  for (std::int64_t s = 0; s < stars.n_star; ++s)
    if (used.empty() || used[static_cast<std::size_t>(s)]) enter(s);
  sum_.assign(static_cast<std::size_t>(stars.n_time), 0.0);
  sum_w_ = sum_;
  mean_.assign(static_cast<std::size_t>(stars.n_time), 1.0);
  drop_lonely();
  spread_formal_errors();
  for (std::int64_t s = 0; s < stars.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    variance_[i] = stars.err.empty() ? 1.0 : std::max(formal2_[i], kLeastVariance);
  }
}

void EnsembleWeighting::settle(Ensemble& out) {
  for (out.has_settled = false; !out.has_settled && n_round_ < config_.max_rounds; ++n_round_) {
    weigh();
    combine();
    const bool same_variances = new_variances();
    out.has_settled = new_levels() && same_variances;
    spread_formal_errors();
  }
  out.n_round = n_round_;
}

bool EnsembleWeighting::reject() {
  if (config_.reject <= 0.0 || n_used() < 3) return false;
  std::vector<double> worst(sum_.size(), config_.reject);
  std::vector<std::int64_t> who(sum_.size(), -1);
  std::vector<double> r(sum_.size());
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    if (!is_used_[static_cast<std::size_t>(s)]) continue;
    residuals(s, r);
    const RobustSummary about = robust_summary(std::span<const double>{r});
    for (std::size_t t = 0; t < r.size(); ++t) {
      const double expected = std::max({about.sigma, formal_[at(s, t)], std::sqrt(kLeastVariance)});
      const double off = std::abs(r[t] - about.median) / expected;
      if (!(off > worst[t])) continue;
      worst[t] = off;
      who[t] = s;
    }
  }
  bool any = false;
  for (std::size_t t = 0; t < who.size(); ++t) {
    if (who[t] < 0) continue;
    counts_[at(who[t], t)] = 0;
    any = true;
  }
  return any;
}

bool EnsembleWeighting::drop_light() {
  double sum = 0.0;
  for (std::size_t s = 0; s < is_used_.size(); ++s)
    if (is_used_[s]) sum += 1.0 / variance_[s];
  bool any = false;
  for (std::size_t s = 0; s < is_used_.size(); ++s) {
    if (!is_used_[s] || 1.0 / variance_[s] >= config_.min_weight * sum) continue;
    is_used_[s] = 0;
    any = true;
  }
  return any;
}

void EnsembleWeighting::finish(Ensemble& out) {
  weigh();
  combine();
  const double clear = median_of_finite(std::span<const double>{mean_});
  if (clear > 0.0) {
    for (double& l : level_) l *= clear;
    combine();
  }
  spread_formal_errors();
  const auto n_time = static_cast<std::size_t>(stars_.n_time);
  out.level = level_;
  out.scatter = scatter_;
  out.point_weight = weight_;
  out.weight.assign(is_used_.size(), 0.0);
  out.formal.assign(is_used_.size(), kNaN);
  out.n_points.assign(is_used_.size(), 0);
  double sum = 0.0;
  for (std::size_t s = 0; s < is_used_.size(); ++s) {
    if (!is_used_[s]) {
      out.level[s] = out.scatter[s] = kNaN;
      continue;
    }
    out.weight[s] = 1.0 / variance_[s];
    sum += out.weight[s];
    if (!stars_.err.empty()) out.formal[s] = std::sqrt(formal2_[s]);
    for (std::size_t t = 0; t < n_time; ++t)
      out.n_points[s] += weight_[s * n_time + t] > 0.0 ? 1 : 0;
  }
  if (sum > 0.0)
    for (double& w : out.weight) w /= sum;
}

std::int64_t EnsembleWeighting::n_used() const {
  return std::ranges::count(is_used_, 1);
}

/// Which points of a star count, and its first level.
void EnsembleWeighting::enter(std::int64_t s) {
  const auto flux = stars_.flux_of(s);
  const auto err = stars_.err_of(s);
  std::vector<double> there;
  for (std::size_t t = 0; t < flux.size(); ++t) {
    if (!std::isfinite(flux[t])) continue;
    if (!err.empty() && !(err[t] > 0.0 && std::isfinite(err[t]))) continue;
    counts_[at(s, t)] = 1;
    there.push_back(flux[t]);
  }
  const auto i = static_cast<std::size_t>(s);
  if (static_cast<std::int64_t>(there.size()) < config_.min_points) return;
  level_[i] = median_in_place(std::span<double>{there});
  is_used_[i] = level_[i] > 0.0 && std::isfinite(level_[i]);
}

/// Stars that are hardly ever measured together with another say nothing about it.
void EnsembleWeighting::drop_lonely() {
  while (n_used() > 1) {
    std::vector<std::int32_t> n_there(static_cast<std::size_t>(stars_.n_time), 0);
    for (std::int64_t s = 0; s < stars_.n_star; ++s)
      for (std::size_t t = 0; t < n_there.size() && is_used_[static_cast<std::size_t>(s)]; ++t)
        n_there[t] += counts_[at(s, t)];
    std::int64_t loneliest = -1, fewest = config_.min_points;
    for (std::int64_t s = 0; s < stars_.n_star; ++s) {
      if (!is_used_[static_cast<std::size_t>(s)]) continue;
      std::int64_t n = 0;
      for (std::size_t t = 0; t < n_there.size(); ++t)
        n += counts_[at(s, t)] && n_there[t] > 1 ? 1 : 0;
      if (n >= fewest) continue;
      fewest = n;
      loneliest = s;
    }
    if (loneliest < 0) return;
    is_used_[static_cast<std::size_t>(loneliest)] = 0;
  }
}

/// Formal relative errors of all points at the present levels: of the expected flux and not of
/// the measured one, so that a point's noise does not enter its weight.
void EnsembleWeighting::spread_formal_errors() {
  if (formal_.empty()) formal_.assign(counts_.size(), 0.0);
  if (stars_.err.empty()) return;
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (!is_used_[i]) continue;
    const auto err = stars_.err_of(s);
    double sum = 0.0, n = 0.0;
    for (std::size_t t = 0; t < err.size(); ++t) {
      if (!counts_[at(s, t)] || !(mean_[t] > 0.0)) continue;
      const double e = err[t] / (level_[i] * mean_[t]);
      formal_[at(s, t)] = e;
      sum += e * e;
      n += 1.0;
    }
    formal2_[i] = n > 0.0 ? sum / n : kLeastVariance;
  }
}

/// Shares every star's variance out over its points.
void EnsembleWeighting::weigh() {
  std::ranges::fill(weight_, 0.0);
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (!is_used_[i]) continue;
    const double formal2 = stars_.err.empty() ? 0.0 : formal2_[i];
    const double extra = std::max(0.0, variance_[i] - formal2);
    const double scale = formal2 > 0.0 ? std::min(1.0, variance_[i] / formal2) : 0.0;
    for (std::size_t t = 0; t < sum_.size(); ++t) {
      const std::size_t k = at(s, t);
      if (counts_[k] && mean_[t] > 0.0)
        weight_[k] = 1.0 / std::max(extra + scale * formal_[k] * formal_[k], kLeastVariance);
    }
  }
}

/// The weighted mean of all stars over their levels.
void EnsembleWeighting::combine() {
  std::ranges::fill(sum_, 0.0);
  std::ranges::fill(sum_w_, 0.0);
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (!is_used_[i]) continue;
    const auto flux = stars_.flux_of(s);
    const double per_level = 1.0 / level_[i];
    for (std::size_t t = 0; t < flux.size(); ++t) {
      const double w = weight_[at(s, t)];
      if (!(w > 0.0)) continue;
      sum_[t] += w * flux[t] * per_level;
      sum_w_[t] += w;
    }
  }
  for (std::size_t t = 0; t < mean_.size(); ++t)
    mean_[t] = sum_w_[t] > 0.0 ? sum_[t] / sum_w_[t] : kNaN;
}

/// One star over the mean of the others, minus 1; NaN where there is none.
void EnsembleWeighting::residuals(std::int64_t s, std::vector<double>& r) const {
  const auto flux = stars_.flux_of(s);
  const double per_level = 1.0 / level_[static_cast<std::size_t>(s)];
  for (std::size_t t = 0; t < flux.size(); ++t) {
    const double w = weight_[at(s, t)];
    r[t] = kNaN;
    if (!(w > 0.0)) continue;
    const double f = flux[t] * per_level;
    double rest_w = sum_w_[t] - w;
    double rest = sum_[t] - w * f;
    if (rest_w < kSafeRest * sum_w_[t]) {
      rest = rest_w = 0.0;
      for (std::int64_t k = 0; k < stars_.n_star; ++k) {
        const double other = weight_[at(k, t)];
        if (k == s || !(other > 0.0)) continue;
        rest_w += other;
        rest += other * stars_.flux_of(k)[t] / level_[static_cast<std::size_t>(k)];
      }
    }
    if (rest_w > 0.0 && rest > 0.0) r[t] = f * rest_w / rest - 1.0;
  }
}

/// Says whether they are the old ones.
bool EnsembleWeighting::new_variances() {
  bool is_same = true;
  std::vector<double> r(sum_.size());
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (!is_used_[i]) continue;
    residuals(s, r);
    double n = 0.0, mean = 0.0, squares = 0.0;
    for (const double v : r)
      if (std::isfinite(v)) {
        n += 1.0;
        mean += v;
      }
    if (n < 2.0) continue;  // never seen together with another star: what it began with
    mean /= n;
    for (const double v : r)
      if (std::isfinite(v)) squares += (v - mean) * (v - mean);
    const double variance = std::max(squares / (n - 1.0), kLeastVariance);
    if (std::abs(variance - variance_[i]) > config_.tolerance * variance_[i]) is_same = false;
    variance_[i] = variance;
    scatter_[i] = std::sqrt(variance);
  }
  return is_same;
}

/// Says whether they are the old ones.
bool EnsembleWeighting::new_levels() {
  bool is_same = true;
  for (std::int64_t s = 0; s < stars_.n_star; ++s) {
    const auto i = static_cast<std::size_t>(s);
    if (!is_used_[i]) continue;
    const auto flux = stars_.flux_of(s);
    double sum = 0.0, sum_w = 0.0;
    for (std::size_t t = 0; t < flux.size(); ++t) {
      const double w = weight_[at(s, t)];
      if (!(w > 0.0) || !(mean_[t] > 0.0)) continue;
      sum += w * flux[t] / (level_[i] * mean_[t]);
      sum_w += w;
    }
    const double factor = sum / sum_w;
    if (!(sum_w > 0.0) || !(factor > 0.0)) continue;
    if (std::abs(factor - 1.0) > config_.tolerance * std::sqrt(variance_[i])) is_same = false;
    level_[i] *= factor;
  }
  return is_same;
}

}  // namespace skyweft::lc

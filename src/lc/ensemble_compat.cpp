// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/ensemble_compat.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr int kMaxRounds = 200;

double mean_of(std::span<const double> v) {
  return std::accumulate(v.begin(), v.end(), 0.0) / static_cast<double>(v.size());
}

double population_std(std::span<const double> v) {
  const double mean = mean_of(v);
  double sum = 0.0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return std::sqrt(sum / static_cast<double>(v.size()));
}

/// Every star over its mean, [star][time].
std::vector<double> relative(const FluxMatrix& stars) {
  std::vector<double> out;
  out.reserve(stars.flux.size());
  for (std::int64_t s = 0; s < stars.n_star; ++s) {
    const double mean = mean_of(stars.flux_of(s));
    for (const double f : stars.flux_of(s)) out.push_back(f / mean);
  }
  return out;
}

/// 1/std^power; 0 where that is not finite.
double weight_of(std::span<const double> series, double power) {
  const double weight = 1.0 / std::pow(population_std(series), power);
  return std::isfinite(weight) ? weight : 0.0;
}

}  // namespace

CompatWeights compat_weights(const FluxMatrix& stars, double power, double tolerance) {
  const auto n_star = static_cast<std::size_t>(stars.n_star);
  const auto n_time = static_cast<std::size_t>(stars.n_time);
  const std::vector<double> f = relative(stars);
  CompatWeights out;
  for (std::size_t s = 0; s < n_star; ++s)
    out.weight.push_back(weight_of(std::span{f}.subspan(s * n_time, n_time), power));
  out.n_round = 1;
  double change = std::numeric_limits<double>::infinity();
  std::vector<double> series(n_time);
  while (change >= tolerance && out.n_round < kMaxRounds && n_star > 0) {
    std::vector<double> next(n_star);
    for (std::size_t s = 0; s < n_star; ++s) {
      for (std::size_t t = 0; t < n_time; ++t) {
        double sum = 0.0, sum_w = 0.0;
        for (std::size_t k = 0; k < n_star; ++k) {
          if (k == s) continue;
          sum_w += out.weight[k];
          sum += out.weight[k] * f[k * n_time + t];
        }
        series[t] = f[s * n_time + t] * sum_w / sum;
      }
      next[s] = weight_of(series, power);
    }
    change = std::abs(mean_of(next) - mean_of(out.weight));
    out.weight = std::move(next);
    ++out.n_round;
  }
  return out;
}

double compat_binned_noise(std::span<const double> flux, std::int64_t n_per_bin) {
  const auto width = static_cast<std::size_t>(n_per_bin);
  double sum = 0.0, n = 0.0;
  for (std::size_t at = 0; at < flux.size(); at += width) {
    sum += population_std(flux.subspan(at, std::min(width, flux.size() - at)));
    n += 1.0;
  }
  return sum / n;
}

std::vector<double> compat_differential(const FluxMatrix& stars, std::span<const double> weight,
                                        std::int64_t target, std::span<const std::int64_t> chosen) {
  const double own = mean_of(stars.flux_of(target));
  std::vector<double> mean;
  for (const std::int64_t k : chosen) mean.push_back(mean_of(stars.flux_of(k)));
  std::vector<double> out;
  for (std::size_t t = 0; t < static_cast<std::size_t>(stars.n_time); ++t) {
    double sum = 0.0, sum_w = 0.0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i] == target) continue;
      const double w = weight[static_cast<std::size_t>(chosen[i])];
      sum_w += w;
      sum += w * (stars.flux_of(chosen[i])[t] / mean[i]);
    }
    out.push_back(stars.flux_of(target)[t] / own * sum_w / sum);
  }
  return out;
}

CompatChoice compat_choice(const FluxMatrix& stars, std::span<const double> weight,
                           std::int64_t target) {
  CompatChoice out;
  out.order.resize(static_cast<std::size_t>(stars.n_star));
  std::iota(out.order.begin(), out.order.end(), 0);
  std::ranges::stable_sort(out.order, [&](std::int64_t a, std::int64_t b) {
    return weight[static_cast<std::size_t>(a)] > weight[static_cast<std::size_t>(b)];
  });
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t n = 0; n < out.order.size(); ++n) {
    const auto first = std::span<const std::int64_t>{out.order}.first(n);
    const double noise = compat_binned_noise(compat_differential(stars, weight, target, first));
    out.noise.push_back(noise);
    if (!std::isfinite(noise)) continue;
    if (!(noise < least)) break;
    least = noise;
  }
  for (std::size_t i = 0; i + 2 < out.noise.size(); ++i)
    if (out.order[i] != target) out.stars.push_back(out.order[i]);
  return out;
}

std::vector<double> prose_errors(const FluxMatrix& stars, std::span<const double> weight,
                                 std::int64_t target, std::span<const std::int64_t> chosen) {
  std::vector<double> out(static_cast<std::size_t>(stars.n_time), kNaN);
  if (stars.err.empty()) return out;
  const double own = mean_of(stars.flux_of(target));
  std::vector<double> mean;
  for (const std::int64_t k : chosen) mean.push_back(mean_of(stars.flux_of(k)));
  for (std::size_t t = 0; t < out.size(); ++t) {
    double sum = 0.0, sum_w2 = 0.0;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
      if (chosen[i] == target) continue;
      const double w = weight[static_cast<std::size_t>(chosen[i])];
      const double e = stars.err_of(chosen[i])[t] / mean[i];
      sum += w * w * e * e;
      sum_w2 += w * w;
    }
    const double e = stars.err_of(target)[t] / own;
    out[t] = std::sqrt(e * e + sum / sum_w2);
  }
  return out;
}

}  // namespace skyweft::lc

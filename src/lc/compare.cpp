// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/compare.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr std::uint64_t kSeedOfTotal = std::uint64_t{1} << 63;

bool takes_part(const StarPair& star) {
  return std::isfinite(star.mag) && std::isfinite(star.scatter_a) &&
         std::isfinite(star.scatter_b) && star.scatter_a > 0.0 && star.scatter_b > 0.0;
}

/// A whole number below n from 64 random bits, the same on every system.
std::size_t below(std::mt19937_64& random, std::size_t n) {
  constexpr double kPer = 0x1.0p-53;
  const double share = static_cast<double>(random() >> 11) * kPer;
  return std::min(n - 1, static_cast<std::size_t>(share * static_cast<double>(n)));
}

/// The standard deviation of the median over resamples. The median of a resample is the value whose
/// rank is the median of the ranks drawn, so ranks are counted and no value is sorted again.
double bootstrap_error(std::vector<double> values, std::uint64_t seed, int n_resample) {
  const std::size_t n = values.size();
  if (n < 2 || n_resample < 2) return kNaN;
  std::ranges::sort(values);
  std::mt19937_64 random{seed};
  std::vector<std::uint32_t> drawn(n);
  const auto value_of_rank = [&](std::size_t rank) {
    std::size_t before = 0;
    std::size_t k = 0;
    while (before + drawn[k] <= rank) before += drawn[k++];
    return values[k];
  };
  double sum = 0.0;
  double squares = 0.0;
  const double middle = values[n / 2];  // so that equal values leave no rounding
  for (int r = 0; r < n_resample; ++r) {
    std::ranges::fill(drawn, 0);
    for (std::size_t i = 0; i < n; ++i) ++drawn[below(random, n)];
    const double d = 0.5 * (value_of_rank((n - 1) / 2) + value_of_rank(n / 2)) - middle;
    sum += d;
    squares += d * d;
  }
  const double count = static_cast<double>(n_resample);
  return std::sqrt(std::max(0.0, squares - sum * sum / count) / (count - 1.0));
}

template <class Get>
double median_over(std::span<const StarPair* const> stars, Get get) {
  std::vector<double> values;
  for (const StarPair* star : stars) values.push_back(get(*star));
  return median_in_place(std::span<double>{values});
}

ScatterComparison compare_stars(std::span<const StarPair* const> stars, std::uint64_t seed,
                                int n_resample) {
  ScatterComparison out;
  out.n_star = std::ssize(stars);
  out.scatter_a = median_over(stars, [](const StarPair& s) { return s.scatter_a; });
  out.scatter_b = median_over(stars, [](const StarPair& s) { return s.scatter_b; });
  out.points_a =
      median_over(stars, [](const StarPair& s) { return static_cast<double>(s.n_points_a); });
  out.points_b =
      median_over(stars, [](const StarPair& s) { return static_cast<double>(s.n_points_b); });
  std::vector<double> ratios;
  std::int64_t n_better = 0;
  std::int64_t n_worse = 0;
  double points_a = 0.0;
  double points_b = 0.0;
  for (const StarPair* star : stars) {
    ratios.push_back(star->scatter_b / star->scatter_a);
    n_better += star->scatter_b < star->scatter_a ? 1 : 0;
    n_worse += star->scatter_b > star->scatter_a ? 1 : 0;
    points_a += static_cast<double>(star->n_points_a);
    points_b += static_cast<double>(star->n_points_b);
  }
  const auto n = static_cast<double>(stars.size());
  out.better = static_cast<double>(n_better) / n;
  out.worse = static_cast<double>(n_worse) / n;
  out.points_kept = points_a > 0.0 ? points_b / points_a : kNaN;
  out.ratio_err = bootstrap_error(ratios, seed, n_resample);
  out.ratio = median_in_place(std::span<double>{ratios});
  return out;
}

}  // namespace

std::vector<ScatterComparison> compare_scatter(std::span<const StarPair> stars, double width_mag,
                                               int n_resample) {
  std::map<std::int64_t, std::vector<const StarPair*>> bins;
  std::vector<const StarPair*> all;
  for (const StarPair& star : stars) {
    if (!takes_part(star)) continue;
    bins[static_cast<std::int64_t>(std::floor(star.mag / width_mag))].push_back(&star);
    all.push_back(&star);
  }
  std::vector<ScatterComparison> out;
  const auto add = [&](std::span<const StarPair* const> some, std::uint64_t seed,
                       std::int64_t first, std::int64_t last) {
    out.push_back(compare_stars(some, seed, n_resample));
    out.back().from_mag = static_cast<double>(first) * width_mag;
    out.back().to_mag = static_cast<double>(last + 1) * width_mag;
  };
  for (const auto& [number, some] : bins)
    add(some, static_cast<std::uint64_t>(number), number, number);
  if (!all.empty()) add(all, kSeedOfTotal, bins.begin()->first, bins.rbegin()->first);
  return out;
}

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/aperture_merit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr std::array<std::string_view, 4> kNames{"stddiff", "binned", "stability", "pont"};
constexpr double kHighSigma = 4.0;
constexpr std::int64_t kRunPoints = 12;
constexpr std::size_t kLongestRun = 29;

std::vector<double> finite_of(std::span<const double> values) {
  std::vector<double> out;
  for (const double v : values)
    if (std::isfinite(v)) out.push_back(v);
  return out;
}

/// Sum of squares about the mean.
double squares_of(std::span<const double> v) {
  double mean = 0.0;
  for (const double x : v) mean += x;
  mean /= static_cast<double>(v.size());
  double sum = 0.0;
  for (const double x : v) sum += (x - mean) * (x - mean);
  return sum;
}

/// Mean |difference| to the neighbouring apertures over points finite in both.
double instability(std::span<const std::vector<double>> curves, std::size_t k) {
  double sum = 0.0, n = 0.0;
  const auto add = [&](std::size_t other) {
    for (std::size_t t = 0; t < curves[k].size(); ++t) {
      const double d = std::abs(curves[k][t] - curves[other][t]);
      if (!std::isfinite(d)) continue;
      sum += d;
      n += 1.0;
    }
  };
  if (k > 0) add(k - 1);
  if (k + 1 < curves.size()) add(k + 1);
  return n > 0.0 ? sum / n : kNaN;
}

}  // namespace

ApertureMerit merit_of_name(std::string_view name) {
  const auto it = std::ranges::find(kNames, name);
  if (it == kNames.end())
    throw Error{Errc::usage, fmt::format("merit {} is none of {}", name, fmt::join(kNames, ", "))};
  return static_cast<ApertureMerit>(it - kNames.begin());
}

std::string_view name_of(ApertureMerit merit) noexcept {
  return kNames[static_cast<std::size_t>(merit)];
}

double difference_noise(std::span<const double> flux) {
  const std::vector<double> v = finite_of(flux);
  if (v.size() < 3) return kNaN;
  std::vector<double> d;
  for (std::size_t i = 1; i < v.size(); ++i) d.push_back(v[i] - v[i - 1]);
  return std::sqrt(squares_of(d) / static_cast<double>(d.size()));
}

double within_bins_noise(std::span<const double> flux, std::int64_t n_per_bin) {
  const std::vector<double> v = finite_of(flux);
  const auto width = static_cast<std::size_t>(n_per_bin);
  double sum = 0.0, freedom = 0.0;
  for (std::size_t at = 0; at < v.size(); at += width) {
    const auto run = std::span{v}.subspan(at, std::min(width, v.size() - at));
    sum += squares_of(run);
    freedom += static_cast<double>(run.size() - 1);
  }
  return freedom > 0.0 ? std::sqrt(sum / freedom) : kNaN;
}

double PontNoise::of_mean(double n) const {
  return std::sqrt(white * white / n + red * red);
}

PontNoise pont_noise(std::span<const double> flux) {
  const std::vector<double> v = finite_of(flux);
  if (v.size() < static_cast<std::size_t>(kRunPoints)) return {kNaN, kNaN};
  // Weighted least squares of variance over 1/n, both parts at least 0.
  double s = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (std::size_t n = 1; n <= kLongestRun && v.size() / n >= 4; ++n) {
    std::vector<double> means;
    for (std::size_t at = 0; at + n <= v.size(); at += n) {
      double sum = 0.0;
      for (std::size_t i = at; i < at + n; ++i) sum += v[i];
      means.push_back(sum / static_cast<double>(n));
    }
    const double variance = squares_of(means) / static_cast<double>(means.size() - 1);
    const double x = 1.0 / static_cast<double>(n);
    const double w = static_cast<double>(means.size() - 1) * static_cast<double>(n * n);
    s += w;
    sx += w * x;
    sy += w * variance;
    sxx += w * x * x;
    sxy += w * x * variance;
  }
  const double determinant = s * sxx - sx * sx;
  double white2 = determinant > 0.0 ? (s * sxy - sx * sy) / determinant : sxy / sxx;
  double red2 = (sy - white2 * sx) / s;
  if (red2 < 0.0) {
    red2 = 0.0;
    white2 = sxy / sxx;
  } else if (white2 < 0.0) {
    white2 = 0.0;
    red2 = sy / s;
  }
  return {std::sqrt(white2), std::sqrt(red2)};
}

std::vector<double> aperture_merits(std::span<const std::vector<double>> curves,
                                    std::span<const std::uint8_t> counts, ApertureMerit merit) {
  if (curves.empty()) return {};
  const std::size_t n_time = curves.front().size();
  std::vector<std::uint8_t> is_good(n_time, 1);
  for (std::size_t t = 0; t < n_time && !counts.empty(); ++t) is_good[t] = counts[t];
  const std::vector<std::uint8_t> asked = is_good;
  for (const auto& curve : curves) {
    std::vector<double> quiet;
    for (std::size_t t = 0; t < n_time; ++t)
      if (asked[t]) quiet.push_back(curve[t]);
    const RobustSummary about = robust_summary(std::span<const double>{quiet});
    for (std::size_t t = 0; t < n_time; ++t)
      if (curve[t] > about.median + kHighSigma * about.sigma) is_good[t] = 0;
  }
  std::vector<std::vector<double>> kept;
  for (const auto& curve : curves) {
    auto& to = kept.emplace_back();
    for (std::size_t t = 0; t < n_time; ++t)
      if (is_good[t]) to.push_back(curve[t]);
  }
  std::vector<double> out;
  for (std::size_t k = 0; k < kept.size(); ++k) {
    switch (merit) {
      case ApertureMerit::stddiff:
        out.push_back(difference_noise(kept[k]));
        break;
      case ApertureMerit::binned:
        out.push_back(within_bins_noise(kept[k], kRunPoints));
        break;
      case ApertureMerit::stability:
        out.push_back(instability(kept, k));
        break;
      case ApertureMerit::pont:
        out.push_back(pont_noise(kept[k]).of_mean(static_cast<double>(kRunPoints)));
        break;
    }
  }
  return out;
}

std::int64_t best_aperture(std::span<const double> merits) {
  std::int64_t best = -1;
  for (std::size_t k = 0; k < merits.size(); ++k)
    if (std::isfinite(merits[k]) &&
        (best < 0 || merits[k] < merits[static_cast<std::size_t>(best)]))
      best = static_cast<std::int64_t>(k);
  return best;
}

}  // namespace skyweft::lc

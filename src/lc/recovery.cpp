// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/recovery.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/robust.hpp"
#include "lc/statistics.hpp"

namespace skyweft::lc {
namespace {

constexpr double kClip = 5.0;
constexpr int kRounds = 5;
constexpr std::int64_t kLeast = 3;
constexpr double kMedianOverMean = 1.2533;  // error of a median over that of a mean, √(π/2)

struct Points {
  std::vector<double> shape, mag, weight;
  std::vector<std::int32_t> group;
  std::size_t size() const { return mag.size(); }
};

Points usable_points(std::span<const double> shape, std::span<const float> mag,
                     std::span<const float> mag_err, std::span<const std::int32_t> group) {
  Points p;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!std::isfinite(mag[i]) || !std::isfinite(shape[i]) || !(mag_err[i] > 0.0F) ||
        !std::isfinite(mag_err[i]))
      continue;
    const auto err = static_cast<double>(mag_err[i]);
    p.shape.push_back(shape[i]);
    p.mag.push_back(static_cast<double>(mag[i]));
    p.weight.push_back(1.0 / (err * err));
    p.group.push_back(group.empty() ? 0 : group[i]);
  }
  return p;
}

/// Points in the upper half of the shape, and how many runs of them there are.
struct Inside {
  std::int64_t n = 0;
  std::int64_t runs = 0;
};

Inside inside_of(const Points& p) {
  Inside out;
  if (p.size() == 0) return out;
  const auto [low, high] = std::ranges::minmax(p.shape);
  if (!(high > low)) return out;
  bool before = false;
  for (const double s : p.shape) {
    const bool here = s > 0.5 * (low + high);
    out.n += here;
    out.runs += here && !before;
    before = here;
  }
  return out;
}

/// Removes the weighted mean of every group.
std::vector<double> centred(const std::vector<double>& values, const Points& p) {
  std::map<std::int32_t, std::pair<double, double>> sums;
  for (std::size_t i = 0; i < p.size(); ++i) {
    auto& [sum, weight] = sums[p.group[i]];
    sum += p.weight[i] * values[i];
    weight += p.weight[i];
  }
  std::vector<double> out = values;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const auto& [sum, weight] = sums[p.group[i]];
    if (weight > 0.0) out[i] -= sum / weight;
  }
  return out;
}

struct Fit {
  double amplitude = kNaN;
  double error = kNaN;
  std::vector<double> residual;
};

Fit fit_once(const Points& p) {
  const std::vector<double> s = centred(p.shape, p), m = centred(p.mag, p);
  double ss = 0.0, sm = 0.0, rr = 0.0;
  std::int64_t n = 0;
  std::set<std::int32_t> groups;
  for (std::size_t i = 0; i < p.size(); ++i) {
    ss += p.weight[i] * s[i] * s[i];
    sm += p.weight[i] * s[i] * m[i];
    if (!(p.weight[i] > 0.0)) continue;
    ++n;
    groups.insert(p.group[i]);
  }
  Fit fit;
  const std::int64_t free = n - std::ssize(groups) - 1;
  if (!(ss > 0.0) || free < kLeast) return fit;
  fit.amplitude = sm / ss;
  for (std::size_t i = 0; i < p.size(); ++i) {
    fit.residual.push_back(m[i] - fit.amplitude * s[i]);
    rr += p.weight[i] * fit.residual[i] * fit.residual[i];
  }
  fit.error = std::sqrt(rr / static_cast<double>(free) / ss);
  return fit;
}

/// The fit of least absolute residuals, by reweighting: outliers do not pull it.
Fit robust_fit(const Points& p) {
  constexpr int kReweightings = 20;
  constexpr double kLeastPull = 1e-3;  // of the formal errors: below that a point weighs no more
  Points by_distance = p;
  Fit fit = fit_once(p);
  for (int round = 0; round < kReweightings && std::isfinite(fit.amplitude); ++round) {
    for (std::size_t i = 0; i < p.size(); ++i)
      by_distance.weight[i] =
          p.weight[i] / std::max(kLeastPull, std::abs(fit.residual[i]) * std::sqrt(p.weight[i]));
    fit = fit_once(by_distance);
  }
  return fit;
}

/// Takes the weight off outliers; false when there is none.
bool drop_outliers(Points& p, const Fit& fit) {
  std::vector<double> pull;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p.weight[i] > 0.0) pull.push_back(fit.residual[i] * std::sqrt(p.weight[i]));
  const double limit = kClip * std::max(1.0, robust_summary(std::span<const double>{pull}).sigma);
  bool any = false;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (!(p.weight[i] > 0.0) || !(std::abs(fit.residual[i]) * std::sqrt(p.weight[i]) > limit))
      continue;
    p.weight[i] = 0.0;
    any = true;
  }
  return any;
}

double beta_of(const Points& p, const Fit& fit, const Inside& inside) {
  std::vector<float> residual;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (p.weight[i] > 0.0) residual.push_back(static_cast<float>(fit.residual[i]));
  const std::int64_t length =
      std::max<std::int64_t>(2, inside.n / std::max<std::int64_t>(1, inside.runs));
  const double beta = red_noise_beta(residual, length);
  return beta > 1.0 ? beta : 1.0;  // also for NaN
}

}  // namespace

Recovered recover_signal(std::span<const double> shape, std::span<const float> mag,
                         std::span<const float> mag_err, std::span<const std::int32_t> group) {
  Points p = usable_points(shape, mag, mag_err, group);
  const Inside inside = inside_of(p);
  Recovered out;
  out.n_point = std::ssize(p.mag);
  out.n_inside = inside.n;
  if (inside.n < kLeast || out.n_point - inside.n < kLeast) return out;
  Fit fit = robust_fit(p);
  for (int round = 0; round < kRounds && std::isfinite(fit.amplitude); ++round) {
    const bool changed = drop_outliers(p, fit);
    if (!changed && round > 0) break;
    fit = fit_once(p);
  }
  if (!std::isfinite(fit.amplitude)) return out;
  out.beta = beta_of(p, fit, inside);
  out.amplitude_mag = fit.amplitude;
  out.error_mag = fit.error * out.beta;
  return out;
}

RecoveryBin summarise_recovery(std::span<const RecoveredStar> stars, double least_snr) {
  RecoveryBin bin;
  bin.n_star = std::ssize(stars);
  std::vector<double> ratios;
  double variance = 0.0, n_found = 0.0;
  for (const RecoveredStar& star : stars) {
    if (!std::isfinite(star.found.amplitude_mag)) continue;
    ratios.push_back(star.attenuation());
    const double err = star.found.error_mag / star.injected_mag;
    variance += err * err;
    n_found += star.found.snr() >= least_snr ? 1.0 : 0.0;
  }
  bin.n_seen = std::ssize(ratios);
  if (ratios.empty()) return bin;
  const auto n = static_cast<double>(ratios.size());
  const RobustSummary summary = robust_summary(std::span<const double>{ratios});
  bin.attenuation = summary.median;
  bin.attenuation_err =
      ratios.size() < 5 ? std::sqrt(variance) / n : kMedianOverMean * summary.sigma / std::sqrt(n);
  bin.completeness = n_found / n;
  return bin;
}

std::vector<RecoveryBin> recovery_by_magnitude(std::span<const RecoveredStar> stars,
                                               double width_mag, double least_snr) {
  std::map<double, std::vector<RecoveredStar>> bins;
  for (const RecoveredStar& star : stars)
    if (std::isfinite(star.mag)) bins[std::floor(star.mag / width_mag)].push_back(star);
  std::vector<RecoveryBin> out;
  for (const auto& [k, members] : bins) {
    RecoveryBin bin = summarise_recovery(members, least_snr);
    bin.mag_low = k * width_mag;
    bin.mag_high = (k + 1.0) * width_mag;
    out.push_back(bin);
  }
  return out;
}

}  // namespace skyweft::lc

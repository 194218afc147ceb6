// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/reference.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/robust.hpp"
#include "lc/scatter_fit.hpp"

namespace skyweft::lc {
namespace {
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr QualityBits kDoesNotCount = quality::saturated | quality::manual_veto |
                                      quality::duplicate_frame | quality::not_measured |
                                      quality::frame_outlier;
}  // namespace

StarStatistic star_statistic(std::span<const float> mag, std::span<const QualityBits> quality) {
  constexpr double kReject = 5.0;
  constexpr int kMaxRounds = 10;
  std::vector<double> kept;
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!quality.empty() && (quality[i] & kDoesNotCount) != 0) continue;
    if (std::isfinite(mag[i])) kept.push_back(static_cast<double>(mag[i]));
  }
  StarStatistic out{kNotANumber, kNotANumber, kNotANumber, static_cast<std::int64_t>(kept.size()),
                    0};
  for (int round = 0; !kept.empty(); ++round) {
    const RobustSummary s = robust_summary(std::span<const double>{kept});
    out.median = s.median;
    out.scatter = s.sigma / kMadToSigma;
    if (round == kMaxRounds || !(out.scatter > 0.0)) break;
    if (std::erase_if(
            kept, [&](double m) { return std::abs(m - out.median) > kReject * out.scatter; }) == 0)
      break;
  }
  out.n_kept = static_cast<std::int64_t>(kept.size());
  if (out.n_kept > 0) out.medianmeddev = out.scatter / std::sqrt(static_cast<double>(out.n_kept));
  return out;
}

Reference assemble_reference(std::span<const StarStatistic> stars,
                             std::span<const double> catalog_mag, const MagfitConfig& config,
                             std::span<const std::uint8_t> excluded) {
  const std::size_t n = stars.size();
  Reference out{std::vector<double>(n, kNotANumber), std::vector<double>(n, kNotANumber),
                std::vector<std::uint8_t>(n, 0)};
  std::vector<double> counts;
  for (const StarStatistic& s : stars) {
    if (s.n_kept > 0) counts.push_back(static_cast<double>(s.n_kept));
  }
  const double min_count = counts.empty() ? 0.0 : 0.5 * median_in_place(counts);
  std::vector<double> scatter(n, kNotANumber);
  for (std::size_t i = 0; i < n; ++i) {
    out.mag[i] = stars[i].median;
    out.err[i] = stars[i].medianmeddev;
    const bool is_out = !excluded.empty() && excluded[i] != 0;
    if (is_out || stars[i].n_kept < 1 || static_cast<double>(stars[i].n_kept) < min_count) continue;
    out.used[i] = 1;
    if (stars[i].n_kept >= 3) scatter[i] = stars[i].scatter;
  }
  NamedColumns columns;
  columns.add("mag", catalog_mag);
  const Eigen::MatrixXd design =
      columns.design(Terms::parse(config.scatter_terms), static_cast<std::int64_t>(n));
  const ScatterFit fit = fit_scatter(design, scatter);
  for (std::size_t i = 0; i < n; ++i) {
    if (fit.excess_dex[i] > config.reject * fit.average_dex) out.used[i] = 0;
  }
  return out;
}

void anchor_reference(Reference& reference, const Reference& first) {
  double sum = 0.0;
  double n = 0.0;
  for (std::size_t i = 0; i < reference.mag.size(); ++i) {
    if (reference.used[i] == 0 || first.used[i] == 0) continue;
    sum += reference.mag[i] - first.mag[i];
    n += 1.0;
  }
  if (n == 0.0) return;
  for (double& m : reference.mag) m -= sum / n;
}

bool converged(const Reference& before, const Reference& after, const MagfitConfig& config) {
  double sum = 0.0;
  double n = 0.0;
  for (std::size_t i = 0; i < before.mag.size(); ++i) {
    if (before.used[i] == 0 || after.used[i] == 0) continue;
    sum += (after.mag[i] - before.mag[i]) * (after.mag[i] - before.mag[i]);
    n += 1.0;
  }
  return n > 0.0 && sum / n <= config.convergence_mag2;
}

}  // namespace skyweft::lc

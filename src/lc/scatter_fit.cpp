// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/scatter_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/lsq.hpp"
#include "core/robust.hpp"

namespace skyweft::lc {

ScatterFit fit_scatter(const Eigen::MatrixXd& design, std::span<const double> scatter) {
  constexpr int kMaxRounds = 20;
  constexpr double kReject = 4.0;
  // A floor of 0.05 dex keeps ordinary stars when the scatter happens to follow the fit closely.
  constexpr double kLeastAverage_dex = 0.05;
  const std::size_t n = scatter.size();
  ScatterFit out;
  out.excess_dex.assign(n, std::numeric_limits<double>::quiet_NaN());
  out.average_dex = kLeastAverage_dex;
  std::vector<double> target(n, 0.0);
  std::vector<double> weight(n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    const bool is_row_finite = design.row(static_cast<Eigen::Index>(i)).array().isFinite().all();
    if (!(scatter[i] > 0.0) || !std::isfinite(scatter[i]) || !is_row_finite) continue;
    target[i] = std::log10(scatter[i]);
    weight[i] = 1.0;
  }
  const std::vector<double> may_be_used = weight;
  for (int round = 0; round < kMaxRounds; ++round) {
    const LinearFit fit = fit_linear_clipped(design, target, weight, {.max_rounds = 0});
    if (!fit.ok() || fit.n_used <= design.cols()) break;
    std::vector<double> distances;
    for (std::size_t i = 0; i < n; ++i) {
      if (may_be_used[i] == 0.0) continue;
      out.excess_dex[i] =
          target[i] - design.row(static_cast<Eigen::Index>(i)).dot(fit.coefficients);
      if (weight[i] != 0.0) distances.push_back(std::abs(out.excess_dex[i]));
    }
    out.average_dex = std::max(kMadToSigma * median_in_place(distances), kLeastAverage_dex);
    std::vector<double> next = may_be_used;
    for (std::size_t i = 0; i < n; ++i) {
      if (std::abs(out.excess_dex[i]) > kReject * out.average_dex) next[i] = 0.0;
    }
    if (next == weight) break;
    weight = std::move(next);
  }
  return out;
}

}  // namespace skyweft::lc

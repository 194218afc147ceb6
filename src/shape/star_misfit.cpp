// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/star_misfit.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::shape {

StarMisfit misfit_of(std::span<const double> data, std::span<const double> weight,
                     std::span<const double> residual, double flux_e) {
  StarMisfit out;
  std::vector<double> size;
  double sum = 0.0;
  double sum4 = 0.0;
  for (std::size_t p = 0; p < residual.size(); ++p) {
    if (!(weight[p] > 0.0)) continue;
    const double variance = 1.0 / (weight[p] * weight[p]);
    size.push_back(std::abs(residual[p]));
    out.peak_e = std::max(out.peak_e, (data[p] - residual[p]) / weight[p]);
    sum += (residual[p] * residual[p] - 1.0) * variance;
    sum4 += 2.0 * variance * variance;
  }
  if (size.empty()) return out;
  out.sigma = std::max(1.0, kMadToSigma * median_in_place(std::span{size}));
  out.excess = std::sqrt(std::max(0.0, sum)) / std::abs(flux_e);
  out.allowance = 5.0 * std::sqrt(sum4) / (flux_e * flux_e);
  return out;
}

}  // namespace skyweft::shape

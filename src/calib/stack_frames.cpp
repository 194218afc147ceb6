// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack_frames.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

constexpr double kLeastPart = 0.02;  ///< of the median pixel scatter
constexpr std::int64_t kLeastOthers = 4;

/// |values[i] − median of the others| in robust sigmas of the others.
double departure(std::span<const double> values, std::size_t i, double least) {
  if (!std::isfinite(values[i])) return std::numeric_limits<double>::infinity();
  std::vector<double> others(values.begin(), values.end());
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
  const RobustSummary summary = robust_summary(others);
  if (summary.n < kLeastOthers) return 0.0;
  const auto n = static_cast<double>(summary.n);
  const double sigma = std::max((1.0 + 1000.0 / (n * n * n)) * summary.sigma, least);
  const double distance = std::abs(values[i] - summary.median);
  return distance == 0.0 ? 0.0 : distance / sigma;
}

}  // namespace

std::vector<FrameVerdict> odd_frames(std::span<const double> level, std::span<const double> sigma,
                                     double limit) {
  if (level.size() != sigma.size())
    throw Error{Errc::internal, "odd_frames: one level and one sigma per frame are needed"};
  const double least = kLeastPart * median_of_finite(sigma);
  std::vector<FrameVerdict> out;
  for (std::size_t i = 0; i < level.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    if (const double d = departure(level, i, least); d > limit)
      out.push_back({at, "stack_level", d, limit});
    else if (const double s = departure(sigma, i, least); s > limit)
      out.push_back({at, "stack_sigma", s, limit});
  }
  return out;
}

}  // namespace skyweft::calib

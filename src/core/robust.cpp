// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/robust.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/units.hpp"

namespace skyweft {
namespace {

template <class T>
T median_impl(std::span<T> v) {
  if (v.empty()) return std::numeric_limits<T>::quiet_NaN();
  const auto mid = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
  std::nth_element(v.begin(), mid, v.end());
  if (v.size() % 2 == 1) return *mid;
  const T below = *std::max_element(v.begin(), mid);
  return below + (*mid - below) / T{2};
}

template <class T>
std::vector<double> finite_of(std::span<const T> values) {
  std::vector<double> kept;
  kept.reserve(values.size());
  for (const T v : values)
    if (std::isfinite(v)) kept.push_back(static_cast<double>(v));
  return kept;
}

template <class T>
RobustSummary robust_impl(std::span<const T> values) {
  auto v = finite_of(values);
  RobustSummary out{.median = kNaN, .sigma = kNaN, .n = static_cast<std::int64_t>(v.size())};
  if (v.empty()) return out;
  out.median = median_impl(std::span<double>{v});
  for (double& x : v) x = std::abs(x - out.median);
  out.sigma = kMadToSigma * median_impl(std::span<double>{v});
  return out;
}

template <class T>
ClippedSummary clipped_impl(std::span<T> v, double clip_sigma, int max_rounds) {
  ClippedSummary out{.mean = kNaN, .median = kNaN, .sigma = kNaN, .n = 0};
  for (int round = 0;; ++round) {
    if (v.empty()) return out;
    double sum = 0.0;
    for (const T x : v) sum += static_cast<double>(x);
    const double n = static_cast<double>(v.size());
    out.mean = sum / n;
    double squares = 0.0;
    for (const T x : v) {
      const double d = static_cast<double>(x) - out.mean;
      squares += d * d;
    }
    out.sigma = std::sqrt(squares / n);
    out.median = static_cast<double>(median_impl(v));
    out.n = static_cast<std::int64_t>(v.size());
    if (round >= max_rounds) return out;
    const double limit = clip_sigma * out.sigma;
    const auto kept = std::partition(v.begin(), v.end(), [&](T x) {
      return std::abs(static_cast<double>(x) - out.median) <= limit;
    });
    if (kept == v.end()) return out;
    v = v.first(static_cast<std::size_t>(kept - v.begin()));
  }
}

}  // namespace

double median_in_place(std::span<double> values) {
  return median_impl(values);
}
float median_in_place(std::span<float> values) {
  return median_impl(values);
}

double median_of_finite(std::span<const double> values) {
  auto v = finite_of(values);
  return median_impl(std::span<double>{v});
}
double median_of_finite(std::span<const float> values) {
  auto v = finite_of(values);
  return median_impl(std::span<double>{v});
}

RobustSummary robust_summary(std::span<const double> values) {
  return robust_impl(values);
}
RobustSummary robust_summary(std::span<const float> values) {
  return robust_impl(values);
}

ClippedSummary sigma_clipped_in_place(std::span<float> values, double clip_sigma, int max_rounds) {
  return clipped_impl(values, clip_sigma, max_rounds);
}
ClippedSummary sigma_clipped_in_place(std::span<double> values, double clip_sigma, int max_rounds) {
  return clipped_impl(values, clip_sigma, max_rounds);
}

double grouped_median_in_place(std::span<float> values, double quantum) {
  if (values.empty()) return kNaN;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  const float centre = *middle;
  std::int64_t n_below = 0;
  std::int64_t n_equal = 0;
  for (const float v : values) {
    n_below += v < centre ? 1 : 0;
    n_equal += v == centre ? 1 : 0;
  }
  if (n_equal == 1) return static_cast<double>(median_impl(values));
  const double into = (0.5 * static_cast<double>(values.size()) - static_cast<double>(n_below)) /
                      static_cast<double>(n_equal);
  return static_cast<double>(centre) + quantum * (into - 0.5);
}

double quantile_in_place(std::span<double> values, double q) {
  if (values.empty()) return kNaN;
  std::sort(values.begin(), values.end());
  const double at = std::clamp(q, 0.0, 1.0) * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, values.size() - 1);
  const double part = at - static_cast<double>(low);
  return values[low] + part * (values[high] - values[low]);
}

double point_to_point_sigma(std::span<const double> values) {
  std::vector<double> steps;
  double last = kNaN;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    if (std::isfinite(last)) steps.push_back(std::abs(v - last));
    last = v;
  }
  return kMadToSigma * median_impl(std::span<double>{steps}) / std::numbers::sqrt2;
}

}  // namespace skyweft

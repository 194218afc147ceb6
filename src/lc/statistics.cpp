// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::lc {
namespace {

constexpr double kEverything = std::numeric_limits<float>::max();

/// The finite values, into buffers.values; their number.
std::size_t gather_finite(std::span<const float> mag, SeriesBuffers& buffers) {
  if (buffers.values.size() < mag.size() + 1) buffers.values.resize(mag.size() + 1);
  float* const to = buffers.values.data();
  std::size_t n = 0;
  for (const float m : mag) {
    to[n] = m;
    n += static_cast<std::size_t>(std::abs(m) <= std::numeric_limits<float>::max());
  }
  return n;
}

}  // namespace

SeriesScatter series_scatter(std::span<const float> mag, SeriesBuffers& buffers) {
  const std::size_t n = gather_finite(mag, buffers);
  SeriesScatter out{kNaN, kNaN, kNaN, static_cast<std::int64_t>(n)};
  if (n == 0) return out;
  const std::span<float> values{buffers.values.data(), n};
  out.median = quick_median(values, buffers.median);
  // Steps first: the deviations then take the values' place.
  if (n > 1) {
    std::vector<float>& steps = buffers.steps;
    if (steps.size() < n) steps.resize(n);
    for (std::size_t i = 0; i + 1 < n; ++i) steps[i] = std::abs(values[i + 1] - values[i]);
    out.point_to_point = kMadToSigma *
                         quick_median(std::span<const float>{steps}.first(n - 1), buffers.median) /
                         std::numbers::sqrt2;
  }
  for (float& v : values) v = static_cast<float>(std::abs(static_cast<double>(v) - out.median));
  out.scatter = kMadToSigma * quick_median(values, buffers.median);
  return out;
}

SeriesScatter series_scatter(std::span<const float> mag) {
  SeriesBuffers buffers;
  return series_scatter(mag, buffers);
}

SeriesSpread series_spread(std::span<const float> mag, double clip, SeriesBuffers& buffers) {
  SeriesSpread out{series_scatter(mag, buffers), kNaN, kEverything, 0};
  if (out.of.n == 0) return out;
  if (out.of.scatter > 0.0) out.limit = clip * out.of.scatter;
  double n = 0.0;
  double sum = 0.0;
  double squares = 0.0;
  for (const float m : mag) {
    const double d = static_cast<double>(m) - out.of.median;
    const bool is_kept = std::abs(d) <= out.limit;  // never a NaN or an infinity
    const double value = is_kept ? d : 0.0;
    n += is_kept ? 1.0 : 0.0;
    sum += value;
    squares += value * value;
  }
  out.n_kept = std::llround(n);
  if (out.n_kept < 2) return out;
  out.rms = std::sqrt(std::max(0.0, squares - sum * sum / n) / (n - 1.0));
  return out;
}

double red_noise_beta(std::span<const float> mag, std::int64_t n_per_bin) {
  std::vector<double> points;
  for (const float m : mag) {
    if (std::isfinite(m)) points.push_back(static_cast<double>(m));
  }
  const auto width = static_cast<std::size_t>(n_per_bin);
  if (n_per_bin < 1 || points.size() / width < 3) return std::numeric_limits<double>::quiet_NaN();
  const auto deviation = [](std::span<const double> v) {
    double mean = 0.0;
    for (const double x : v) mean += x;
    mean /= static_cast<double>(v.size());
    double sum = 0.0;
    for (const double x : v) sum += (x - mean) * (x - mean);
    return std::sqrt(sum / static_cast<double>(v.size() - 1));
  };
  std::vector<double> means;
  for (std::size_t at = 0; at + width <= points.size(); at += width) {
    double sum = 0.0;
    for (std::size_t k = 0; k < width; ++k) sum += points[at + k];
    means.push_back(sum / static_cast<double>(width));
  }
  const double white = deviation(points) / std::sqrt(static_cast<double>(width));
  return white > 0.0 ? deviation(means) / white : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace skyweft::lc

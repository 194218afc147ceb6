// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/statistics.hpp"

#include <cmath>
#include <limits>

#include "core/robust.hpp"

namespace skyweft::lc {

SeriesScatter series_scatter(std::span<const float> mag) {
  const std::vector<double> wide(mag.begin(), mag.end());
  const RobustSummary s = robust_summary(std::span<const double>{wide});
  return {s.median, s.sigma, point_to_point_sigma(wide), s.n};
}

std::vector<double> binned_means(std::span<const double> time_d, std::span<const float> mag,
                                 double width_d) {
  std::vector<double> out;
  double sum = 0.0;
  double n = 0.0;
  double bin = 0.0;
  double first_d = std::numeric_limits<double>::quiet_NaN();
  for (std::size_t i = 0; i < mag.size(); ++i) {
    if (!std::isfinite(mag[i]) || !std::isfinite(time_d[i])) continue;
    if (!std::isfinite(first_d)) first_d = time_d[i];
    const double here = std::floor((time_d[i] - first_d) / width_d);
    if (n > 0.0 && here != bin) {
      out.push_back(sum / n);
      sum = n = 0.0;
    }
    bin = here;
    sum += static_cast<double>(mag[i]);
    n += 1.0;
  }
  if (n > 0.0) out.push_back(sum / n);
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

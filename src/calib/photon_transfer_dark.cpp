// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer_dark.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

/// y = offset + slope x with equal weights.
struct Line {
  double offset = kNaN;
  double slope = kNaN;
  double slope_error = kNaN;
};

Line fit_line(std::span<const double> x, std::span<const double> y) {
  const auto n = static_cast<double>(x.size());
  double x_mean = 0.0;
  double y_mean = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    x_mean += x[i] / n;
    y_mean += y[i] / n;
  }
  double xx = 0.0;
  double xy = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - x_mean) * (x[i] - x_mean);
    xy += (x[i] - x_mean) * (y[i] - y_mean);
  }
  Line out;
  out.slope = xy / xx;
  out.offset = y_mean - out.slope * x_mean;
  double rest = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i)
    rest += std::pow(y[i] - out.offset - out.slope * x[i], 2);
  if (n > 2.0) out.slope_error = std::sqrt(rest / (n - 2.0) / xx);
  return out;
}

}  // namespace

DarkRate fit_dark_rate(std::span<const DarkLevel> levels) {
  std::vector<double> exposure;
  std::vector<double> level;
  for (const DarkLevel& d : levels) {
    if (!(d.exposure_s > 0.0) || !std::isfinite(d.level_adu)) continue;
    exposure.push_back(d.exposure_s);
    level.push_back(d.level_adu);
  }
  if (exposure.empty())
    throw Error{Errc::bad_input, "no dark frame with a positive exposure time"}.because(
        {"dark_frames", 0.0, 1.0});
  DarkRate out;
  out.n_used = static_cast<std::int64_t>(exposure.size());
  const auto [shortest, longest] = std::ranges::minmax(exposure);
  if (longest > 1.05 * shortest) {
    const Line line = fit_line(exposure, level);
    out.rate_adu_s = line.slope;
    out.error_adu_s = line.slope_error;
    out.offset_adu = line.offset;
    return out;
  }
  const auto n = static_cast<double>(exposure.size());
  double mean = 0.0;
  for (std::size_t i = 0; i < level.size(); ++i) mean += level[i] / exposure[i] / n;
  double rest = 0.0;
  for (std::size_t i = 0; i < level.size(); ++i) rest += std::pow(level[i] / exposure[i] - mean, 2);
  out.rate_adu_s = mean;
  if (n > 1.0) out.error_adu_s = std::sqrt(rest / (n - 1.0) / n);
  return out;
}

DarkWarming fit_dark_warming(std::span<const DarkAtTemperature> rates) {
  std::vector<double> temperature;
  std::vector<double> log_rate;
  for (const DarkAtTemperature& r : rates) {
    if (!(r.rate_adu_s > 0.0) || !std::isfinite(r.temperature_c)) continue;
    temperature.push_back(r.temperature_c);
    log_rate.push_back(std::log(r.rate_adu_s));
  }
  if (temperature.size() < 2) return {};
  const auto [coldest, warmest] = std::ranges::minmax(temperature);
  if (warmest - coldest < 1.0) return {};
  const Line line = fit_line(temperature, log_rate);
  return {line.slope, line.slope_error};
}

}  // namespace skyweft::calib

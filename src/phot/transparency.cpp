// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/transparency.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::phot {
namespace {

constexpr double kUpper = 0.75;
constexpr double kClear = 0.9;
constexpr double kMaxExtinction_mag = 10.0;
constexpr std::int64_t kMinFrames = 10;
constexpr int kRounds = 20;

/// Frames with zero point and airmass.
struct Points {
  std::vector<double> x;
  std::vector<double> y;
  std::size_t size() const { return x.size(); }
};

/// y + k x.
std::vector<double> levels(const Points& p, double k) {
  std::vector<double> out(p.size());
  for (std::size_t i = 0; i < p.size(); ++i) out[i] = p.y[i] + k * p.x[i];
  return out;
}

/// The loss of quantile regression for this slope, its best level taken; convex in k.
double upper_loss(const Points& p, double k) {
  const std::vector<double> z = levels(p, k);
  std::vector<double> work = z;
  const double level = quantile_in_place(work, kUpper);
  double sum = 0.0;
  for (const double one : z)
    sum += one > level ? kUpper * (one - level) : (1.0 - kUpper) * (level - one);
  return sum;
}

/// The k of the line below which three quarters of the points lie, by golden section.
double upper_slope(const Points& p) {
  constexpr double kGolden = 0.6180339887498949;
  double low = -kMaxExtinction_mag;
  double high = kMaxExtinction_mag;
  double a = high - kGolden * (high - low);
  double b = low + kGolden * (high - low);
  double loss_a = upper_loss(p, a);
  double loss_b = upper_loss(p, b);
  while (high - low > 1e-5) {
    if (loss_a <= loss_b) {
      high = b;
      b = a;
      loss_b = loss_a;
      a = high - kGolden * (high - low);
      loss_a = upper_loss(p, a);
    } else {
      low = a;
      a = b;
      loss_a = loss_b;
      b = low + kGolden * (high - low);
      loss_b = upper_loss(p, b);
    }
  }
  return 0.5 * (low + high);
}

/// Fits k to the clear ones of the points; false when they do not determine it.
bool fit_extinction(const Points& p, double min_span, TransparencySeries& out) {
  if (static_cast<std::int64_t>(p.size()) < kMinFrames) return false;
  double k = upper_slope(p);
  std::vector<double> work = levels(p, k);
  double level = quantile_in_place(work, kUpper);
  // Between the upper quarter and the upper twentieth of Gaussian points lie 0.97 sigma; among
  // them are clear points only, as long as a quarter is clear.
  double sigma = std::max(quantile_in_place(work, 0.95) - level, 1e-6);
  std::vector<std::uint8_t> before;
  double slope_err = kNaN;
  for (int round = 0; round < kRounds; ++round) {
    const std::vector<double> z = levels(p, k);
    std::vector<std::uint8_t> is_clear(p.size());
    double n = 0.0, sum_x = 0.0, sum_y = 0.0;
    double x_low = kMaxExtinction_mag * 1e3, x_high = -x_low;
    for (std::size_t i = 0; i < p.size(); ++i) {
      is_clear[i] = std::abs(z[i] - level) <= 3.0 * sigma ? 1 : 0;
      if (is_clear[i] == 0) continue;
      n += 1.0;
      sum_x += p.x[i];
      sum_y += p.y[i];
      x_low = std::min(x_low, p.x[i]);
      x_high = std::max(x_high, p.x[i]);
    }
    if (n < static_cast<double>(kMinFrames) || x_high - x_low < min_span) return false;
    double sxx = 0.0, sxy = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (is_clear[i] == 0) continue;
      sxx += (p.x[i] - sum_x / n) * (p.x[i] - sum_x / n);
      sxy += (p.x[i] - sum_x / n) * (p.y[i] - sum_y / n);
    }
    k = -sxy / sxx;
    level = sum_y / n + k * sum_x / n;
    double rest = 0.0;
    for (std::size_t i = 0; i < p.size(); ++i)
      if (is_clear[i] != 0) rest += std::pow(p.y[i] + k * p.x[i] - level, 2);
    sigma = std::max(std::sqrt(rest / (n - 2.0)), 1e-6);
    slope_err = std::sqrt(rest / (n - 2.0) / sxx);
    out.n_clear = static_cast<std::int64_t>(n);
    if (is_clear == before) break;
    before = std::move(is_clear);
  }
  if (!(k > -3.0 * slope_err)) return false;
  out.extinction_mag = k;
  out.extinction_err_mag = slope_err;
  return true;
}

}  // namespace

TransparencySeries transparency_series(std::span<const double> zero_point_mag,
                                       std::span<const double> airmass,
                                       std::span<const double> exposure_s,
                                       const TransparencyConfig& config) {
  const std::size_t n = zero_point_mag.size();
  for (const std::size_t k : {airmass.size(), exposure_s.size()})
    if (k != n && k != 0)
      throw Error{Errc::internal, fmt::format("transparency: a column of {} for {} frames", k, n)};
  std::vector<double> level(zero_point_mag.begin(), zero_point_mag.end());
  for (std::size_t i = 0; i < exposure_s.size(); ++i)
    level[i] -= exposure_s[i] > 0.0 ? 2.5 * std::log10(exposure_s[i]) : kNaN;

  TransparencySeries out;
  if (!airmass.empty() && std::isfinite(config.extinction_mag)) {
    out.extinction_mag = config.extinction_mag;
  } else if (!airmass.empty()) {
    Points points;
    for (std::size_t i = 0; i < n; ++i) {
      if (!std::isfinite(level[i]) || !std::isfinite(airmass[i])) continue;
      points.x.push_back(airmass[i]);
      points.y.push_back(level[i]);
    }
    out.is_extinction_fitted = fit_extinction(points, config.min_airmass_span, out);
    if (!out.is_extinction_fitted) out.n_clear = 0;
  }
  std::vector<double> known;
  for (std::size_t i = 0; i < n; ++i) {
    if (out.extinction_mag != 0.0) level[i] += out.extinction_mag * airmass[i];
    if (std::isfinite(level[i])) known.push_back(level[i]);
  }
  out.cloudy.assign(n, 0);
  out.transparency.assign(n, kNaN);
  if (known.empty()) return out;
  out.clear_zero_point = quantile_in_place(known, kClear);
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(level[i])) continue;
    const double lost_mag = out.clear_zero_point - level[i];
    out.transparency[i] = std::pow(10.0, -0.4 * lost_mag);
    out.cloudy[i] = lost_mag > config.cloud_limit_mag ? 1 : 0;
  }
  return out;
}

}  // namespace skyweft::phot

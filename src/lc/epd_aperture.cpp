// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd_aperture.hpp"

#include <algorithm>
#include <cmath>

#include "lc/exact_median.hpp"
#include "lc/running_median.hpp"

namespace skyweft::lc {
namespace {

std::span<double> view(AlignedDoubles& values, std::size_t n) {
  return {values.data(), n};
}

/// One round about the median before anything is fitted (the fit of nothing).
void prereject(const EpdConfig& config, EpdAperture& in) {
  double squares = 0.0;
  double weights = 0.0;
  for (const std::int32_t point : in.points) {
    const double y = in.y.data()[point];
    squares += in.weight.data()[point] * y * y;
    weights += in.weight.data()[point];
  }
  const double limit = config.reject * std::sqrt(squares / weights);
  for (const std::int32_t point : in.points) {
    if (std::abs(in.y.data()[point]) <= limit) continue;
    in.y.data()[point] = 0.0;
    in.weight.data()[point] = 0.0;
  }
}

void smooth(const EpdConfig& config, EpdAperture& in) {
  std::vector<double> left;
  for (const std::int32_t point : in.points)
    if (in.weight.data()[point] > 0.0) left.push_back(in.y.data()[point]);
  const std::vector<double> smoothed = running_median(left, config.smooth_points);
  std::size_t j = 0;
  for (const std::int32_t point : in.points)
    if (in.weight.data()[point] > 0.0) in.y.data()[point] = smoothed[j++];
}

/// The sums over the points of an aperture, from those over the mask where that is less work.
EpdSums sums_of(const EpdPoints& points, const Eigen::VectorXd& right, const EpdConfig& config,
                EpdAperture& aperture, std::vector<std::int32_t>& listed) {
  const std::span<const double> y = view(aperture.y, points.size());
  const std::span<const double> weight = view(aperture.weight, points.size());
  listed.clear();
  if (config.weights != "error") {
    for (std::size_t p = 0; p < points.size(); ++p)
      if (points.mask[p] > 0.0 && weight[p] == 0.0) listed.push_back(static_cast<std::int32_t>(p));
    if (2.0 * static_cast<double>(listed.size()) <= points.sums.n) {
      EpdSums sums = points.sums;
      sums.right = right;
      sums.y = lane_sum(y);
      if (!listed.empty()) take_out(sums, sums_over(*points.design, listed, points.mask, y));
      return sums;
    }
    listed.clear();
  }
  for (const std::int32_t point : aperture.points)
    if (weight[static_cast<std::size_t>(point)] > 0.0) listed.push_back(point);
  return sums_over(*points.design, listed, weight, y);
}

}  // namespace

void take_aperture(const EpdPoints& points, std::span<const float> mag,
                   std::span<const float> mag_err, const EpdConfig& config, EpdAperture& to,
                   std::vector<double>& scratch) {
  to.y.assign(static_cast<std::int64_t>(points.size()), 0.0);
  to.weight.assign(static_cast<std::int64_t>(points.size()), 0.0);
  to.points.clear();
  to.values.clear();
  double weights = 0.0;
  for (std::size_t p = 0; p < points.size(); ++p) {
    if (points.mask[p] == 0.0) continue;
    const std::size_t frame = points.frame_of(p);
    double weight = 1.0;
    if (!mag_err.empty()) {
      const auto error = static_cast<double>(mag_err[frame]);
      weight = error > 0.0 ? 1.0 / (error * error) : 0.0;
      if (!(weight > 0.0 && std::isfinite(weight))) continue;
    }
    if (!std::isfinite(mag[frame])) continue;
    to.weight.data()[p] = weight;
    weights += weight;
    to.points.push_back(static_cast<std::int32_t>(p));
    to.values.push_back(static_cast<double>(mag[frame]));
  }
  to.centre_mag = exact_median(to.values, scratch);
  const double unit = static_cast<double>(to.points.size()) / weights;
  for (std::size_t j = 0; j < to.points.size(); ++j) {
    to.y.data()[to.points[j]] = to.values[j] - to.centre_mag;
    if (!mag_err.empty()) to.weight.data()[to.points[j]] *= unit;
  }
  if (to.points.empty()) return;
  if (config.prereject) prereject(config, to);
  if (config.smooth_points > 1) smooth(config, to);
}

EpdResult correct_aperture(const EpdPoints& points, const Eigen::VectorXd& right,
                           std::int64_t n_term, double n_needed, const EpdConfig& config,
                           EpdAperture& aperture, std::span<float> mag, std::span<double> model,
                           std::vector<double>& scratch) {
  EpdResult out;
  const std::span<double> y = view(aperture.y, points.size());
  const std::span<double> weight = view(aperture.weight, points.size());
  const auto n_used = std::ranges::count_if(weight, [](double w) { return w > 0.0; });
  if (n_used == 0 || static_cast<double>(n_used) < n_needed) return out;
  std::vector<std::int32_t> listed;
  EpdSolution fit = fit_terms(*points.design, sums_of(points, right, config, aperture, listed), y,
                              weight, n_needed, config, model, scratch);
  if (n_term < points.design->x.n_column) {
    std::fill(fit.coefficient.begin() + n_term, fit.coefficient.end(), 0.0);
    evaluate_model(points.design->x, fit.constant, fit.coefficient, y, weight, model);
  }
  for (std::size_t j = 0; j < aperture.points.size(); ++j)
    aperture.values[j] -= model[static_cast<std::size_t>(aperture.points[j])];
  const double shift = aperture.centre_mag - exact_median(aperture.values, scratch);
  for (std::size_t p = 0; p < points.size(); ++p) {
    if (points.places[p] < 0 || points.is_bad[p] != 0) continue;
    float& m = mag[points.frame_of(p)];
    m = static_cast<float>(static_cast<double>(m) - model[p] + shift);
  }
  out.coefficients.assign(fit.standardised.begin(), fit.standardised.begin() + 1 + n_term);
  out.n_used = fit.n_used;
  out.n_dropped = fit.n_dropped;
  out.rms_mag = fit.rms_mag;
  return out;
}

}  // namespace skyweft::lc

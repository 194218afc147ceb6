// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <Eigen/Dense>

#include "core/terms.hpp"
#include "data/flags.hpp"
#include "lc/epd.hpp"

namespace skyweft::support {

/// One star and aperture in one group: columns hold the group's frames alone.
struct EpdCurve {
  std::vector<float> mag, mag_err;
  std::vector<QualityBits> quality;
  std::map<std::string, std::vector<double>> columns;
  std::vector<std::vector<double>> signals;
  std::vector<std::uint8_t> excluded;
};

inline double plain_median(std::vector<double> v) {
  std::ranges::sort(v);
  return 0.5 * (v[(v.size() - 1) / 2] + v[v.size() / 2]);
}

/// The slow, obvious twin of lc::EpdGroup: one row after the other, an orthogonal decomposition in
/// every round, iteratively reweighted least squares for Huber's loss. Returns n_used and the rms.
inline lc::EpdResult epd_twin(EpdCurve& curve, const Terms& terms, const lc::EpdConfig& config) {
  const std::size_t n = curve.mag.size();
  const auto n_term = static_cast<std::size_t>(terms.n_term());
  const std::size_t n_column = n_term + curve.signals.size();
  Eigen::MatrixXd x =
      Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(n_column));
  const auto row = [&](std::size_t i) { return x.row(static_cast<Eigen::Index>(i)); };
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> values, out(n_term);
    for (const std::string& name : terms.names()) values.push_back(curve.columns.at(name)[i]);
    terms.evaluate(values, out);
    for (std::size_t k = 0; k < n_term; ++k) row(i)[static_cast<Eigen::Index>(k)] = out[k];
    for (std::size_t k = 0; k < curve.signals.size(); ++k)
      row(i)[static_cast<Eigen::Index>(n_term + k)] = curve.signals[k][i];
  }
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    bool is_somewhere = false;
    for (std::size_t i = 0; i < n; ++i)
      is_somewhere |=
          std::isfinite(x(static_cast<Eigen::Index>(i), k)) && std::isfinite(curve.mag[i]);
    if (!is_somewhere) x.col(k).setZero();
  }

  std::vector<double> mags;
  std::vector<double> weight(n, 0.0), y(n, 0.0);
  std::vector<std::size_t> first;
  std::vector<bool> is_good(n);
  for (std::size_t i = 0; i < n; ++i) {
    is_good[i] = row(i).array().isFinite().all();
    constexpr QualityBits kOut = quality::saturated | quality::manual_veto | quality::not_measured;
    const bool is_out = (!curve.excluded.empty() && curve.excluded[i] != 0) ||
                        (curve.quality[i] & kOut) != 0 || !std::isfinite(curve.mag[i]);
    if (!is_good[i]) row(i).setZero();
    if (is_out || !is_good[i]) continue;
    weight[i] = 1.0;
    if (config.weights == "error") {
      const auto e = static_cast<double>(curve.mag_err[i]);
      weight[i] = e > 0.0 ? 1.0 / (e * e) : 0.0;
      if (!(weight[i] > 0.0)) continue;
    }
    first.push_back(i);
    mags.push_back(static_cast<double>(curve.mag[i]));
  }
  lc::EpdResult result;
  const auto n_used = [&] { return std::ranges::count_if(weight, [](double w) { return w > 0; }); };
  const double n_needed = config.points_per_term * static_cast<double>(n_column);
  if (first.empty() || static_cast<double>(first.size()) < n_needed) return result;
  const double median = plain_median(mags);
  double mean_weight = 0.0;
  for (const double w : weight) mean_weight += w / static_cast<double>(first.size());
  for (const std::size_t i : first) {
    y[i] = static_cast<double>(curve.mag[i]) - median;
    weight[i] /= mean_weight;
  }
  const auto rms_of = [&](const std::vector<double>& r) {
    double squares = 0.0, sum = 0.0;
    for (std::size_t i = 0; i < n; ++i) {
      squares += weight[i] * r[i] * r[i];
      sum += weight[i];
    }
    return std::sqrt(squares / sum);
  };
  if (config.prereject) {
    const double limit = config.reject * rms_of(y);
    for (const std::size_t i : first)
      if (std::abs(y[i]) > limit) weight[i] = 0.0;
  }
  if (config.smooth_points > 1) {
    std::vector<std::size_t> left;
    for (const std::size_t i : first)
      if (weight[i] > 0.0) left.push_back(i);
    const std::vector<double> before = y;
    const auto half = static_cast<std::size_t>(config.smooth_points / 2);
    for (std::size_t j = 0; j < left.size(); ++j) {
      std::vector<double> window;
      for (std::size_t l = j < half ? 0 : j - half; l < std::min(left.size(), j + half + 1); ++l)
        window.push_back(before[left[l]]);
      y[left[j]] = plain_median(window);
    }
  }
  double total = 0.0;
  for (const double w : weight) total += w;
  for (Eigen::Index k = 0; k < x.cols(); ++k) {
    double mean = 0.0, variance = 0.0;
    for (std::size_t i = 0; i < n; ++i)
      mean += weight[i] * x(static_cast<Eigen::Index>(i), k) / total;
    for (std::size_t i = 0; i < n; ++i)
      variance += weight[i] * std::pow(x(static_cast<Eigen::Index>(i), k) - mean, 2) / total;
    const bool is_constant = !(std::sqrt(variance) > 1e-12 * (1.0 + std::abs(mean)));
    for (std::size_t i = 0; i < n; ++i) {
      double& v = x(static_cast<Eigen::Index>(i), k);
      v = is_constant ? 0.0 : (v - mean) / std::sqrt(variance);
    }
  }

  std::vector<double> model(n, 0.0), residual(n, 0.0);
  Eigen::VectorXd solution;
  const auto fit = [&](const std::vector<double>& w) {
    double sum = 0.0;
    for (const double v : w) sum += v;
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(n + n_column),
                                              static_cast<Eigen::Index>(n_column) + 1);
    Eigen::VectorXd b = Eigen::VectorXd::Zero(a.rows());
    for (std::size_t i = 0; i < n; ++i) {
      const auto at = static_cast<Eigen::Index>(i);
      a(at, 0) = std::sqrt(w[i]);
      a.row(at).tail(x.cols()) = std::sqrt(w[i]) * x.row(at);
      b[at] = std::sqrt(w[i]) * y[i];
    }
    for (Eigen::Index k = 0; k < x.cols(); ++k)
      a(static_cast<Eigen::Index>(n) + k, k + 1) = std::sqrt(config.ridge * sum);
    Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> solver;
    solver.setThreshold(config.singular_cut);
    solver.compute(a);
    solution = solver.solve(b);
    for (std::size_t i = 0; i < n; ++i) {
      model[i] = solution[0] + x.row(static_cast<Eigen::Index>(i)).dot(solution.tail(x.cols()));
      residual[i] = weight[i] > 0.0 ? y[i] - model[i] : 0.0;
    }
    result.n_used = n_used();
    result.rms_mag = rms_of(residual);
  };
  fit(weight);
  if (config.loss == "huber") {
    for (int round = 0; round < 300; ++round) {
      std::vector<double> sizes;
      for (std::size_t i = 0; i < n; ++i)
        if (weight[i] > 0.0) sizes.push_back(std::abs(residual[i]) * std::sqrt(weight[i]));
      const double limit = 1.345 * 1.482602218505602 * plain_median(sizes);
      std::vector<double> w = weight;
      for (std::size_t i = 0; i < n; ++i) {
        const double size = std::abs(residual[i]) * std::sqrt(weight[i]);
        if (size > limit) w[i] *= limit / size;
      }
      fit(w);
    }
  } else {
    for (int round = 0; round < config.max_rounds; ++round) {
      const double limit = config.reject * std::max(result.rms_mag, 1e-6);
      std::vector<double> next = weight;
      for (std::size_t i = 0; i < n; ++i)
        if (std::abs(residual[i]) > limit) next[i] = 0.0;
      const auto n_left = std::ranges::count_if(next, [](double w) { return w > 0; });
      if (next == weight || static_cast<double>(n_left) < n_needed) break;
      weight = next;
      fit(weight);
    }
  }
  result.coefficients.assign(solution.data(), solution.data() + 1 + n_term);
  const auto term_model = [&](std::size_t i) {
    return solution[0] + x.row(static_cast<Eigen::Index>(i))
                             .head(static_cast<Eigen::Index>(n_term))
                             .dot(solution.segment(1, static_cast<Eigen::Index>(n_term)));
  };
  std::vector<double> after;
  for (const std::size_t i : first)
    after.push_back(static_cast<double>(curve.mag[i]) - term_model(i));
  const double shift = median - plain_median(after);
  for (std::size_t i = 0; i < n; ++i) {
    if (is_good[i])
      curve.mag[i] = static_cast<float>(static_cast<double>(curve.mag[i]) - term_model(i) + shift);
    else
      curve.quality[i] |= quality::epd_not_fitted;
  }
  return result;
}

}  // namespace skyweft::support

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "calib/photon_transfer.hpp"
#include "core/error.hpp"
#include "core/lsq.hpp"

namespace skyweft::calib {
namespace {

constexpr int kRounds = 6;           // of re-weighting; the weights settle to 1e-6 in four
constexpr double kLevelStep = 1.05;  // levels closer than this count as one
constexpr int kCurvatureLevels = 4;

/// Rows are divided by their errors beforehand, so that outliers are judged in units of these.
std::vector<double> ones(std::size_t n) {
  return std::vector<double>(n, 1.0);
}

/// Weighted mean of the boxes of bias pairs with its standard error; NaN without boxes.
struct Noise {
  double variance_adu2 = kNaN;
  double error_adu2 = kNaN;
};

Noise read_variance(std::span<const PairNoise> bias, double digitisation_adu2) {
  std::vector<double> target;
  std::vector<double> weight;
  for (const PairNoise& b : bias) {
    if (!std::isfinite(b.variance_adu2)) continue;
    weight.push_back(std::sqrt(static_cast<double>(b.n_px - 1) / 2.0));
    target.push_back(b.variance_adu2 * weight.back());
  }
  if (target.empty()) return {};
  const Eigen::MatrixXd design =
      Eigen::Map<const Eigen::VectorXd>(weight.data(), static_cast<Eigen::Index>(weight.size()));
  const LinearFit fit = fit_linear_clipped(design, target, ones(weight.size()));
  if (!fit.ok()) return {};
  double weights = 0.0;
  for (std::size_t i = 0; i < weight.size(); ++i)
    if (fit.kept[i] != 0) weights += weight[i] * weight[i];
  const double v = fit.coefficients[0];
  return {v, (v + digitisation_adu2) / std::sqrt(weights)};
}

int count_levels(std::vector<double> levels) {
  std::ranges::sort(levels);
  int n = 0;
  double last = 0.0;
  for (const double level : levels)
    if (level > kLevelStep * last) {
      ++n;
      last = level;
    }
  return n;
}

}  // namespace

PhotonTransfer fit_photon_transfer(std::span<const PairNoise> bias,
                                   std::span<const PairNoise> flats, double full_well_adu,
                                   const PhotonTransferConfig& config) {
  const double limit_adu = std::isfinite(full_well_adu) ? config.fit_fraction * full_well_adu
                                                        : std::numeric_limits<double>::infinity();
  const double digitisation = config.quantum_adu * config.quantum_adu / 12.0;
  const Noise read = read_variance(bias, digitisation);
  std::vector<PairNoise> points;
  for (const PairNoise& b : bias)
    if (std::isfinite(b.variance_adu2)) {
      points.push_back(b);
      points.back().level_adu = 0.0;
    }
  const std::size_t n_bias = points.size();
  std::vector<double> levels;
  for (const PairNoise& f : flats)
    if (std::isfinite(f.variance_adu2) && f.level_adu > 0.0 && f.level_adu <= limit_adu) {
      points.push_back(f);
      levels.push_back(f.level_adu);
    }
  if (levels.empty())
    throw Error{Errc::bad_input,
                "no box of a pair of flats can be used: all are saturated, masked or without "
                "light; give flats below saturation"}
        .because({"flat_boxes", 0.0, 1.0});

  const double top = std::ranges::max(levels);
  const bool bends = config.curvature && count_levels(levels) >= kCurvatureLevels;
  const auto n = static_cast<Eigen::Index>(points.size());
  const Eigen::Index n_term = bends ? 3 : 2;
  Eigen::MatrixXd design(n, n_term);
  std::vector<double> variance(points.size());
  Eigen::VectorXd model(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const PairNoise& p = points[static_cast<std::size_t>(i)];
    const double x = p.level_adu / top;
    design(i, 0) = 1.0;
    design(i, 1) = x;
    if (bends) design(i, 2) = x * x;
    variance[static_cast<std::size_t>(i)] = p.variance_adu2;
    model[i] = p.variance_adu2;
  }
  Eigen::VectorXd weight = Eigen::VectorXd::Zero(n);
  std::vector<double> target(points.size());
  LinearFit fit;
  for (int round = 0; round < kRounds; ++round) {
    for (Eigen::Index i = 0; i < n; ++i) {
      const auto k = static_cast<std::size_t>(i);
      const double expected = std::max(model[i], 0.0) + digitisation;
      const double error = expected * std::sqrt(2.0 / static_cast<double>(points[k].n_px - 1));
      weight[i] = error > 0.0 ? 1.0 / error : 0.0;
      target[k] = variance[k] * weight[i];
    }
    fit = fit_linear_clipped(weight.asDiagonal() * design, target, ones(points.size()));
    if (!fit.ok() || fit.rank < n_term)
      throw Error{Errc::numeric,
                  "gain cannot be fitted: give pairs of bias frames, or flats of two levels"}
          .because({"ptc_rank", static_cast<double>(fit.rank), static_cast<double>(n_term)});
    model = design * fit.coefficients;
  }
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n_term, n_term);
  double chi2 = 0.0;
  PhotonTransfer out;
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto k = static_cast<std::size_t>(i);
    if (fit.kept[k] == 0) continue;
    const double w2 = weight[i] * weight[i];
    normal += w2 * design.row(i).transpose() * design.row(i);
    chi2 += w2 * (variance[k] - model[i]) * (variance[k] - model[i]);
    if (k >= n_bias) ++out.n_used;
  }
  Eigen::MatrixXd covariance = normal.ldlt().solve(Eigen::MatrixXd::Identity(n_term, n_term));
  const auto dof = static_cast<double>(fit.n_used - n_term);
  if (dof > 0.0) {
    out.chi2_per_dof = chi2 / dof;
    if (out.chi2_per_dof > 1.0 + 3.0 * std::sqrt(2.0 / dof)) covariance *= out.chi2_per_dof;
  }
  const double slope = fit.coefficients[1] / top;
  if (!(slope > 0.0))
    throw Error{Errc::numeric,
                "the variance of the flats does not rise with their level; are they raw frames?"}
        .because({"variance_slope", slope, 0.0});
  out.gain_e_per_adu = 1.0 / slope;
  out.gain_error_e_per_adu =
      std::sqrt(covariance(1, 1)) / top * out.gain_e_per_adu * out.gain_e_per_adu;
  if (bends) {
    out.curvature = -fit.coefficients[2] / (top * top);
    out.curvature_error = std::sqrt(covariance(2, 2)) / (top * top);
  }
  const bool measured = std::isfinite(read.variance_adu2);
  const double v = std::max(measured ? read.variance_adu2 : fit.coefficients[0], 0.0);
  const double v_error = measured ? read.error_adu2 : std::sqrt(covariance(0, 0));
  out.read_noise_adu = std::sqrt(v);
  out.read_noise_e = out.gain_e_per_adu * out.read_noise_adu;
  // σ(√v) = σ(v)/(2√v); a read noise that is not seen is known to √σ(v).
  const double adu_error = v > v_error ? v_error / (2.0 * out.read_noise_adu) : std::sqrt(v_error);
  out.read_noise_error_e =
      std::hypot(out.gain_e_per_adu * adu_error, out.read_noise_adu * out.gain_error_e_per_adu);
  return out;
}

}  // namespace skyweft::calib

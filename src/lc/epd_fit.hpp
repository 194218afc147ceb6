// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include <Eigen/Dense>

#include "lc/epd.hpp"
#include "lc/small_gram.hpp"

namespace skyweft::lc {

/// The terms of one fit at all of its points, each less a number near its mean.
struct EpdDesign {
  BlockedColumns x;           ///< [point][term]
  std::vector<double> shift;  ///< [term] what was subtracted
};

/// Weighted sums over the points of a fit: all that least squares needs to know of them.
struct EpdSums {
  double n = 0.0;            ///< Σ w
  double y = 0.0;            ///< Σ w y
  Eigen::VectorXd terms;     ///< Σ w x, [term]
  Eigen::VectorXd right;     ///< Σ w x y, [term]
  Eigen::MatrixXd products;  ///< Σ w x xᵀ, [term][term]
};

/// The sums over `points` alone; their weights and values are looked up in `weight` and `y`
/// [point of the design]. Collective: no. Throws: never.
EpdSums sums_over(const EpdDesign& design, std::span<const std::int32_t> points,
                  std::span<const double> weight, std::span<const double> y);

/// Takes the points of `less` out of `from`. Collective: no. Throws: never.
void take_out(EpdSums& from, const EpdSums& less);

struct EpdSolution {
  std::vector<double> standardised;  ///< value at the mean of all terms, then [term]
  double constant = 0.0;             ///< of the model over the shifted terms
  std::vector<double> coefficient;   ///< [padded term] over the shifted terms
  std::int64_t n_used = 0;
  std::int64_t n_dropped = 0;
  double rms_mag = 0.0;
};

/// Fits y over the points whose weight is positive by least squares with rejection, or with
/// Huber's loss, and leaves the model of every point in `model`.
///
/// `sums` are those of all points with a weight. Terms are brought to zero mean and unit variance;
/// the constant is free of ridge and cut. Clipping: points further than config.reject times the
/// (weighted) rms are taken out of the sums, at most config.max_rounds times, and as long as
/// `n_needed` points remain; their weight and y become 0. Huber: bounded at 1.345 times 1.4826
/// median|r| by modified residuals (Huber & Ronchetti 2009, section 7.8), which need no new
/// products, until no coefficient moves by more than 1e-4 of the scale.
/// Collective: no. Throws: never.
EpdSolution fit_terms(const EpdDesign& design, EpdSums sums, std::span<double> y,
                      std::span<double> weight, double n_needed, const EpdConfig& config,
                      std::span<double> model, std::vector<double>& scratch);

}  // namespace skyweft::lc

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Private to the room: one fit of a zero point with given terms.

#include <cstddef>
#include <optional>
#include <vector>

#include <Eigen/Dense>

namespace skyweft::phot {

/// Powers of the colour and order in the place.
struct ZeroPointOrders {
  int colour = 0;
  int position = 0;
  int n_terms() const noexcept { return 1 + colour + position * (position + 3) / 2; }
};

/// The values of 1, C, C², u, v, u², uv, v², as far as the orders go.
Eigen::VectorXd zero_point_terms(const ZeroPointOrders& orders, double colour, double u, double v);

/// The stars selected for a fit, columns of equal length.
struct ZeroPointSample {
  std::vector<double> y;       ///< catalogue − instrumental, mag
  std::vector<double> err2;    ///< σ² > 0
  std::vector<double> colour;  ///< C − C₀
  std::vector<double> u;
  std::vector<double> v;
  std::size_t size() const noexcept { return y.size(); }
};

struct ZeroPointFit {
  Eigen::VectorXd coefficient;    ///< [term]
  Eigen::MatrixXd covariance;     ///< [term][term], from the weights
  double s0_2 = 0.0;              ///< s₀², mag²
  std::vector<double> left;       ///< residuals of all stars of the sample, also those not fitted
  std::vector<std::size_t> kept;  ///< fitted and not clipped, ascending
};

/// Fits a sample with given terms by weights 1/(σ² + s₀²).
class ZeroPointFitter {
 public:
  /// The sample must outlive this object.
  ZeroPointFitter(const ZeroPointSample& sample, const ZeroPointOrders& orders);

  /// Fits the stars `rows` (ascending): Huber's weights from equal ones on, or, when it is given,
  /// `start`; then drops stars beyond clip_sigma · √(σ² + s₀²), and takes back those within, until
  /// none changes; from `start` on s₀² is found to 1e-3, enough to judge. Nothing when the stars do
  /// not determine the terms. Deterministic.
  std::optional<ZeroPointFit> fit(const std::vector<std::size_t>& rows, double clip_sigma,
                                  const ZeroPointFit* start = nullptr) const;

 private:
  bool solve(const std::vector<std::size_t>& rows, const std::vector<double>& weight,
             ZeroPointFit& fit) const;
  bool start(const std::vector<std::size_t>& rows, ZeroPointFit& fit) const;

  const ZeroPointSample& sample_;
  std::size_t n_term_;
  std::vector<double> design_;  ///< [star][term]
};

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include <Eigen/Dense>

#include "shape/empirical_prf.hpp"
#include "shape/parametric_stars.hpp"
#include "shape/spline_surface.hpp"

namespace skyweft::shape {

/// Stars with their present flux, shift and model, for the rounds of fit_empirical_prf().
class EmpiricalStars {
 public:
  /// `kappa` is [member][n_term], `flux_e` [member].
  EmpiricalStars(const ModelledStars& stars, Eigen::MatrixXd kappa, std::vector<double> flux_e);

  /// Adds every sample of the stars that shape and are not `out` [member] to the normal equations.
  /// In the first round there is no model yet: pixels nearer to another star, or within 3 px of
  /// one, are left out, and those far from the median of their cell.
  void add_samples(const SplineGrid& grid, const std::vector<std::uint8_t>& out,
                   double reject_sigma, SplineNormal& normal) const;

  /// Takes the surface [n_term][padded²] and computes every star's light and the residuals.
  void take(const SplineGrid& grid, std::vector<double> padded);

  /// Improves fluxes, and shifts of the stars that shape, one star after the other (Gauss–Seidel),
  /// without pixels far from the model; the largest change of a shaping flux over max(tolerance ·
  /// flux, error / 10), or of a shift over max(tolerance px, error / 10).
  double improve(const SplineGrid& grid, const std::vector<std::uint8_t>& out, bool recentre,
                 const EmpiricalPrfConfig& config);
  /// Takes out of the shifts what the terms can express.
  void centre_shifts(const std::vector<std::uint8_t>& out);

  const std::vector<double>& flux_e() const noexcept { return flux_e_; }
  const std::vector<double>& dx_px() const noexcept { return dx_px_; }
  const std::vector<double>& dy_px() const noexcept { return dy_px_; }
  /// [member][pixel] signal − background − light of all stars, in σ.
  const std::vector<std::vector<double>>& residual() const noexcept { return residual_; }

 private:
  struct Light {
    std::vector<double> value;  ///< [pixel] of flux 1, 1/σ
    std::vector<double> by_x;   ///< by the star's place
    std::vector<double> by_y;
  };
  void light_of(const SplineGrid& grid, std::size_t k, Light& out) const;
  void subtract(std::size_t k, const std::vector<double>& light_e);

  const ModelledStars* stars_;
  Eigen::MatrixXd kappa_;
  std::vector<double> flux_e_;
  std::vector<double> dx_px_;
  std::vector<double> dy_px_;
  std::vector<std::vector<std::size_t>> others_;  ///< [member] that share pixels
  std::vector<double> padded_;                    ///< [n_term][padded²]; empty at first
  std::vector<Light> light_;
  std::vector<std::vector<double>> residual_;
};

}  // namespace skyweft::shape

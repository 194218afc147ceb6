// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "sky/frame_polynomial.hpp"

#include <array>
#include <cmath>

#include <Eigen/Dense>

#include "sky/wcs.hpp"

namespace skyweft::sky {

std::vector<PixelPos> frame_grid(std::int64_t nx, std::int64_t ny, int side, bool crowded) {
  std::vector<PixelPos> out;
  const auto share = [&](int i) {
    return crowded ? 0.5 - 0.5 * std::cos(kPi * i / (side - 1))
                   : static_cast<double>(i) / (side - 1);
  };
  for (int j = 0; j < side; ++j)
    for (int i = 0; i < side; ++i)
      out.push_back(
          {static_cast<double>(nx) * share(i) - 0.5, static_cast<double>(ny) * share(j) - 0.5});
  return out;
}

std::optional<FramePolynomial> fit_frame_polynomial(std::span<const PixelPos> from,
                                                    std::span<const PixelPos> to, int order,
                                                    int lowest) {
  const std::int64_t n_term = n_wcs_terms(order);
  const std::int64_t n_skipped = lowest > 0 ? n_wcs_terms(lowest - 1) : 0;
  const auto n_point = static_cast<Eigen::Index>(from.size());
  if (n_point < n_term - n_skipped) return std::nullopt;
  std::array<double, n_wcs_terms(kMaxPolynomialOrder)> terms{};
  Eigen::MatrixXd design(n_point, n_term - n_skipped);
  Eigen::MatrixXd target(n_point, 2);
  for (Eigen::Index i = 0; i < n_point; ++i) {
    const auto k = static_cast<std::size_t>(i);
    wcs_terms(from[k].x_px, from[k].y_px, order, terms);
    for (Eigen::Index t = 0; t < design.cols(); ++t)
      design(i, t) = terms[static_cast<std::size_t>(t + n_skipped)];
    target(i, 0) = to[k].x_px;
    target(i, 1) = to[k].y_px;
  }
  const Eigen::ColPivHouseholderQR<Eigen::MatrixXd> qr{design};
  if (qr.rank() < design.cols()) return std::nullopt;
  const Eigen::MatrixXd solved = qr.solve(target);
  if (!solved.allFinite()) return std::nullopt;
  FramePolynomial out;
  out.x.assign(static_cast<std::size_t>(n_term), 0.0);
  out.y = out.x;
  for (Eigen::Index t = 0; t < solved.rows(); ++t) {
    out.x[static_cast<std::size_t>(t + n_skipped)] = solved(t, 0);
    out.y[static_cast<std::size_t>(t + n_skipped)] = solved(t, 1);
  }
  return out;
}

PixelPos polynomial_at(const FramePolynomial& fit, int order, const PixelPos& place) {
  std::array<double, n_wcs_terms(kMaxPolynomialOrder)> terms{};
  wcs_terms(place.x_px, place.y_px, order, terms);
  PixelPos out{};
  for (std::size_t k = 0; k < fit.x.size(); ++k) {
    out.x_px += fit.x[k] * terms[k];
    out.y_px += fit.y[k] * terms[k];
  }
  return out;
}

}  // namespace skyweft::sky

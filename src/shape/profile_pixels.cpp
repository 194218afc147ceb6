// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/profile_pixels.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"
#include "core/wide_copies.hpp"
#include "shape/fast_exp.hpp"
#include "shape/gauss_legendre.hpp"

namespace skyweft::shape {
namespace {

constexpr double kPixelError = 1e-10;  ///< of a pixel's integral, in units of the star's light
constexpr double kMostBeta = 30.0;

/// Points a side of a square of side `h`, for the larger curvature of q (1/σ² of the minor axis).
///
/// Gaussian: the error of n points is h^(2n+1) n!⁴ / ((2n+1) (2n)!³) times the 2n-th derivative, at
/// most (2n)! / (n! 2ⁿ σ^2n) at the centre. Moffat: analytic up to ±i √(2β) σ, so that the error
/// falls as ρ^(−2n) with ρ + 1/ρ twice the half axis of the Bernstein ellipse through there.
std::size_t points_needed(PsfKind kind, double curvature, double beta, double h) {
  if (kind == PsfKind::gaussian) {
    const double ratio = h * h * curvature;
    double error = 1.0;
    for (std::size_t n = 1; n < kMostPoints; ++n) {
      const auto m = static_cast<double>(n);
      // n!³ / ((2n)!² 2ⁿ) from the one of n − 1: n³ / ((2n)² (2n − 1)² 2)
      error *= ratio * m / (8.0 * (2.0 * m - 1.0) * (2.0 * m - 1.0));
      if (error / (2.0 * m + 1.0) < kPixelError) return std::max<std::size_t>(n, 3);
    }
    return kMostPoints;
  }
  const double reach = 2.0 * std::sqrt(2.0 * beta / curvature) / h;
  const double rho = reach + std::sqrt(reach * reach + 1.0);
  const double n = std::ceil(-std::log(kPixelError) / (2.0 * std::log(rho)));
  return static_cast<std::size_t>(std::clamp(n, 3.0, static_cast<double>(kMostPoints)));
}

SKYWEFT_WIDE_COPIES void gaussian_row(std::span<const double> x, double a, double b, double c,
                                      double norm, std::span<double> value) {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) value[i] = norm * fast_exp((a * x[i] + b) * x[i] + c);
}

}  // namespace

bool is_profile(PsfKind kind, const ProfileParameters& parameters) {
  const auto& [s, d, k, beta] = parameters;
  if (!(s > 0.0 && s < 1e6 && s * s > d * d + k * k)) return false;
  return kind == PsfKind::gaussian || (kind == PsfKind::moffat && beta > 1.0 && beta <= kMostBeta);
}

ProfilePixels::ProfilePixels(PsfKind kind, PsfView view, const SubPixelMap& subpixels)
    : kind_(kind), view_(view), subpixels_(&subpixels) {}

ProfilePixels::Points ProfilePixels::points_for(const ProfileParameters& parameters,
                                                std::int64_t n_cell) const {
  Points out;
  if (view_ == PsfView::prf) return {{0.0}, {1.0}, {0}};
  const double curvature = parameters[0] + std::hypot(parameters[1], parameters[2]);
  const double h = 1.0 / static_cast<double>(n_cell);
  const GaussLegendre rule = gauss_legendre(points_needed(kind_, curvature, parameters[3], h));
  for (std::int64_t cell = 0; cell < n_cell; ++cell) {
    for (std::size_t i = 0; i < rule.n; ++i) {
      out.offset.push_back(h * (static_cast<double>(cell) + 0.5 + rule.point[i]) - 0.5);
      out.weight.push_back(h * rule.weight[i]);
      out.cell.push_back(cell);
    }
  }
  return out;
}

/// Fills value_ (and slope_, by_beta_ of a Moffat) along x_ at the ordinate y.
void ProfilePixels::densities(const ProfileParameters& parameters, double y) {
  const auto& [s, d, k, beta] = parameters;
  const double delta = std::sqrt(s * s - d * d - k * k);
  const double a = s + d;
  const double b = 2.0 * k * y;
  const double c = (s - d) * y * y;
  if (kind_ == PsfKind::gaussian) {
    gaussian_row(x_, -0.5 * a, -0.5 * b, -0.5 * c, delta / (2.0 * kPi), value_);
    return;
  }
  const double norm = delta / (2.0 * kPi) * (beta - 1.0) / beta;
  const double by_norm = 1.0 / (beta - 1.0) - 1.0 / beta;
  for (std::size_t i = 0; i < x_.size(); ++i) {
    const double t = ((a * x_[i] + b) * x_[i] + c) / (2.0 * beta);
    const double log_t = std::log1p(t);
    value_[i] = norm * std::exp(-beta * log_t);
    slope_[i] = value_[i] / (1.0 + t);
    by_beta_[i] = value_[i] * (by_norm - log_t + t / (1.0 + t));
  }
}

void ProfilePixels::evaluate(const ProfileParameters& parameters, double x_px, double y_px,
                             const PixelWindow& window, std::span<double> out) {
  const bool moffat = kind_ == PsfKind::moffat;
  const auto& map = subpixels_->sensitivity;
  const bool flat = view_ == PsfView::prf || subpixels_->uniform();
  const Points across = points_for(parameters, flat ? 1 : map.nx());
  const Points up = points_for(parameters, flat ? 1 : map.ny());
  const std::size_t n_point = across.offset.size();
  const auto nx = static_cast<std::size_t>(window.nx);
  const auto n_pixel = static_cast<std::size_t>(window.size());
  x_.resize(nx * n_point);
  for (auto* row : {&value_, &slope_, &by_beta_}) row->resize(x_.size());
  weight_.resize(n_point);
  for (std::size_t i = 0; i < nx; ++i)
    for (std::size_t a = 0; a < n_point; ++a)
      x_[i * n_point + a] = static_cast<double>(window.first_x + static_cast<std::int64_t>(i)) -
                            x_px + across.offset[a];
  std::ranges::fill(out, 0.0);
  const auto& [s, d, k, beta] = parameters;
  const double delta2 = s * s - d * d - k * k;
  const std::vector<double>& slope = moffat ? slope_ : value_;
  for (std::int64_t iy = 0; iy < window.ny; ++iy) {
    for (std::size_t b = 0; b < up.offset.size(); ++b) {
      const double y = static_cast<double>(window.first_y + iy) - y_px + up.offset[b];
      densities(parameters, y);
      for (std::size_t a = 0; a < n_point; ++a)
        weight_[a] = across.weight[a] * up.weight[b] *
                     (flat ? (view_ == PsfView::prf ? 1.0 : map.pixels().front())
                           : map(across.cell[a], up.cell[b]));
      for (std::size_t i = 0; i < nx; ++i) {
        double m0 = 0.0;  // Σ value
        double g0 = 0.0;  // Σ slope · 1, x, x²
        double g1 = 0.0;
        double g2 = 0.0;
        double by_beta = 0.0;
        for (std::size_t a = 0; a < n_point; ++a) {
          const std::size_t p = i * n_point + a;
          const double w = weight_[a];
          const double g = w * slope[p];
          m0 += w * value_[p];
          g0 += g;
          g1 += g * x_[p];
          g2 += g * x_[p] * x_[p];
          if (moffat) by_beta += w * by_beta_[p];
        }
        double* pixel = &out[static_cast<std::size_t>(iy) * nx + i];
        pixel[0] += m0;
        pixel[n_pixel] += m0 * s / delta2 - 0.5 * (g2 + y * y * g0);
        pixel[2 * n_pixel] += -m0 * d / delta2 - 0.5 * (g2 - y * y * g0);
        pixel[3 * n_pixel] += -m0 * k / delta2 - y * g1;
        if (moffat) pixel[4 * n_pixel] += by_beta;
      }
    }
  }
}

}  // namespace skyweft::shape

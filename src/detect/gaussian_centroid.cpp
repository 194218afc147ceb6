// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <vector>

#include <Eigen/Dense>

#include "detect/centroid.hpp"

namespace skyweft::detect {
namespace {

constexpr double kPixelVar = 1.0 / 12.0;
constexpr double kLeastVar = 1e-3;  // of the light before the pixel; below, E is a step

/// The 1-D Gaussian of variance v at `x0`, per pixel i: its integral e, and derivatives of e.
struct AxisModel {
  std::vector<double> e, edge, place, width;  ///< e; G; ∂e/∂x0 = −G; ∂e/∂v = ½ ∂G
  std::vector<double> edge_place, edge_width;

  void fill(int radius, double x0, double v) {
    const auto n = static_cast<std::size_t>(2 * radius + 1);
    for (auto* lane : {&e, &edge, &place, &width, &edge_place, &edge_width}) lane->resize(n);
    const double sigma = std::sqrt(v);
    const double norm = 1.0 / (sigma * std::sqrt(2.0 * std::numbers::pi));
    std::array<double, 4> before{};
    for (std::size_t i = 0; i <= n; ++i) {
      const double u = static_cast<double>(i) - radius - 0.5 - x0;
      const double g = norm * std::exp(-0.5 * u * u / v);
      const double g1 = -u / v * g, g2 = (u * u / v - 1.0) / v * g;
      const double c = 0.5 * std::erf(u / (sigma * std::numbers::sqrt2));
      if (i > 0) {
        const std::size_t k = i - 1;
        e[k] = c - before[0];
        edge[k] = g - before[1];
        place[k] = -edge[k];
        width[k] = 0.5 * (g1 - before[2]);
        edge_place[k] = -(g1 - before[2]);
        edge_width[k] = 0.5 * (g2 - before[3]);
      }
      before = {c, g, g1, g2};
    }
  }
};

struct Parameters {
  double flux, x, y, vx, vy, c;
};

using Normal = Eigen::Matrix<double, 6, 6>;
using Vector = Eigen::Matrix<double, 6, 1>;

struct Equations {
  Normal a = Normal::Zero();
  Vector b = Vector::Zero();
  double chi2 = 0.0;
};

class Fit {
 public:
  explicit Fit(const Stamp& stamp) : stamp_{stamp} {}

  Equations at(const Parameters& p) {
    const int r = stamp_.radius;
    x_.fill(r, p.x, p.vx);
    y_.fill(r, p.y, p.vy);
    Equations out;
    for (int j = -r; j <= r; ++j) {
      const float* light = stamp_.light_row(j);
      const float* variance = stamp_.variance_row(j);
      const auto n = static_cast<std::size_t>(j + r);
      for (std::size_t m = 0; m < static_cast<std::size_t>(2 * r + 1); ++m) {
        if (!(variance[m] > 0.0f)) continue;
        const double w = 1.0 / static_cast<double>(variance[m]);
        const double cross = x_.edge[m] * y_.edge[n];
        const double model = x_.e[m] * y_.e[n] + p.c * cross;
        const std::array<double, 6> d{
            model,
            p.flux * (x_.place[m] * y_.e[n] + p.c * x_.edge_place[m] * y_.edge[n]),
            p.flux * (x_.e[m] * y_.place[n] + p.c * x_.edge[m] * y_.edge_place[n]),
            p.flux * (x_.width[m] * y_.e[n] + p.c * x_.edge_width[m] * y_.edge[n]),
            p.flux * (x_.e[m] * y_.width[n] + p.c * x_.edge[m] * y_.edge_width[n]),
            p.flux * cross};
        const double rest = static_cast<double>(light[m]) - p.flux * model;
        out.chi2 += w * rest * rest;
        for (int i = 0; i < 6; ++i) {
          const double wd = w * d[static_cast<std::size_t>(i)];
          out.b(i) += wd * rest;
          for (int k = 0; k <= i; ++k) out.a(i, k) += wd * d[static_cast<std::size_t>(k)];
        }
      }
    }
    for (int i = 0; i < 6; ++i)
      for (int k = i + 1; k < 6; ++k) out.a(i, k) = out.a(k, i);
    return out;
  }

 private:
  const Stamp& stamp_;
  AxisModel x_, y_;
};

/// Solves for the first `n` parameters with the diagonal raised by `damping`.
Vector step_of(const Equations& q, int n, double damping) {
  Eigen::MatrixXd a = q.a.topLeftCorner(n, n);
  a.diagonal() *= 1.0 + damping;
  Vector step = Vector::Zero();
  step.head(n) = a.ldlt().solve(q.b.head(n));
  return step;
}

Parameters moved(const Parameters& p, const Vector& s) {
  Parameters out{p.flux + s(0), p.x + s(1), p.y + s(2), p.vx + s(3), p.vy + s(4), p.c + s(5)};
  out.vx = std::clamp(out.vx, std::max(kLeastVar, 0.3 * p.vx), 3.0 * p.vx + kLeastVar);
  out.vy = std::clamp(out.vy, std::max(kLeastVar, 0.3 * p.vy), 3.0 * p.vy + kLeastVar);
  const double most = 0.95 * std::sqrt((out.vx + kPixelVar) * (out.vy + kPixelVar));
  out.c = std::clamp(out.c, -most, most);
  return out;
}

}  // namespace

std::optional<PixelGaussian> gaussian_centroid(const Stamp& stamp, double x_px, double y_px,
                                               const Covariance& start, bool fixed,
                                               double max_shift_px) {
  const double x0 = x_px - static_cast<double>(stamp.x_px);
  const double y0 = y_px - static_cast<double>(stamp.y_px);
  Parameters p{0.0,
               x0,
               y0,
               std::max(kLeastVar, start.xx - kPixelVar),
               std::max(kLeastVar, start.yy - kPixelVar),
               start.xy};
  Fit fit{stamp};
  const int n = fixed ? 3 : 6;
  p.flux = 0.0;
  Equations now = fit.at(p);
  if (!(now.a(0, 0) > 0.0)) return {};
  p.flux = now.b(0) / now.a(0, 0);
  if (!(p.flux > 0.0)) return {};
  now = fit.at(p);
  double damping = 1e-3;
  bool settled = false;
  for (int round = 0; round < 20 && !settled; ++round) {
    const Vector step = step_of(now, n, damping);
    if (!step.allFinite()) return {};
    const Parameters next = moved(p, step);
    const double gone = std::hypot(next.x - x0, next.y - y0);
    if (!(gone < 3.0 * max_shift_px)) {
      damping = damping * 10.0 + 1.0;
      continue;
    }
    const Equations then = fit.at(next);
    if (!(then.chi2 <= now.chi2 * (1.0 + 1e-12))) {
      damping = std::max(1e-4, damping * 10.0);
      if (damping > 1e8) break;
      continue;
    }
    settled = std::hypot(next.x - p.x, next.y - p.y) < 1e-4 && damping < 1.0;
    p = next;
    now = then;
    damping *= 0.1;
  }
  if (!settled || !(p.flux > 0.0) || !(std::hypot(p.x - x0, p.y - y0) < max_shift_px)) return {};
  Eigen::MatrixXd a = now.a.topLeftCorner(n, n);
  const Eigen::MatrixXd inverse = a.inverse();
  PixelGaussian out;
  out.at = {static_cast<double>(stamp.x_px) + p.x, static_cast<double>(stamp.y_px) + p.y,
            std::sqrt(std::max(0.0, 0.5 * (inverse(1, 1) + inverse(2, 2))))};
  out.flux_e = p.flux;
  out.shape = {p.vx + kPixelVar, p.vy + kPixelVar, p.c};
  return out;
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "shape/star_shape.hpp"

namespace skyweft::shape {
namespace {

constexpr double kStep = 0.3;           // of nodes, in σ along an axis
constexpr double kLost = 1e-6;          // of the light, outside the grid
constexpr double kMoffatFwhm = 12.0;    // the grid reaches no further
constexpr std::int64_t kSideMax = 256;  // nodes each side of the star

/// A profile of q = S(x² + y²) + D(x² − y²) + 2Kxy; β is infinite for a Gaussian.
struct Profile {
  double xx = 0.0;  ///< S + D
  double yy = 0.0;  ///< S − D
  double xy = 0.0;  ///< K
  double beta = std::numeric_limits<double>::infinity();

  bool gaussian() const { return std::isinf(beta); }
  double determinant() const { return xx * yy - xy * xy; }
};

/// q at the edge of the grid.
double edge_of(const Profile& p) {
  if (p.gaussian()) return -2.0 * std::log(kLost);
  const double all = std::expm1(-std::log(kLost) / (p.beta - 1.0));
  // A radius of n FWHM is (2n)² times q at half maximum.
  const double half = std::expm1(std::numbers::ln2 / p.beta);
  return 2.0 * p.beta * std::min(all, 4.0 * kMoffatFwhm * kMoffatFwhm * half);
}

/// Grid lines of one axis, symmetric about the star. `along` is the coefficient of q on the axis
/// itself: the profile is narrowest there, σ = 1/√along. `across` is the smallest q at a distance
/// of 1: the ellipse q reaches out to √(q/across). In the wings of a Moffat lengths scale like
/// √(2β + q), and so does the step.
std::vector<double> grid_lines(const Profile& p, double along, double across) {
  const double step = kStep / std::sqrt(along);
  const double reach = std::sqrt(edge_of(p) / across);
  const double core = p.gaussian() ? 0.0 : std::sqrt(2.0 * p.beta / across);
  const double n_step = p.gaussian() ? reach / step : std::asinh(reach / core) * core / step;
  const double n = std::clamp(std::ceil(n_step), 1.0, static_cast<double>(kSideMax));
  const auto n_side = static_cast<std::int64_t>(n);
  std::vector<double> lines;
  // One line more at each end: there the surface has come down to zero.
  for (std::int64_t i = -n_side - 1; i <= n_side + 1; ++i) {
    const double u = static_cast<double>(i) / n;
    lines.push_back(p.gaussian() ? reach * u : core * std::sinh(std::asinh(reach / core) * u));
  }
  return lines;
}

/// Value, ∂/∂x, ∂/∂y, ∂²/∂x∂y of the profile, 1 at its centre.
void profile_at(const Profile& p, double x, double y, double* node) {
  const double gx = p.xx * x + p.xy * y;  // half the gradient of q
  const double gy = p.yy * y + p.xy * x;
  const double q = gx * x + gy * y;
  // With f(q): f' = −f/2 · first, f'' = f/4 · first · second.
  double first = 1.0;
  double second = 1.0;
  double value = 0.0;
  if (p.gaussian()) {
    value = std::exp(-0.5 * q);
  } else {
    value = std::exp(-p.beta * std::log1p(q / (2.0 * p.beta)));
    first = 1.0 / (1.0 + q / (2.0 * p.beta));
    second = first * (p.beta + 1.0) / p.beta;
  }
  node[0] = value;
  node[1] = -value * first * gx;
  node[2] = -value * first * gy;
  node[3] = value * first * (second * gx * gy - p.xy);
}

StarShape sampled(const Profile& p) {
  StarShape shape;
  shape.x_node_px = grid_lines(p, p.xx, p.determinant() / p.yy);
  shape.y_node_px = grid_lines(p, p.yy, p.determinant() / p.xx);
  const std::size_t nx = shape.x_node_px.size();
  const std::size_t ny = shape.y_node_px.size();
  shape.node.assign(4 * nx * ny, 0.0);
  for (std::size_t iy = 1; iy + 1 < ny; ++iy)
    for (std::size_t ix = 1; ix + 1 < nx; ++ix)
      profile_at(p, shape.x_node_px[ix], shape.y_node_px[iy], &shape.node[4 * (iy * nx + ix)]);
  const double total = total_of(shape);
  if (!(std::isfinite(total) && total > 0.0)) return {};
  for (double& v : shape.node) v /= total;
  return shape;
}

StarShape bicubic(const PsfMap& map, const std::vector<double>& parameter) {
  StarShape shape{map.x_node_px, map.y_node_px, {}};
  const std::size_t nx = shape.x_node_px.size();
  const std::size_t ny = shape.y_node_px.size();
  const auto row = static_cast<std::ptrdiff_t>(4 * (nx - 2));
  shape.node.assign(4 * nx * ny, 0.0);
  auto from = parameter.begin();
  for (std::size_t iy = 1; iy + 1 < ny; ++iy, from += row)
    std::copy(from, from + row,
              shape.node.begin() + static_cast<std::ptrdiff_t>(4 * (iy * nx + 1)));
  return shape;
}

}  // namespace

StarShape shape_of(const PsfMap& map, std::span<const double> term_values) {
  if (map.kind == PsfKind::none) return {};
  if (map.kind == PsfKind::bicubic && (map.x_node_px.size() < 3 || map.y_node_px.size() < 3))
    return {};
  const auto n = static_cast<std::size_t>(map.n_parameter());
  if (term_values.empty() || map.coefficient.size() != n * term_values.size()) return {};
  std::vector<double> parameter(n, 0.0);
  for (std::size_t k = 0; k < term_values.size(); ++k)
    for (std::size_t i = 0; i < n; ++i) parameter[i] += term_values[k] * map.coefficient[k * n + i];
  for (const double v : parameter)
    if (!std::isfinite(v)) return {};
  if (map.kind == PsfKind::bicubic) return bicubic(map, parameter);
  Profile p{parameter[0] + parameter[1], parameter[0] - parameter[1], parameter[2]};
  if (!(p.xx > 0.0 && p.yy > 0.0 && p.determinant() > 0.0)) return {};
  if (map.kind == PsfKind::moffat) {
    if (!(parameter[3] > 1.0)) return {};
    p.beta = parameter[3];
  }
  return sampled(p);
}

}  // namespace skyweft::shape

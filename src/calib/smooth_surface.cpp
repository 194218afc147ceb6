// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/smooth_surface.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <Eigen/Dense>

#include "core/error.hpp"

namespace skyweft::calib {
namespace {

/// A position along one axis: its interval and where in it, 0…1.
struct Knots {
  std::int64_t interval;
  double t;
};

Knots locate(double px, std::int64_t n, std::int64_t n_node) {
  const double u = (px + 0.5) * static_cast<double>(n_node + 1) / static_cast<double>(n);
  const auto interval =
      std::clamp(static_cast<std::int64_t>(std::floor(u)), std::int64_t{0}, n_node);
  return {interval, u - static_cast<double>(interval)};
}

/// The four uniform cubic B-splines that are not zero in an interval.
std::array<double, 4> splines(double t) {
  const double s = 1.0 - t;
  return {s * s * s / 6.0, ((3.0 * t - 6.0) * t * t + 4.0) / 6.0,
          (((-3.0 * t + 3.0) * t + 3.0) * t + 1.0) / 6.0, t * t * t / 6.0};
}

/// out[i] = cubic in (first + i) × per_px − shift: plain arithmetic, so that it vectorises.
void cubic_run(std::size_t n, double first, double per_px, double shift,
               const std::array<double, 4>& c, float* __restrict out) {
  for (std::size_t i = 0; i < n; ++i) {
    const double t = (first + static_cast<double>(static_cast<int>(i))) * per_px - shift;
    out[i] = static_cast<float>(((c[3] * t + c[2]) * t + c[1]) * t + c[0]);
  }
}

/// One usable point of a lattice.
struct Point {
  std::int32_t ix;
  std::int32_t iy;
  double value;
};

struct Axis {
  std::vector<std::int64_t> first;             ///< the first of four coefficients
  std::vector<std::array<double, 4>> weights;  ///< of these
};

Axis axis_of(std::span<const double> at_px, std::int64_t n, std::int64_t n_node) {
  Axis axis;
  for (const double px : at_px) {
    const Knots k = locate(px, n, n_node);
    axis.first.push_back(k.interval);
    axis.weights.push_back(splines(k.t));
  }
  return axis;
}

/// Adds weight × (second difference)² along one axis to the normal matrix.
void add_penalty(Eigen::MatrixXd& normal, Eigen::Index n_line, Eigen::Index line_step,
                 Eigen::Index n, Eigen::Index step, double weight) {
  constexpr std::array<double, 3> kSecond{1.0, -2.0, 1.0};
  for (Eigen::Index line = 0; line < n_line; ++line)
    for (Eigen::Index k = 0; k + 2 < n; ++k)
      for (Eigen::Index a = 0; a < 3; ++a)
        for (Eigen::Index b = 0; b < 3; ++b)
          normal(line * line_step + (k + a) * step, line * line_step + (k + b) * step) +=
              weight * kSecond[static_cast<std::size_t>(a)] * kSecond[static_cast<std::size_t>(b)];
}

double value_at(const std::vector<double>& c, Eigen::Index n_x, const Axis& x, const Axis& y,
                const Point& p) {
  const auto ix = static_cast<std::size_t>(p.ix);
  const auto iy = static_cast<std::size_t>(p.iy);
  double sum = 0.0;
  for (std::size_t j = 0; j < 4; ++j) {
    const double* row = c.data() + (y.first[iy] + static_cast<std::int64_t>(j)) * n_x + x.first[ix];
    double along = 0.0;
    for (std::size_t i = 0; i < 4; ++i) along += x.weights[ix][i] * row[i];
    sum += y.weights[iy][j] * along;
  }
  return sum;
}

/// Least squares for the deviations from `level`.
std::vector<double> solve(const SurfaceShape& shape, const Axis& x, const Axis& y,
                          const std::vector<Point>& points, double level) {
  constexpr double kPenalty = 1e-10;
  const auto n_x = static_cast<Eigen::Index>(shape.n_node_x + 4);
  const auto n_y = static_cast<Eigen::Index>(shape.n_node_y + 4);
  Eigen::MatrixXd normal = Eigen::MatrixXd::Zero(n_x * n_y, n_x * n_y);
  Eigen::VectorXd right = Eigen::VectorXd::Zero(n_x * n_y);
  for (const Point& p : points) {
    const auto ix = static_cast<std::size_t>(p.ix);
    const auto iy = static_cast<std::size_t>(p.iy);
    std::array<Eigen::Index, 16> at;
    std::array<double, 16> w;
    for (std::size_t k = 0; k < 16; ++k) {
      at[k] = (static_cast<Eigen::Index>(y.first[iy]) + static_cast<Eigen::Index>(k / 4)) * n_x +
              static_cast<Eigen::Index>(x.first[ix]) + static_cast<Eigen::Index>(k % 4);
      w[k] = y.weights[iy][k / 4] * x.weights[ix][k % 4];
    }
    for (std::size_t a = 0; a < 16; ++a) {
      right[at[a]] += w[a] * (p.value - level);
      for (std::size_t b = a; b < 16; ++b) normal(at[b], at[a]) += w[a] * w[b];
    }
  }
  normal.triangularView<Eigen::StrictlyUpper>() = normal.transpose();
  const double weight = kPenalty * normal.trace() / static_cast<double>(n_x * n_y);
  add_penalty(normal, n_y, n_x, n_x, 1, weight);
  add_penalty(normal, n_x, 1, n_y, n_x, weight);
  const Eigen::VectorXd scale = normal.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd scaled = scale.asDiagonal() * normal * scale.asDiagonal();
  const Eigen::CompleteOrthogonalDecomposition<Eigen::MatrixXd> qr(scaled);
  const Eigen::VectorXd c = scale.cwiseProduct(qr.solve(scale.cwiseProduct(right)));
  std::vector<double> out(c.data(), c.data() + c.size());
  for (double& v : out) v += level;
  return out;
}

}  // namespace

SmoothSurface::SmoothSurface(const SurfaceShape& shape, std::vector<double> coefficients)
    : shape_(shape), coefficients_(std::move(coefficients)) {
  if (shape.nx < 0 || shape.ny < 0 || shape.n_node_x < 0 || shape.n_node_y < 0 ||
      static_cast<std::int64_t>(coefficients_.size()) != shape.n_coefficient())
    throw Error{Errc::internal, "SmoothSurface: the coefficients do not have the surface's shape"};
}

SmoothSurface SmoothSurface::constant(const SurfaceShape& shape, double value) {
  return {shape, std::vector<double>(static_cast<std::size_t>(shape.n_coefficient()), value)};
}

std::vector<double> SmoothSurface::along_row(double y_px) const {
  const auto n_x = static_cast<std::size_t>(shape_.n_node_x + 4);
  const Knots k = locate(y_px, shape_.ny, shape_.n_node_y);
  const std::array<double, 4> w = splines(k.t);
  std::vector<double> row(n_x, 0.0);
  for (std::size_t j = 0; j < 4; ++j) {
    const double* from = coefficients_.data() + (static_cast<std::size_t>(k.interval) + j) * n_x;
    for (std::size_t i = 0; i < n_x; ++i) row[i] += w[j] * from[i];
  }
  return row;
}

double SmoothSurface::at(const PixelPos& place) const {
  if (shape_.nx == 0 || shape_.ny == 0) return kNaN;
  const std::vector<double> row = along_row(place.y_px);
  const Knots k = locate(place.x_px, shape_.nx, shape_.n_node_x);
  const std::array<double, 4> w = splines(k.t);
  double sum = 0.0;
  for (std::size_t i = 0; i < 4; ++i) sum += w[i] * row[static_cast<std::size_t>(k.interval) + i];
  return sum;
}

void SmoothSurface::evaluate_row(std::int64_t iy, std::span<float> out) const {
  if (static_cast<std::int64_t>(out.size()) != shape_.nx)
    throw Error{Errc::internal, "SmoothSurface: the row has another length than the surface"};
  if (shape_.nx == 0 || shape_.ny == 0) return;
  const std::vector<double> row = along_row(static_cast<double>(iy));
  const std::int64_t n_interval = shape_.n_node_x + 1;
  const double per_px = static_cast<double>(n_interval) / static_cast<double>(shape_.nx);
  std::int64_t first = 0;
  for (std::int64_t k = 0; k < n_interval; ++k) {
    // Centres below the next knot: (ix + ½) n_interval < (k + 1) nx, in whole numbers.
    const std::int64_t end = std::min(
        shape_.nx, (2 * (k + 1) * shape_.nx - n_interval + 2 * n_interval - 1) / (2 * n_interval));
    if (end <= first) continue;
    const double* c = row.data() + k;
    const std::array<double, 4> cubic{(c[0] + 4.0 * c[1] + c[2]) / 6.0, (c[2] - c[0]) / 2.0,
                                      (c[0] - 2.0 * c[1] + c[2]) / 2.0,
                                      (c[3] - c[0] + 3.0 * (c[1] - c[2])) / 6.0};
    cubic_run(static_cast<std::size_t>(end - first), static_cast<double>(first) + 0.5, per_px,
              static_cast<double>(k), cubic, out.data() + first);
    first = end;
  }
}

SmoothSurface SmoothSurface::scaled(double factor) const {
  SmoothSurface out = *this;
  for (double& c : out.coefficients_) c *= factor;
  return out;
}

SurfaceFit fit_surface(const SurfaceShape& shape, std::span<const double> x_px,
                       std::span<const double> y_px, const Grid<float>& value,
                       const SurfaceFitConfig& config) {
  if (static_cast<std::int64_t>(x_px.size()) != value.nx() ||
      static_cast<std::int64_t>(y_px.size()) != value.ny())
    throw Error{Errc::internal, "fit_surface: the lattice and its values differ in shape"};
  std::vector<Point> points;
  double sum = 0.0;
  for (std::int64_t iy = 0; iy < value.ny(); ++iy)
    for (std::int64_t ix = 0; ix < value.nx(); ++ix)
      if (const auto v = static_cast<double>(value(ix, iy)); std::isfinite(v)) {
        points.push_back({static_cast<std::int32_t>(ix), static_cast<std::int32_t>(iy), v});
        sum += v;
      }
  if (points.empty())
    throw Error{Errc::numeric, "there is no usable value to fit a smooth surface to"}.because(
        {"surface_points", 0.0, 1.0});
  const double level = sum / static_cast<double>(points.size());
  const Axis x = axis_of(x_px, shape.nx, shape.n_node_x);
  const Axis y = axis_of(y_px, shape.ny, shape.n_node_y);
  const auto n_x = static_cast<Eigen::Index>(shape.n_node_x + 4);
  // Residuals of a perfect fit are rounding noise of the float values: they reject nothing.
  const double floor = 1e-6 * std::abs(level);
  for (int round = 0;; ++round) {
    std::vector<double> c = solve(shape, x, y, points, level);
    std::vector<double> residual;
    residual.reserve(points.size());
    double squares = 0.0;
    for (const Point& p : points) {
      residual.push_back(std::abs(p.value - value_at(c, n_x, x, y, p)));
      squares += residual.back() * residual.back();
    }
    const double rms = std::sqrt(squares / static_cast<double>(points.size()));
    std::vector<Point> kept;
    if (round < config.max_rounds)
      for (std::size_t i = 0; i < points.size(); ++i)
        if (residual[i] <= std::max(config.clip_sigma * rms, floor)) kept.push_back(points[i]);
    if (kept.empty() || kept.size() == points.size())
      return {.surface = SmoothSurface(shape, std::move(c)),
              .rms = rms,
              .n_used = static_cast<std::int64_t>(points.size())};
    points = std::move(kept);
  }
}

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/mesh.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

namespace skyweft::detect {
namespace {

/// Second derivatives of the natural spline through equidistant values (spacing 1).
void natural_spline(std::span<const double> value, std::span<double> second,
                    std::span<double> work) {
  const std::size_t n = value.size();
  std::fill(second.begin(), second.end(), 0.0);
  if (n < 3) return;
  work[0] = 0.0;
  for (std::size_t i = 1; i + 1 < n; ++i) {
    const double pivot = 4.0 - work[i - 1];
    const double bend = 6.0 * (value[i + 1] - 2.0 * value[i] + value[i - 1]);
    work[i] = 1.0 / pivot;
    second[i] = (bend - second[i - 1]) / pivot;
  }
  for (std::size_t i = n - 2; i >= 1; --i) second[i] -= work[i] * second[i + 1];
}

/// Cubic a + b t + c t² + d t³ between two nodes, t in 0…1.
struct Piece {
  double a, b, c, d;
};

Piece piece_of(double v0, double v1, double s0, double s1) {
  return {v0, v1 - v0 - (2.0 * s0 + s1) / 6.0, s0 / 2.0, (s1 - s0) / 6.0};
}

/// The value at node coordinate `u`; straight outside 0…n-1.
double spline_at(std::span<const double> value, std::span<const double> second, double u) {
  const auto n = static_cast<std::int64_t>(value.size());
  if (n == 1) return value[0];
  const std::int64_t i =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(u)), 0, n - 2);
  const auto k = static_cast<std::size_t>(i);
  const Piece p = piece_of(value[k], value[k + 1], second[k], second[k + 1]);
  const double t = u - static_cast<double>(i);
  if (t < 0.0) return p.a + t * p.b;
  if (t > 1.0) return value[k + 1] + (t - 1.0) * (p.b + 2.0 * p.c + 3.0 * p.d);
  return p.a + t * (p.b + t * (p.c + t * p.d));
}

/// Evaluates one row; inner loop over contiguous pixels of one piece.
void fill_row(std::span<const double> value, std::span<const double> second, std::span<float> row) {
  const auto n = static_cast<std::int64_t>(value.size());
  const auto nx = static_cast<std::int64_t>(row.size());
  if (n == 1) {
    std::fill(row.begin(), row.end(), static_cast<float>(value[0]));
    return;
  }
  const double per_px = static_cast<double>(n) / static_cast<double>(nx);
  const double u0 = 0.5 * per_px - 0.5;
  auto first_at = [&](double u) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(std::ceil((u - u0) / per_px)), 0, nx);
  };
  for (std::int64_t i = -1; i < n; ++i) {
    const std::int64_t begin = i < 0 ? 0 : first_at(static_cast<double>(i));
    const std::int64_t end = i + 1 == n ? nx : first_at(static_cast<double>(i + 1));
    const auto k = static_cast<std::size_t>(std::clamp<std::int64_t>(i, 0, n - 2));
    Piece p = piece_of(value[k], value[k + 1], second[k], second[k + 1]);
    if (i < 0) p = {p.a, p.b, 0.0, 0.0};
    if (i + 1 == n) p = {value[k + 1], p.b + 2.0 * p.c + 3.0 * p.d, 0.0, 0.0};
    const double origin = i < 0 ? 0.0 : static_cast<double>(i);
    const auto t0 = static_cast<float>(u0 + per_px * static_cast<double>(begin) - origin);
    const auto dt = static_cast<float>(per_px);
    const auto a = static_cast<float>(p.a), b = static_cast<float>(p.b);
    const auto c = static_cast<float>(p.c), d = static_cast<float>(p.d);
    float* out = row.data() + begin;
    const int count = static_cast<int>(end - begin);
    for (int j = 0; j < count; ++j) {
      const float t = t0 + dt * static_cast<float>(j);
      out[j] = a + t * (b + t * (c + t * d));
    }
  }
}

}  // namespace

Grid<float> interpolate_mesh(const Grid<double>& mesh, std::int64_t nx, std::int64_t ny,
                             bool cubic) {
  const std::int64_t mx = mesh.nx(), my = mesh.ny();
  const auto ux = static_cast<std::size_t>(mx), uy = static_cast<std::size_t>(my);
  std::vector<double> work(std::max(ux, uy), 0.0);
  std::vector<double> column(ux * uy), column_second(ux * uy, 0.0);  // [i_column][i_row]
  for (std::int64_t i = 0; i < mx; ++i) {
    const auto at = static_cast<std::size_t>(i) * uy;
    for (std::int64_t j = 0; j < my; ++j) column[at + static_cast<std::size_t>(j)] = mesh(i, j);
    if (cubic) natural_spline({column.data() + at, uy}, {column_second.data() + at, uy}, work);
  }
  Grid<float> full(nx, ny);
  std::vector<double> value(ux), second(ux, 0.0);
  const double per_px = static_cast<double>(my) / static_cast<double>(ny);
  for (std::int64_t y = 0; y < ny; ++y) {
    const double u = (static_cast<double>(y) + 0.5) * per_px - 0.5;
    for (std::size_t i = 0; i < ux; ++i)
      value[i] = spline_at({column.data() + i * uy, uy}, {column_second.data() + i * uy, uy}, u);
    if (cubic) natural_spline(value, second, work);
    fill_row(value, second, full.row(y));
  }
  return full;
}

}  // namespace skyweft::detect

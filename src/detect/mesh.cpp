// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/mesh.hpp"

#include <algorithm>
#include <array>
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

/// Which two nodes make the value at node coordinate u, straight outside 0…n−1: node and weights of
/// their values v and second derivatives s: w[0] v0 + w[1] v1 + w[2] s0 + w[3] s1.
struct Mix {
  std::int64_t node;
  std::array<double, 4> w;
};

Mix mix_at(double u, std::int64_t n) {
  if (n == 1) return {0, {1.0, 0.0, 0.0, 0.0}};
  const std::int64_t i =
      std::clamp<std::int64_t>(static_cast<std::int64_t>(std::floor(u)), 0, n - 2);
  const double t = u - static_cast<double>(i);
  // Ends are straight: slopes of piece_of() at t = 0 and t = 1.
  if (t < 0.0) return {i, {1.0 - t, t, -t / 3.0, -t / 6.0}};
  if (t > 1.0) return {i, {1.0 - t, t, (t - 1.0) / 6.0, (t - 1.0) / 3.0}};
  const double r = 1.0 - t;
  return {i, {r, t, (r * r * r - r) / 6.0, (t * t * t - t) / 6.0}};
}

/// Second derivatives along x of every row.
Grid<double> bent_along_x(const Grid<double>& mesh) {
  Grid<double> out(mesh.nx(), mesh.ny());
  std::vector<double> work(static_cast<std::size_t>(mesh.nx()), 0.0);
  for (std::int64_t j = 0; j < mesh.ny(); ++j) natural_spline(mesh.row(j), out.row(j), work);
  return out;
}

/// The same along y of every column.
Grid<double> bent_along_y(const Grid<double>& mesh) {
  const auto n = static_cast<std::size_t>(mesh.ny());
  Grid<double> out(mesh.nx(), mesh.ny());
  std::vector<double> work(n, 0.0), value(n), second(n);
  for (std::int64_t i = 0; i < mesh.nx(); ++i) {
    for (std::size_t j = 0; j < n; ++j) value[j] = mesh(i, static_cast<std::int64_t>(j));
    natural_spline(value, second, work);
    for (std::size_t j = 0; j < n; ++j) out(i, static_cast<std::int64_t>(j)) = second[j];
  }
  return out;
}

/// One row of the mesh `v`, with second derivatives `s` along y, at the place of `mix`.
void mix_rows(const Grid<double>& v, const Grid<double>& s, const Mix& mix, std::span<double> out) {
  const std::int64_t j0 = mix.node, j1 = std::min(j0 + 1, v.ny() - 1);
  const double *v0 = v.row(j0).data(), *v1 = v.row(j1).data();
  const double *s0 = s.row(j0).data(), *s1 = s.row(j1).data();
  const std::array<double, 4> w = mix.w;
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = w[0] * v0[i] + w[1] * v1[i] + (w[2] * s0[i] + w[3] * s1[i]);
}

/// Evaluates one row; inner loop over contiguous pixels of one piece.
void fill_row(std::span<const double> value, std::span<const double> second, float least,
              std::span<float> row) {
  const auto n = static_cast<std::int64_t>(value.size());
  const auto nx = static_cast<std::int64_t>(row.size());
  if (n == 1) {
    std::fill(row.begin(), row.end(), std::max(least, static_cast<float>(value[0])));
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
      const float v = a + t * (b + t * (c + t * d));
      out[j] = v > least ? v : least;
    }
  }
}

}  // namespace

void interpolate_mesh_into(Grid<float>& out, const Grid<double>& mesh, std::int64_t nx,
                           std::int64_t ny, bool cubic, float least) {
  // Splines are linear in their values: bend the mesh once, then mix its rows.
  const Grid<double> none(mesh.nx(), mesh.ny(), 0.0);
  const Grid<double> x = cubic ? bent_along_x(mesh) : none;
  const Grid<double> y = cubic ? bent_along_y(mesh) : none;
  const Grid<double> xy = cubic ? bent_along_x(y) : none;
  if (out.nx() != nx || out.ny() != ny) out = Grid<float>(nx, ny);
  const auto n = static_cast<std::size_t>(mesh.nx());
  std::vector<double> value(n), second(n);
  const double per_px = static_cast<double>(mesh.ny()) / static_cast<double>(ny);
  for (std::int64_t iy = 0; iy < ny; ++iy) {
    const Mix mix = mix_at((static_cast<double>(iy) + 0.5) * per_px - 0.5, mesh.ny());
    mix_rows(mesh, y, mix, value);
    mix_rows(x, xy, mix, second);
    fill_row(value, second, least, out.row(iy));
  }
}

}  // namespace skyweft::detect

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "data/frame.hpp"
#include "data/psf_map.hpp"
#include "data/subpixel_map.hpp"

namespace skyweft::support {

/// A Gaussian or Moffat of total 1 by its formula (data/psf_map.hpp); `p` is S, D, K, β.
inline double density_of(PsfKind kind, const std::array<double, 4>& p, double x, double y) {
  const double q = p[0] * (x * x + y * y) + p[1] * (x * x - y * y) + 2.0 * p[2] * x * y;
  const double norm = std::sqrt(p[0] * p[0] - p[1] * p[1] - p[2] * p[2]) / (2.0 * M_PI);
  if (kind == PsfKind::gaussian) return norm * std::exp(-0.5 * q);
  return norm * (p[3] - 1.0) / p[3] * std::pow(1.0 + q / (2.0 * p[3]), -p[3]);
}

/// The light that a pixel `dx`, `dy` from the star collects, slowly: three-point Gauss in each of
/// 16 × 16 cells a sub-pixel. Error h⁷ f⁽⁶⁾/2016000 a cell and axis: below 1e-10 for FWHM >= 1 px,
/// where f⁽⁶⁾ <= 15 f(0)/σ⁶ = 2600 f(0), h = 1/16 and f(0) = 0.9.
inline double slow_pixel(PsfKind kind, const std::array<double, 4>& p, double dx, double dy,
                         const SubPixelMap& map = {}) {
  constexpr int kCells = 16;
  const std::array<double, 3> node{-std::sqrt(0.15), 0.0, std::sqrt(0.15)};
  const std::array<double, 3> weight{5.0 / 18.0, 8.0 / 18.0, 5.0 / 18.0};
  const auto& s = map.sensitivity;
  double sum = 0.0;
  for (std::int64_t sy = 0; sy < s.ny(); ++sy) {
    for (std::int64_t sx = 0; sx < s.nx(); ++sx) {
      if (s(sx, sy) == 0.0) continue;
      const double hx = 1.0 / static_cast<double>(s.nx() * kCells);
      const double hy = 1.0 / static_cast<double>(s.ny() * kCells);
      for (int j = 0; j < kCells; ++j)
        for (int i = 0; i < kCells; ++i)
          for (std::size_t b = 0; b < 3; ++b)
            for (std::size_t a = 0; a < 3; ++a)
              sum += s(sx, sy) * hx * hy * weight[a] * weight[b] *
                     density_of(
                         kind, p,
                         dx - 0.5 + hx * (static_cast<double>(sx * kCells + i) + 0.5 + node[a]),
                         dy - 0.5 + hy * (static_cast<double>(sy * kCells + j) + 0.5 + node[b]));
    }
  }
  return sum;
}

/// The light that a pixel `dx`, `dy` from a star of Gaussian widths σx, σy collects: products of
/// error functions, exact to 1e-16 a sub-pixel.
inline double erf_pixel(double sigma_x, double sigma_y, double dx, double dy,
                        const SubPixelMap& map = {}) {
  const auto& s = map.sensitivity;
  const auto part = [](double low, double high, double sigma) {
    return 0.5 *
           (std::erf(high / (sigma * std::sqrt(2.0))) - std::erf(low / (sigma * std::sqrt(2.0))));
  };
  double sum = 0.0;
  for (std::int64_t j = 0; j < s.ny(); ++j) {
    for (std::int64_t i = 0; i < s.nx(); ++i) {
      const double x = dx - 0.5 + static_cast<double>(i) / static_cast<double>(s.nx());
      const double y = dy - 0.5 + static_cast<double>(j) / static_cast<double>(s.ny());
      sum += s(i, j) * part(x, x + 1.0 / static_cast<double>(s.nx()), sigma_x) *
             part(y, y + 1.0 / static_cast<double>(s.ny()), sigma_y);
    }
  }
  return sum;
}

/// A frame without light: variance 1, nothing masked.
inline Frame dark_frame(std::int64_t nx, std::int64_t ny) {
  return {.signal_e = Grid<float>(nx, ny, 0.0f),
          .variance_e2 = Grid<float>(nx, ny, 1.0f),
          .mask = Mask(nx, ny, 0)};
}

/// Adds the star's light to the pixels whose centres lie within the square of `reach` about it.
inline void add_star(Grid<double>& to, PsfKind kind, const std::array<double, 4>& p, double x,
                     double y, double flux, double reach, const SubPixelMap& map = {}) {
  const auto first = [&](double c) { return std::llround(std::ceil(c - reach)); };
  const auto last = [&](double c) { return std::llround(std::floor(c + reach)); };
  for (std::int64_t iy = first(y); iy <= last(y); ++iy)
    for (std::int64_t ix = first(x); ix <= last(x); ++ix)
      if (to.contains(ix, iy))
        to(ix, iy) += flux * slow_pixel(kind, p, static_cast<double>(ix) - x,
                                        static_cast<double>(iy) - y, map);
}

/// A quarter of every pixel sees light.
inline SubPixelMap quarter_map() {
  SubPixelMap map;
  map.sensitivity = Grid<double>(2, 2, 0.0);
  map.sensitivity(1, 0) = 4.0;
  return map;
}

}  // namespace skyweft::support

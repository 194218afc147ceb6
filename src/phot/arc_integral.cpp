// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/arc_integral.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/wide_copies.hpp"

namespace skyweft::phot {
namespace {

/// Gauss and Legendre's rule of 6 points.
constexpr std::size_t kPoints = 6;
constexpr std::array<double, kPoints> kPlace{-0.93246951420315202781, -0.66120938646626451366,
                                             -0.23861918608319690863, 0.23861918608319690863,
                                             0.66120938646626451366,  0.93246951420315202781};
constexpr std::array<double, kPoints> kWeight{0.17132449237917034504, 0.36076157304813860757,
                                              0.46791393457269104739, 0.46791393457269104739,
                                              0.36076157304813860757, 0.17132449237917034504};

constexpr std::size_t kBlock = 4;

/// Some arcs side by side: with t = tan(angle/2) from an arc's middle no angle is needed.
struct Block {
  std::array<double, kBlock> end{};   ///< t at the end of the arc, tan(arc/4)
  std::array<double, kBlock> to_x{};  ///< the arc's middle
  std::array<double, kBlock> to_y{};
};

[[gnu::always_inline]] inline Block block_of(const ArcPiece* arc, double radius) {
  std::array<double, kBlock> px;
  std::array<double, kBlock> py;
  std::array<double, kBlock> qx;
  std::array<double, kBlock> qy;
  for (std::size_t i = 0; i < kBlock; ++i) {
    px[i] = arc[i].p.x;
    py[i] = arc[i].p.y;
    qx[i] = arc[i].q.x;
    qy[i] = arc[i].q.y;
  }
  Block block;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const double wide = qx[i] - px[i];
    const double high = qy[i] - py[i];
    const double x = qx[i] + px[i];
    const double y = qy[i] + py[i];
    const double twice = std::sqrt(x * x + y * y);
    const double scale = radius / twice;
    block.end[i] = std::sqrt(wide * wide + high * high) / (2.0 * radius + twice);
    block.to_x[i] = scale * x;
    block.to_y[i] = scale * y;
  }
  return block;
}

/// ∫ dv ∫ φ du from `from` to the arc.
[[gnu::always_inline]] inline double under_arc(const ArcPiece& arc, double end, double to_x,
                                               double to_y) {
  const double from = arc.from;
  const double* const a = arc.a;
  std::array<double, kPoints> part;
  for (std::size_t k = 0; k < kPoints; ++k) {
    const double t = end * kPlace[k];
    const double inverse = 1.0 / (1.0 + t * t);
    const double cosine = (1.0 - t * t) * inverse;
    const double sine = 2.0 * t * inverse;
    const double x = cosine * to_x - sine * to_y;
    const double y = cosine * to_y + sine * to_x;
    const double u = arc.first_sign * x - arc.first_corner;
    const double v = arc.second_sign * y - arc.second_corner;
    const double c0 = a[0] + v * (a[1] + v * (a[2] + v * a[3]));
    const double c1 = a[4] + v * (a[5] + v * (a[6] + v * a[7]));
    const double c2 = a[8] + v * (a[9] + v * (a[10] + v * a[11]));
    const double c3 = a[12] + v * (a[13] + v * (a[14] + v * a[15]));
    const double inner = u * (c0 + u * (c1 + u * (c2 + u * c3))) -
                         from * (c0 + from * (c1 + from * (c2 + from * c3)));
    part[k] = kWeight[k] * inverse * x * inner;
  }
  double sum = 0.0;
  for (const double p_k : part) sum += p_k;
  return 2.0 * arc.first_sign * end * sum;
}

SKYWEFT_WIDE_COPIES
void add_all(const ArcPiece* arc, std::size_t n, double radius, double* integral) {
  std::size_t first = 0;
  for (; first + kBlock <= n; first += kBlock) {
    const Block block = block_of(arc + first, radius);
    for (std::size_t i = 0; i < kBlock; ++i)
      integral[arc[first + i].pixel] +=
          under_arc(arc[first + i], block.end[i], block.to_x[i], block.to_y[i]);
  }
  if (first == n) return;
  std::array<ArcPiece, kBlock> rest;
  rest.fill(arc[n - 1]);
  std::copy(arc + first, arc + n, rest.begin());
  const Block block = block_of(rest.data(), radius);
  for (std::size_t i = 0; first + i < n; ++i)
    integral[rest[i].pixel] += under_arc(rest[i], block.end[i], block.to_x[i], block.to_y[i]);
}

}  // namespace

void add_arcs(std::span<const ArcPiece> arcs, double radius_px, std::span<double> integral) {
  add_all(arcs.data(), arcs.size(), radius_px, integral.data());
}

}  // namespace skyweft::phot

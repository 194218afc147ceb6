// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/parametric_weights.hpp"

#include <cmath>

namespace skyweft::shape {
namespace {

constexpr double kNoisier = 1.5;

struct Means {
  double light_e = 0.0;
  double variance_e2 = 0.0;
  double n = 0.0;
};

}  // namespace

void smooth_variances(ModelledStars& stars, const ParametricNormal& normal) {
  const auto visit = [&](std::size_t k, auto&& take) {
    const ModelledStar& star = stars.member[k];
    for (std::size_t p = 0; p < star.weight.size(); ++p) {
      if (!(star.weight[p] > 0.0)) continue;
      take(p, (star.data[p] - normal.residual[k][p]) / star.weight[p],
           1.0 / (star.weight[p] * star.weight[p]));
    }
  };
  std::vector<Means> mean(stars.member.size());
  double sum = 0.0;
  double sum_square = 0.0;
  for (std::size_t k = 0; k < mean.size(); ++k) {
    Means& m = mean[k];
    visit(k, [&](std::size_t, double light, double variance) {
      m.light_e += light;
      m.variance_e2 += variance;
      m.n += 1.0;
    });
    if (m.n == 0.0) continue;
    m.light_e /= m.n;
    m.variance_e2 /= m.n;
    visit(k, [&](std::size_t, double light, double variance) {
      sum += (light - m.light_e) * (variance - m.variance_e2);
      sum_square += (light - m.light_e) * (light - m.light_e);
    });
  }
  const double slope = sum_square > 0.0 ? std::max(0.0, sum / sum_square) : 0.0;
  for (std::size_t k = 0; k < mean.size(); ++k) {
    const double level = mean[k].variance_e2 - slope * mean[k].light_e;
    ModelledStar& star = stars.member[k];
    visit(k, [&](std::size_t p, double light, double variance) {
      const double smooth = level + slope * light;
      if (star.own[p] == 0 || !(smooth > 0.0) || variance > kNoisier * smooth) return;
      const double weight = 1.0 / std::sqrt(smooth);
      star.data[p] *= weight / star.weight[p];
      star.weight[p] = weight;
    });
  }
  for (const auto& [a, b] : stars.overlap) {
    const PixelWindow& wa = stars.member[a].window;
    const PixelWindow& wb = stars.member[b].window;
    const PixelWindow w = shared_window(wa, wb);
    for (std::int64_t iy = w.first_y; iy < w.first_y + w.ny; ++iy) {
      for (std::int64_t ix = w.first_x; ix < w.first_x + w.nx; ++ix) {
        const auto pa = static_cast<std::size_t>((iy - wa.first_y) * wa.nx + ix - wa.first_x);
        const auto pb = static_cast<std::size_t>((iy - wb.first_y) * wb.nx + ix - wb.first_x);
        if (stars.member[a].own[pa] == 0) continue;
        stars.member[b].data[pb] = stars.member[a].data[pa];
        stars.member[b].weight[pb] = stars.member[a].weight[pa];
      }
    }
  }
}

}  // namespace skyweft::shape

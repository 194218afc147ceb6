// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/sysrem.hpp"

#include <algorithm>
#include <cmath>

#include "core/units.hpp"
#include "core/wide_copies.hpp"
#include "lc/scatter_fit.hpp"
#include "lc/statistics.hpp"

namespace skyweft::lc {
namespace {

constexpr std::size_t kLanes = 8;

/// Σ r a w and Σ a² w, in lanes of frames so that every width of register adds alike.
SKYWEFT_WIDE_COPIES
void projections(const float* residual, const float* weight, const double* effect, std::size_t n,
                 double* onto, double* norm) {
  double p[kLanes] = {};
  double q[kLanes] = {};
  std::size_t f = 0;
  for (; f + kLanes <= n; f += kLanes)
    for (std::size_t k = 0; k < kLanes; ++k) {
      const double wa = static_cast<double>(weight[f + k]) * effect[f + k];
      p[k] += static_cast<double>(residual[f + k]) * wa;
      q[k] += effect[f + k] * wa;
    }
  for (; f < n; ++f) {
    const double wa = static_cast<double>(weight[f]) * effect[f];
    p[f % kLanes] += static_cast<double>(residual[f]) * wa;
    q[f % kLanes] += effect[f] * wa;
  }
  *onto = 0.0;
  *norm = 0.0;
  for (std::size_t k = 0; k < kLanes; ++k) {
    *onto += p[k];
    *norm += q[k];
  }
}

SKYWEFT_WIDE_COPIES
void add_one_star(const float* residual, const float* weight, double c, std::size_t n, double* onto,
                  double* norm) {
  for (std::size_t f = 0; f < n; ++f) {
    const double wc = static_cast<double>(weight[f]) * c;
    onto[f] += static_cast<double>(residual[f]) * wc;
    norm[f] += c * wc;
  }
}

struct Row {
  const float* residual;
  const float* weight;
};

Row row_of(const ResidualBlock& block, std::int64_t i_star) {
  return {block.residual_mag.data() + i_star * block.n_frame,
          block.weight.data() + i_star * block.n_frame};
}

double coefficient_of(const ResidualBlock& block, std::int64_t i_star,
                      std::span<const double> effect) {
  const Row row = row_of(block, i_star);
  double onto = 0.0;
  double norm = 0.0;
  projections(row.residual, row.weight, effect.data(), effect.size(), &onto, &norm);
  return norm > 0.0 ? onto / norm : 0.0;
}

void add_sums(const ResidualBlock& block, std::int64_t i_star, double c, std::span<double> sums) {
  const Row row = row_of(block, i_star);
  const auto n = static_cast<std::size_t>(block.n_frame);
  add_one_star(row.residual, row.weight, c, n, sums.data(), sums.data() + n);
}

void add_to_residuals(ResidualBlock& block, std::int64_t i_star, double c,
                      std::span<const double> effect) {
  float* const residual = block.residual_mag.data() + i_star * block.n_frame;
  const float* const weight = row_of(block, i_star).weight;
  for (std::size_t f = 0; f < effect.size(); ++f)
    if (weight[f] > 0.0F)
      residual[f] = static_cast<float>(static_cast<double>(residual[f]) + c * effect[f]);
}

}  // namespace

std::vector<std::int64_t> choose_effect_stars(std::span<const EffectCandidate> stars,
                                              std::int64_t n_frame, const SysremConfig& config) {
  std::vector<std::int64_t> usable;
  for (std::size_t i = 0; i < stars.size(); ++i) {
    const EffectCandidate& s = stars[i];
    if (!s.is_barred && std::isfinite(s.mag) && s.scatter_mag > 0.0 &&
        std::isfinite(s.scatter_mag) && s.n_points > 1 &&
        static_cast<double>(s.n_points) >= config.min_points * static_cast<double>(n_frame))
      usable.push_back(static_cast<std::int64_t>(i));
  }
  // Quiet for their magnitude: log10 scatter against a parabola in magnitude.
  Eigen::MatrixXd design(std::ssize(usable), 3);
  std::vector<double> scatter;
  double middle = 0.0;
  for (const std::int64_t i : usable) middle += stars[static_cast<std::size_t>(i)].mag;
  middle /= std::max<double>(1.0, static_cast<double>(usable.size()));
  for (std::size_t k = 0; k < usable.size(); ++k) {
    const EffectCandidate& s = stars[static_cast<std::size_t>(usable[k])];
    const double m = s.mag - middle;
    design.row(static_cast<Eigen::Index>(k)) << 1.0, m, m * m;
    scatter.push_back(s.scatter_mag);
  }
  const ScatterFit fit = fit_scatter(design, scatter);
  std::vector<std::int64_t> chosen;
  for (std::size_t k = 0; k < usable.size(); ++k)
    if (!(fit.excess_dex[k] > config.scatter_excess * fit.average_dex)) chosen.push_back(usable[k]);
  if (std::ssize(chosen) > config.max_stars) {
    std::ranges::stable_sort(
        chosen, {}, [&](std::int64_t i) { return stars[static_cast<std::size_t>(i)].mag; });
    chosen.resize(static_cast<std::size_t>(config.max_stars));
    std::ranges::sort(chosen);
  }
  return chosen;
}

void add_star(ResidualBlock& block, std::span<const float> mag, std::span<const float> mag_err,
              const SysremConfig& config) {
  if (block.n_star == 0) block.n_frame = std::ssize(mag);
  ++block.n_star;
  SeriesBuffers buffers;
  const SeriesSpread spread = series_spread(mag, config.reject, buffers);
  const double error = series_scatter(mag_err, buffers).median;
  const double variance = spread.of.scatter * spread.of.scatter;
  const double excess = std::isfinite(error) ? std::max(0.0, variance - error * error) : variance;
  double sum_w = 0.0;
  double sum_wd = 0.0;
  for (std::size_t f = 0; f < mag.size(); ++f) {
    const double d = static_cast<double>(mag[f]) - spread.of.median;
    const double e = mag_err.empty() ? kNaN : static_cast<double>(mag_err[f]);
    const double v =
        excess + (std::isfinite(e) ? e * e : (std::isfinite(error) ? error * error : 0.0));
    const bool is_used = std::abs(d) <= spread.limit && v > 0.0;
    const double w = is_used ? 1.0 / v : 0.0;
    block.residual_mag.push_back(is_used ? static_cast<float>(d) : 0.0F);
    block.weight.push_back(static_cast<float>(w));
    sum_w += w;
    sum_wd += is_used ? w * d : 0.0;
  }
  if (!(sum_w > 0.0)) return;
  const auto mean = static_cast<float>(sum_wd / sum_w);
  const std::size_t first = block.residual_mag.size() - mag.size();
  for (std::size_t f = 0; f < mag.size(); ++f)
    block.residual_mag[first + f] -= block.weight[first + f] > 0.0F ? mean : 0.0F;
}

std::vector<double> coefficients_of(const ResidualBlock& block, std::span<const double> effect) {
  std::vector<double> out;
  for (std::int64_t s = 0; s < block.n_star; ++s) out.push_back(coefficient_of(block, s, effect));
  return out;
}

void add_effect_sums(const ResidualBlock& block, std::span<const double> effect,
                     std::span<double> sums) {
  for (std::int64_t s = 0; s < block.n_star; ++s)
    add_sums(block, s, coefficient_of(block, s, effect), sums);
}

void add_effect_sums_of(const ResidualBlock& block, std::span<const double> coefficient,
                        std::span<double> sums) {
  for (std::int64_t s = 0; s < block.n_star; ++s)
    add_sums(block, s, coefficient[static_cast<std::size_t>(s)], sums);
}

void add_start_sums(const ResidualBlock& block, std::int64_t first_star, std::span<double> sums) {
  constexpr double kGolden = 0.6180339887498949;
  for (std::int64_t s = 0; s < block.n_star; ++s) {
    const double at = static_cast<double>(first_star + s + 1) * kGolden;
    add_sums(block, s, at - std::floor(at), sums);
  }
}

std::vector<double> subtract_effect(ResidualBlock& block, std::span<const double> effect) {
  std::vector<double> coefficient = coefficients_of(block, effect);
  for (std::int64_t s = 0; s < block.n_star; ++s)
    add_to_residuals(block, s, -coefficient[static_cast<std::size_t>(s)], effect);
  return coefficient;
}

void restore_effect(ResidualBlock& block, std::span<const double> coefficient,
                    std::span<const double> effect) {
  for (std::int64_t s = 0; s < block.n_star; ++s)
    add_to_residuals(block, s, coefficient[static_cast<std::size_t>(s)], effect);
}

std::vector<double> effect_of(std::span<const double> sums) {
  const std::size_t n = sums.size() / 2;
  std::vector<double> out(n, 0.0);
  for (std::size_t f = 0; f < n; ++f)
    if (sums[n + f] > 0.0) out[f] = sums[f] / sums[n + f];
  return out;
}

std::int64_t countable_effects(std::int64_t n_star, const SysremConfig& config) {
  return std::min<std::int64_t>(config.effects, std::max<std::int64_t>(0, (n_star - 1) / 2));
}

}  // namespace skyweft::lc

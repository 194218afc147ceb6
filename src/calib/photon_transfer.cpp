// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/photon_transfer.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

constexpr std::int64_t kMinPixels = 16;
constexpr double kMaxRatio = 2.0;

/// Start of part `i` of `n` equal parts of [low, high).
std::int64_t cut(std::int64_t low, std::int64_t high, std::int64_t i, std::int64_t n) {
  return low + (high - low) * i / n;
}

struct PairValues {
  std::vector<double> first;
  std::vector<double> second;
  std::int64_t n_saturated = 0;
};

PairValues values_of(const Grid<float>& first, const Grid<float>& second, const Mask& first_mask,
                     const Mask& second_mask, const PixelBox& box) {
  PairValues out;
  const auto n = static_cast<std::size_t>(box.nx() * box.ny());
  out.first.reserve(n);
  out.second.reserve(n);
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy)
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix) {
      const int bits = (first_mask.empty() ? 0 : first_mask(ix, iy)) |
                       (second_mask.empty() ? 0 : second_mask(ix, iy));
      if ((bits & mask::saturated) != 0) ++out.n_saturated;
      if ((bits & mask::unusable) != 0) continue;
      out.first.push_back(static_cast<double>(first(ix, iy)));
      out.second.push_back(static_cast<double>(second(ix, iy)));
    }
  return out;
}

double median_of(std::vector<double> values) {
  return median_in_place(values);
}

}  // namespace

std::vector<PixelBox> boxes_of(const PixelBox& region, std::int64_t box_px) {
  std::vector<PixelBox> boxes;
  if (region.empty() || box_px < 1) return boxes;
  const std::int64_t n_x = std::max<std::int64_t>(1, (region.nx() + box_px / 2) / box_px);
  const std::int64_t n_y = std::max<std::int64_t>(1, (region.ny() + box_px / 2) / box_px);
  for (std::int64_t j = 0; j < n_y; ++j)
    for (std::int64_t i = 0; i < n_x; ++i)
      boxes.push_back({.x0 = cut(region.x0, region.x1, i, n_x),
                       .y0 = cut(region.y0, region.y1, j, n_y),
                       .x1 = cut(region.x0, region.x1, i + 1, n_x),
                       .y1 = cut(region.y0, region.y1, j + 1, n_y)});
  return boxes;
}

double clipped_variance_share(double clip_sigma) {
  double share = 1.0;
  for (int round = 0; round < 100; ++round) {
    const double k = clip_sigma * std::sqrt(share);
    const double density = std::exp(-0.5 * k * k) / std::sqrt(2.0 * kPi);
    share = 1.0 - 2.0 * k * density / std::erf(k / std::sqrt(2.0));
  }
  return share;
}

PairNoise pair_noise(const Grid<float>& first, const Grid<float>& second, const Mask& first_mask,
                     const Mask& second_mask, const PixelBox& box, bool scaled,
                     const PhotonTransferConfig& config) {
  const PixelBox all{.x0 = 0, .y0 = 0, .x1 = first.nx(), .y1 = first.ny()};
  if (!same_shape(first, second) || !all.contains(box) ||
      (!first_mask.empty() && !same_shape(first, first_mask)) ||
      (!second_mask.empty() && !same_shape(first, second_mask)))
    throw Error{Errc::internal, "pair_noise: frames, masks and box do not fit each other"};
  PairNoise out;
  const PairValues v = values_of(first, second, first_mask, second_mask, box);
  const std::size_t n = v.first.size();
  if (static_cast<std::int64_t>(n) < kMinPixels) return out;
  if (scaled) out.ratio = median_of(v.first) / median_of(v.second);
  std::vector<double> difference(n);
  for (std::size_t i = 0; i < n; ++i) difference[i] = v.first[i] - out.ratio * v.second[i];
  std::vector<double> sorted = difference;
  const ClippedSummary s = sigma_clipped_in_place(sorted, config.clip_sigma, config.max_rounds);
  // The levels come from the pixels whose difference survived.
  double first_sum = 0.0;
  double second_sum = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    if (std::abs(difference[i] - s.median) > config.clip_sigma * s.sigma) continue;
    first_sum += v.first[i];
    second_sum += v.second[i];
    ++out.n_px;
  }
  const double r2 = out.ratio * out.ratio;
  const auto used = static_cast<double>(out.n_px);
  out.level_adu = (first_sum + r2 * second_sum) / used / (1.0 + r2);
  out.clipped_sigma_adu = s.sigma;
  const double limit =
      config.saturated_fraction_max * static_cast<double>(box.nx()) * static_cast<double>(box.ny());
  if (static_cast<double>(v.n_saturated) > limit) return out;
  if (out.n_px < kMinPixels || !(out.ratio < kMaxRatio) || !(out.ratio > 1.0 / kMaxRatio))
    return out;
  const double variance = s.sigma * s.sigma * used / (used - 1.0) /
                          clipped_variance_share(config.clip_sigma) / (1.0 + r2);
  out.variance_adu2 = variance - config.quantum_adu * config.quantum_adu / 12.0;
  out.variance_error_adu2 = variance * std::sqrt(2.0 / (used - 1.0));
  return out;
}

PairNoise typical_noise(std::span<const PairNoise> boxes) {
  std::vector<double> level;
  std::vector<double> variance;
  std::vector<double> error;
  PairNoise out;
  for (const PairNoise& b : boxes) {
    if (!std::isfinite(b.variance_adu2)) continue;
    level.push_back(b.level_adu);
    variance.push_back(b.variance_adu2);
    error.push_back(b.variance_error_adu2);
    out.n_px += b.n_px;
  }
  if (level.empty()) return out;
  // A median's standard error is √(π/2) that of the mean; with one or two boxes it is the mean.
  const auto n = static_cast<double>(level.size());
  out.level_adu = median_in_place(level);
  out.variance_adu2 = median_in_place(variance);
  out.variance_error_adu2 =
      median_in_place(error) * (n > 2.0 ? std::sqrt(kPi / 2.0) : 1.0) / std::sqrt(n);
  return out;
}

double turnover_adu(std::span<const PairNoise> pairs) {
  std::vector<PairNoise> sorted;
  for (const PairNoise& p : pairs)
    if (std::isfinite(p.variance_adu2)) sorted.push_back(p);
  std::ranges::stable_sort(sorted, {}, &PairNoise::level_adu);
  PairNoise peak;
  for (const PairNoise& p : sorted) {
    if (!std::isfinite(peak.variance_adu2) || p.variance_adu2 >= peak.variance_adu2) {
      peak = p;
      continue;
    }
    const double error = std::hypot(peak.variance_error_adu2, p.variance_error_adu2);
    if (p.variance_adu2 < 0.8 * peak.variance_adu2 &&
        peak.variance_adu2 - p.variance_adu2 > 5.0 * error)
      return peak.level_adu;
  }
  return kNaN;
}

PhotonTransfer gain_of_two_pairs(double flat_sum_adu, double bias_sum_adu,
                                 double flat_difference_sigma_adu, double bias_difference_sigma_adu,
                                 std::int64_t n_px) {
  PhotonTransfer out;
  const double flat = flat_difference_sigma_adu * flat_difference_sigma_adu;
  const double bias = bias_difference_sigma_adu * bias_difference_sigma_adu;
  if (!(flat > bias) || !(flat_sum_adu > bias_sum_adu)) return out;
  out.gain_e_per_adu = (flat_sum_adu - bias_sum_adu) / (flat - bias);
  out.read_noise_adu = bias_difference_sigma_adu / std::sqrt(2.0);
  out.read_noise_e = out.gain_e_per_adu * out.read_noise_adu;
  // σ of a variance of n values is √(2/(n−1)) of it; the gain and the read noise share that of the
  // bias: R = g √(bias/2), ∂R/∂bias = R (1/(2 bias) + 1/(flat − bias)).
  const double share = std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(1, n_px - 1)));
  out.gain_error_e_per_adu = out.gain_e_per_adu * share * std::hypot(flat, bias) / (flat - bias);
  out.read_noise_error_e =
      out.read_noise_e * share * std::hypot(flat / (flat - bias), 0.5 + bias / (flat - bias));
  out.n_used = 1;
  return out;
}

}  // namespace skyweft::calib

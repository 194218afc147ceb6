// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/matched_filter.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::detect {
namespace {

/// Two inputs with the same weight: the taps at −r and +r.
struct TapPair {
  const float* before;
  const float* after;
  float k;
};

/// out[x] = k·middle[x] (or out[x], when it goes on) + Σ pair.k (before[x] + after[x]). One load
/// and one store of `out` for all N pairs.
template <std::size_t N, bool kGoesOn>
void add_pairs(const float* __restrict middle, float k, const TapPair* pairs, std::size_t n,
               float* __restrict out) {
  std::array<TapPair, N> p;
  std::copy_n(pairs, N, p.begin());
  for (std::size_t x = 0; x < n; ++x) {
    float sum = kGoesOn ? out[x] : k * middle[x];
    for (std::size_t r = 0; r < N; ++r) sum += p[r].k * (p[r].before[x] + p[r].after[x]);
    out[x] = sum;
  }
}

template <bool kGoesOn>
void add_some(std::size_t n_pair, const float* middle, float k, const TapPair* pairs, std::size_t n,
              float* out) {
  switch (n_pair) {
    case 1:
      return add_pairs<1, kGoesOn>(middle, k, pairs, n, out);
    case 2:
      return add_pairs<2, kGoesOn>(middle, k, pairs, n, out);
    case 3:
      return add_pairs<3, kGoesOn>(middle, k, pairs, n, out);
    default:
      return add_pairs<4, kGoesOn>(middle, k, pairs, n, out);
  }
}

/// Weighted sum of 2 radius + 1 inputs, always in the order of rising r.
void convolve(const float* middle, float k, std::span<const TapPair> pairs, std::size_t n,
              float* out) {
  constexpr std::size_t kAtOnce = 4;
  add_some<false>(std::min(kAtOnce, pairs.size()), middle, k, pairs.data(), n, out);
  for (std::size_t r = kAtOnce; r < pairs.size(); r += kAtOnce)
    add_some<true>(std::min(kAtOnce, pairs.size() - r), middle, k, &pairs[r], n, out);
}

/// Inverse variance, 0 where the pixel must not be used, and the same times signal − level.
void weigh(const float* __restrict signal, const float* __restrict variance,
           const float* __restrict level, const MaskBits* __restrict bits, std::size_t n,
           float* __restrict data, float* __restrict weight) {
  for (std::size_t x = 0; x < n; ++x) {
    const std::uint32_t bad = bits[x] & mask::unusable;  // all of it without branches
    const std::uint32_t keep = (bad == 0 ? ~0u : 0u) & (variance[x] > 0.0f ? ~0u : 0u) &
                               (std::abs(signal[x]) < 1e30f ? ~0u : 0u);
    const float w = 1.0f / variance[x], above = w * (signal[x] - level[x]);
    weight[x] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(w) & keep);
    data[x] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(above) & keep);
  }
}

}  // namespace

std::vector<float> half_gaussian(double fwhm_px) {
  const double sigma_px = fwhm_px / 2.3548;
  const long radius = std::max(1L, std::lround(3.0 * sigma_px));
  std::vector<float> k;
  for (long r = 0; r <= radius; ++r)
    k.push_back(static_cast<float>(
        std::exp(-0.5 * static_cast<double>(r) * static_cast<double>(r) / (sigma_px * sigma_px))));
  return k;
}

FilteredRows::FilteredRows(const Frame& frame, const Background& background, double fwhm_px,
                           std::int64_t x0, std::int64_t x1, std::int64_t y0)
    : frame_{frame},
      background_{background},
      k_{half_gaussian(fwhm_px)},
      k2_{k_},
      radius_{static_cast<std::int64_t>(k_.size()) - 1},
      x0_{x0},
      nx_{x1 - x0},
      y_{y0},
      y_in_{std::max<std::int64_t>(0, y0 - radius_)} {
  for (float& k : k2_) k *= k;
  const auto padded = static_cast<std::size_t>(nx_ + 2 * radius_);
  data_.assign(padded, 0.0f);
  weight_.assign(padded, 0.0f);
  data_rows_.assign(static_cast<std::size_t>(nx_ * (2 * radius_ + 1)), 0.0f);
  weight_rows_ = data_rows_;
  zeros_.assign(static_cast<std::size_t>(nx_), 0.0f);
}

float* FilteredRows::kept(std::vector<float>& rows, std::int64_t y) {
  return y < 0 || y >= frame_.ny() ? zeros_.data() : rows.data() + y % (2 * radius_ + 1) * nx_;
}

void FilteredRows::take_in(std::int64_t y) {
  const std::int64_t begin = std::max<std::int64_t>(0, x0_ - radius_);
  const std::int64_t end = std::min(frame_.nx(), x0_ + nx_ + radius_);
  const std::int64_t at = begin - (x0_ - radius_);  // the padding beyond the frame stays 0
  weigh(frame_.signal_e.row(y).data() + begin, frame_.variance_e2.row(y).data() + begin,
        background_.level_e.row(y).data() + begin, frame_.mask.row(y).data() + begin,
        static_cast<std::size_t>(end - begin), data_.data() + at, weight_.data() + at);
  const auto along_x = [&](const std::vector<float>& row, const std::vector<float>& k, float* out) {
    const float* centre = row.data() + radius_;
    std::vector<TapPair> pairs;
    for (std::int64_t r = 1; r <= radius_; ++r)
      pairs.push_back({centre - r, centre + r, k[static_cast<std::size_t>(r)]});
    convolve(centre, k[0], pairs, static_cast<std::size_t>(nx_), out);
  };
  along_x(data_, k_, kept(data_rows_, y));
  along_x(weight_, k2_, kept(weight_rows_, y));
}

void FilteredRows::next(float* numerator, float* weight) {
  for (; y_in_ < frame_.ny() && y_in_ <= y_ + radius_; ++y_in_) take_in(y_in_);
  const auto along_y = [&](std::vector<float>& rows, const std::vector<float>& k, float* out) {
    std::vector<TapPair> pairs;
    for (std::int64_t r = 1; r <= radius_; ++r)
      pairs.push_back({kept(rows, y_ - r), kept(rows, y_ + r), k[static_cast<std::size_t>(r)]});
    convolve(kept(rows, y_), k[0], pairs, static_cast<std::size_t>(nx_), out);
  };
  along_y(data_rows_, k_, numerator);
  along_y(weight_rows_, k2_, weight);
  ++y_;
}

Grid<float> matched_filter_snr(const Frame& frame, const Background& background, double fwhm_px,
                               double noise_scale) {
  const std::int64_t nx = frame.nx(), ny = frame.ny();
  Grid<float> snr(nx, ny);
  FilteredRows rows{frame, background, fwhm_px, 0, nx, 0};
  std::vector<float> weight(static_cast<std::size_t>(nx));
  const auto scale = static_cast<float>(1.0 / noise_scale);
  for (std::int64_t y = 0; y < ny; ++y) {
    float* out = snr.row(y).data();
    rows.next(out, weight.data());
    for (std::size_t x = 0; x < weight.size(); ++x)
      out[x] = weight[x] > 0.0f ? scale * out[x] / std::sqrt(weight[x]) : 0.0f;
  }
  return snr;
}

}  // namespace skyweft::detect

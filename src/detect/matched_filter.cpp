// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/matched_filter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <vector>

namespace skyweft::detect {
namespace {

/// Half of a symmetric kernel exp(-r²/(2 s²)), r = 0…radius.
std::vector<float> half_gaussian(double sigma_px) {
  const int radius = std::max(1, static_cast<int>(std::ceil(3.0 * sigma_px)));
  std::vector<float> k;
  for (int r = 0; r <= radius; ++r)
    k.push_back(static_cast<float>(std::exp(-0.5 * r * r / (sigma_px * sigma_px))));
  return k;
}

/// out[x] = Σ k[|j|] padded[x + radius + j] over contiguous pixels.
void convolve_row(const float* padded, std::span<const float> k, std::int64_t n, float* out) {
  const auto radius = static_cast<std::int64_t>(k.size()) - 1;
  const float* centre = padded + radius;
  for (std::int64_t x = 0; x < n; ++x) out[x] = k[0] * centre[x];
  for (std::int64_t r = 1; r <= radius; ++r) {
    const float w = k[static_cast<std::size_t>(r)];
    const float* left = centre - r;
    const float* right = centre + r;
    for (std::int64_t x = 0; x < n; ++x) out[x] += w * (left[x] + right[x]);
  }
}

/// Rows convolved along x, kept as long as a column needs them.
class RowRing {
 public:
  RowRing(std::int64_t nx, std::int64_t radius)
      : nx_{nx}, n_{2 * radius + 1}, rows_(static_cast<std::size_t>(nx * n_), 0.0f) {}
  float* row(std::int64_t y) { return rows_.data() + (y % n_) * nx_; }

 private:
  std::int64_t nx_, n_;
  std::vector<float> rows_;
};

void convolve_column(RowRing& ring, std::span<const float> k, std::int64_t y, std::int64_t nx,
                     std::int64_t ny, float* out) {
  const float* middle = ring.row(y);
  for (std::int64_t x = 0; x < nx; ++x) out[x] = k[0] * middle[x];
  for (std::int64_t r = 1; r < static_cast<std::int64_t>(k.size()); ++r) {
    const float w = k[static_cast<std::size_t>(r)];
    for (const std::int64_t other : {y - r, y + r}) {
      if (other < 0 || other >= ny) continue;
      const float* row = ring.row(other);
      for (std::int64_t x = 0; x < nx; ++x) out[x] += w * row[x];
    }
  }
}

}  // namespace

Grid<float> matched_filter_snr(const Frame& frame, const Background& background, double fwhm_px,
                               double noise_scale) {
  const std::int64_t nx = frame.nx(), ny = frame.ny();
  const double sigma_px = fwhm_px / 2.3548;
  const std::vector<float> k = half_gaussian(sigma_px);
  std::vector<float> k2 = k;
  for (float& v : k2) v *= v;
  while (k2.size() > 2 && k2.back() < 1e-3f) k2.pop_back();
  const auto radius = static_cast<std::int64_t>(k.size()) - 1;
  const auto radius2 = static_cast<std::int64_t>(k2.size()) - 1;

  const auto padded = static_cast<std::size_t>(nx + 2 * radius);
  std::vector<float> data(padded, 0.0f), weight(padded, 0.0f);
  RowRing data_rows{nx, radius}, weight_rows{nx, radius};
  std::vector<float> top(static_cast<std::size_t>(nx)), bottom(static_cast<std::size_t>(nx));
  Grid<float> snr(nx, ny);
  const auto scale = static_cast<float>(1.0 / noise_scale);
  std::int64_t next = 0;
  for (std::int64_t y = 0; y < ny; ++y) {
    for (; next < ny && next <= y + radius; ++next) {
      const float* signal = frame.signal_e.row(next).data();
      const float* variance = frame.variance_e2.row(next).data();
      const float* level = background.level_e.row(next).data();
      const MaskBits* bits = frame.mask.row(next).data();
      float* d = data.data() + radius;
      float* w = weight.data() + radius;
      for (std::int64_t x = 0; x < nx; ++x) {
        const bool good = ((bits[x] & mask::unusable) == 0) & (variance[x] > 0.0f) &
                          (std::abs(signal[x]) < 1e30f);
        w[x] = good ? 1.0f / variance[x] : 0.0f;
        d[x] = good ? w[x] * (signal[x] - level[x]) : 0.0f;
      }
      convolve_row(data.data(), k, nx, data_rows.row(next));
      convolve_row(weight.data() + (radius - radius2), k2, nx, weight_rows.row(next));
    }
    convolve_column(data_rows, k, y, nx, ny, top.data());
    convolve_column(weight_rows, k2, y, nx, ny, bottom.data());
    float* out = snr.row(y).data();
    for (std::int64_t x = 0; x < nx; ++x)
      out[x] = bottom[static_cast<std::size_t>(x)] > 0.0f
                   ? scale * top[static_cast<std::size_t>(x)] /
                         std::sqrt(bottom[static_cast<std::size_t>(x)])
                   : 0.0f;
  }
  return snr;
}

}  // namespace skyweft::detect

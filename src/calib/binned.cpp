// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/binned.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

std::int64_t cells_along(std::int64_t n, std::int64_t factor) {
  return (n + factor - 1) / factor;
}

std::int64_t width(std::int64_t n, std::int64_t factor, std::int64_t i) {
  return std::min(factor, n - i * factor);
}

double centre_px(std::int64_t n, std::int64_t factor, std::int64_t i) {
  return static_cast<double>(i * factor) + 0.5 * static_cast<double>(width(n, factor, i) - 1);
}

/// Adds the usable pixels of a row, and their number, to per-column sums: no branch, no reduction.
void add_row(std::size_t n, const float* __restrict value, const MaskBits* __restrict bits,
             double* __restrict sum, float* __restrict count) {
  for (std::size_t i = 0; i < n; ++i) {
    const bool ok = ((bits[i] & mask::unusable) == 0) & (std::abs(value[i]) <= 3.4e38F);
    sum[i] += static_cast<double>(ok ? value[i] : 0.0F);
    count[i] += ok ? 1.0F : 0.0F;
  }
}

/// Half the width of a box that keeps its centre: smaller at the edges.
std::int64_t half_width(std::int64_t at, std::int64_t n, std::int64_t half) {
  return std::min(half, std::max<std::int64_t>(1, std::min(at, n - 1 - at)));
}

}  // namespace

std::int64_t BinnedImage::area(std::int64_t ix, std::int64_t iy) const {
  return width(nx, factor, ix) * width(ny, factor, iy);
}
double BinnedImage::x_px(std::int64_t ix) const {
  return centre_px(nx, factor, ix);
}
double BinnedImage::y_px(std::int64_t iy) const {
  return centre_px(ny, factor, iy);
}

BinnedImage bin_image(const Grid<float>& image, const Mask& bits, std::int64_t factor,
                      double min_valid) {
  if (factor < 1) throw Error{Errc::internal, "bin_image: the factor is below 1"};
  if (!bits.empty() && !same_shape(image, bits))
    throw Error{Errc::internal, "bin_image: image and mask differ in shape"};
  BinnedImage out{.mean = {}, .nx = image.nx(), .ny = image.ny(), .factor = factor};
  if (image.empty()) return out;
  out.mean = Grid<float>(cells_along(image.nx(), factor), cells_along(image.ny(), factor), kNaNf);
  const auto n = static_cast<std::size_t>(image.nx());
  const std::vector<MaskBits> clear(bits.empty() ? n : 0, 0);
  std::vector<double> sum(n);
  std::vector<float> count(n);
  for (std::int64_t cy = 0; cy < out.mean.ny(); ++cy) {
    std::ranges::fill(sum, 0.0);
    std::ranges::fill(count, 0.0F);
    for (std::int64_t iy = cy * factor; iy < cy * factor + width(out.ny, factor, cy); ++iy)
      add_row(n, image.row(iy).data(), bits.empty() ? clear.data() : bits.row(iy).data(),
              sum.data(), count.data());
    for (std::int64_t cx = 0; cx < out.mean.nx(); ++cx) {
      double total = 0.0;
      double n_good = 0.0;
      const auto first = static_cast<std::size_t>(cx * factor);
      const auto end = first + static_cast<std::size_t>(width(out.nx, factor, cx));
      for (std::size_t i = first; i < end; ++i) {
        total += sum[i];
        n_good += static_cast<double>(count[i]);
      }
      if (n_good > 0.0 && n_good >= min_valid * static_cast<double>(out.area(cx, cy)))
        out.mean(cx, cy) = static_cast<float>(total / n_good);
    }
  }
  return out;
}

std::vector<std::int64_t> sample_indices(std::int64_t n, std::int64_t step) {
  std::vector<std::int64_t> at;
  if (n <= 0) return at;
  const std::int64_t gaps = (n - 1 + step - 1) / step;
  at.reserve(static_cast<std::size_t>(gaps + 1));
  at.push_back(0);
  for (std::int64_t k = 1; k <= gaps; ++k) at.push_back((k * (n - 1) + gaps / 2) / gaps);
  return at;
}

Grid<float> box_median(const Grid<float>& cells, std::int64_t size, std::int64_t step) {
  if (size < 1 || step < 1) throw Error{Errc::internal, "box_median: size or step below 1"};
  const std::int64_t half = size / 2;
  const auto at_x = sample_indices(cells.nx(), step);
  const auto at_y = sample_indices(cells.ny(), step);
  Grid<float> out(static_cast<std::int64_t>(at_x.size()), static_cast<std::int64_t>(at_y.size()),
                  kNaNf);
  std::vector<float> box(static_cast<std::size_t>((2 * half + 1) * (2 * half + 1)));
  for (std::size_t j = 0; j < at_y.size(); ++j)
    for (std::size_t i = 0; i < at_x.size(); ++i) {
      const std::int64_t hx = half_width(at_x[i], cells.nx(), half);
      const std::int64_t hy = half_width(at_y[j], cells.ny(), half);
      const auto x0 = static_cast<std::size_t>(std::max<std::int64_t>(0, at_x[i] - hx));
      const auto x1 = static_cast<std::size_t>(std::min(cells.nx(), at_x[i] + hx + 1));
      const std::int64_t y0 = std::max<std::int64_t>(0, at_y[j] - hy);
      const std::int64_t y1 = std::min(cells.ny(), at_y[j] + hy + 1);
      std::size_t n = 0;
      for (std::int64_t iy = y0; iy < y1; ++iy) {
        const auto row = cells.row(iy);
        for (std::size_t ix = x0; ix < x1; ++ix) {
          box[n] = row[ix];
          n += std::isfinite(row[ix]) ? 1U : 0U;
        }
      }
      out(static_cast<std::int64_t>(i), static_cast<std::int64_t>(j)) =
          median_in_place(std::span<float>{box.data(), n});
    }
  return out;
}

}  // namespace skyweft::calib

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/master_rows_bad.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

constexpr std::int64_t kReach = 7;  ///< of the 15×15 px around a pixel
constexpr float kUnused = std::numeric_limits<float>::infinity();

void mark(MaskBits& bits, MaskBits bit) {
  bits = static_cast<MaskBits>(bits | bit);
}

/// A frame, row-major.
struct Plane {
  std::int64_t nx;
  std::int64_t ny;
  std::vector<float> pixels;

  float* row(std::int64_t iy) { return pixels.data() + iy * nx; }
};

/// pick(a, b) over the 15 neighbours along y, then along x; `neutral` stands outside the frame.
template <class Pick>
Plane running(Plane in, float neutral, Pick pick) {
  Plane columns{in.nx, in.ny, std::vector<float>(in.pixels.size(), neutral)};
  for (std::int64_t iy = 0; iy < in.ny; ++iy)
    for (std::int64_t jy = std::max<std::int64_t>(iy - kReach, 0);
         jy <= std::min(iy + kReach, in.ny - 1); ++jy) {
      float* to = columns.row(iy);
      const float* from = in.row(jy);
      for (std::int64_t ix = 0; ix < in.nx; ++ix) to[ix] = pick(to[ix], from[ix]);
    }
  std::ranges::fill(in.pixels, neutral);
  for (std::int64_t iy = 0; iy < in.ny; ++iy)
    for (std::int64_t shift = -kReach; shift <= kReach; ++shift) {
      float* to = in.row(iy);
      const float* from = columns.row(iy);
      const std::int64_t end = std::min(in.nx, in.nx - shift);
      for (std::int64_t ix = std::max<std::int64_t>(-shift, 0); ix < end; ++ix)
        to[ix] = pick(to[ix], from[ix + shift]);
    }
  return in;
}

/// Judges rows [y0, y1) of a flat. `used` holds rows [top, top + used.ny) of it, kReach more than
/// the band on both sides where the frame has them; +∞: not used.
void mark_flat_band(std::int64_t y0, std::int64_t y1, std::int64_t top, Plane& used,
                    std::span<const float> flat, std::span<const float> error,
                    std::span<MaskBits> bits, const FlatLimits& limits) {
  Plane lowest = running(used, kUnused, [](float a, float b) { return b < a ? b : a; });
  Plane downward = used;
  for (float& v : downward.pixels) v = v < kUnused ? v : -kUnused;
  Plane highest =
      running(std::move(downward), -kUnused, [](float a, float b) { return a < b ? b : a; });
  std::vector<float> values;
  const auto local_median = [&](std::int64_t x, std::int64_t y) {
    values.clear();
    for (std::int64_t iy = std::max<std::int64_t>(y - kReach, 0);
         iy <= std::min(y + kReach, used.ny - 1); ++iy)
      for (std::int64_t ix = std::max<std::int64_t>(x - kReach, 0);
           ix <= std::min(x + kReach, used.nx - 1); ++ix)
        if (const float v = used.row(iy)[ix]; v < kUnused) values.push_back(v);
    return static_cast<double>(median_in_place(std::span<float>{values}));
  };
  for (std::int64_t iy = y0; iy < y1; ++iy)
    for (std::int64_t ix = 0; ix < used.nx; ++ix) {
      const auto i = static_cast<std::size_t>(iy * used.nx + ix);
      const auto v = static_cast<double>(flat[i]);
      const double relative = error.empty() ? 0.0 : static_cast<double>(error[i]) / v;
      if (!(v >= limits.low_flat) || relative > limits.error_max) mark(bits[i], mask::low_flat);
      const auto low = static_cast<double>(lowest.row(iy - top)[ix]);
      const auto high = static_cast<double>(highest.row(iy - top)[ix]);
      // The median lies between the extremes; a factor times it between the factor times them.
      const bool surely_fine =
          v >= limits.response_low * high && v <= limits.response_high * low && low > 0.0;
      if (surely_fine || !(low <= high)) continue;
      const double local = local_median(ix, iy - top);
      if (v < limits.response_low * local || v > limits.response_high * local)
        mark(bits[i], mask::fault);
    }
}

}  // namespace

void mark_hot_pixels(std::span<const float> dark_adu, std::span<MaskBits> bits, double limit_sigma,
                     double least_adu) {
  const RobustSummary summary = robust_summary(dark_adu);
  const double limit = summary.median + std::max(limit_sigma * summary.sigma, least_adu);
  for (std::size_t i = 0; i < dark_adu.size(); ++i)
    if (static_cast<double>(dark_adu[i]) > limit) mark(bits[i], mask::hot);
}

void mark_unstable_pixels(std::span<const float> scale, std::span<const float> expected,
                          std::span<MaskBits> bits, double limit, MaskBits bit) {
  for (std::size_t i = 0; i < scale.size(); ++i) {
    const auto normal = static_cast<double>(expected.size() == 1 ? expected[0] : expected[i]);
    if (normal > 0.0 && std::isfinite(scale[i]) && static_cast<double>(scale[i]) > limit * normal)
      mark(bits[i], bit);
  }
}

void mark_flat_pixels(std::int64_t nx, std::int64_t ny, std::span<const float> flat,
                      std::span<const float> error, std::span<MaskBits> bits,
                      const FlatLimits& limits) {
  // In bands, so that four more planes of the frame need no memory.
  constexpr std::int64_t kBand = 64;
  Plane before{nx, 0, {}};  // the last rows of the band before, as they were before marking
  for (std::int64_t y0 = 0; y0 < ny; y0 += kBand) {
    const std::int64_t y1 = std::min(y0 + kBand, ny);
    const std::int64_t top = y0 - before.ny;
    const std::int64_t bottom = std::min(y1 + kReach, ny);
    Plane used{nx, bottom - top, std::move(before.pixels)};
    for (auto i = static_cast<std::size_t>(y0 * nx); i < static_cast<std::size_t>(bottom * nx); ++i)
      used.pixels.push_back(std::isfinite(flat[i]) && (bits[i] & mask::unusable) == 0 ? flat[i]
                                                                                      : kUnused);
    mark_flat_band(y0, y1, top, used, flat, error, bits, limits);
    before.ny = std::min(kReach, y1);
    before.pixels.assign(used.row(y1 - before.ny - top), used.row(y1 - top));
  }
}

void mark_nonlinear_pixels(std::span<const float> high, std::span<const float> high_error,
                           std::span<const float> low, std::span<const float> low_error,
                           std::span<MaskBits> bits, double limit_sigma) {
  for (std::size_t i = 0; i < high.size(); ++i) {
    const auto h = static_cast<double>(high[i]);
    const auto l = static_cast<double>(low[i]);
    if (!(h > 0.0) || !(l > 0.0)) continue;
    const double ratio = h / l;
    const double error = ratio * std::hypot(static_cast<double>(high_error[i]) / h,
                                            static_cast<double>(low_error[i]) / l);
    if (std::abs(ratio - 1.0) > limit_sigma * error) mark(bits[i], mask::nonlinear);
  }
}

void mark_bad_columns(Mask& bits, const PixelBox& region, bool along_rows, double share) {
  const std::int64_t n_line = along_rows ? region.ny() : region.nx();
  const std::int64_t length = along_rows ? region.nx() : region.ny();
  const auto pixel = [&](std::int64_t line, std::int64_t at) -> MaskBits& {
    return along_rows ? bits(region.x0 + at, region.y0 + line)
                      : bits(region.x0 + line, region.y0 + at);
  };
  for (std::int64_t line = 0; line < n_line; ++line) {
    std::int64_t n_bad = 0;
    std::int64_t n_all = 0;
    for (std::int64_t at = 0; at < length; ++at) {
      if ((pixel(line, at) & mask::outer) != 0) continue;
      ++n_all;
      n_bad += (pixel(line, at) & mask::unusable) != 0 ? 1 : 0;
    }
    if (static_cast<double>(n_bad) <= share * static_cast<double>(n_all)) continue;
    for (std::int64_t at = 0; at < length; ++at)
      if ((pixel(line, at) & mask::outer) == 0) mark(pixel(line, at), mask::fault);
  }
}

}  // namespace skyweft::calib

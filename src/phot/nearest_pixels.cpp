// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/nearest_pixels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace skyweft::phot {
namespace {

constexpr MaskBits kWatched = mask::unusable | mask::interpolated;

constexpr std::size_t kBlock = 16;

/// Whether a pixel of so many blocks is flagged or not finite.
bool has_unusual(std::size_t n_block, const float* __restrict value,
                 const float* __restrict variance, const MaskBits* __restrict bits) {
  // An exponent of ones (infinity, NaN) overflows into the sign bit.
  constexpr std::uint32_t kExponent = 0x7f800000U;
  constexpr std::uint32_t kStep = 0x00800000U;
  MaskBits found = 0;
  std::uint32_t exponents = 0;
  for (std::size_t i = 0; i < n_block * kBlock; ++i) {
    found = static_cast<MaskBits>(found | bits[i]);
    exponents |= ((std::bit_cast<std::uint32_t>(value[i]) & kExponent) + kStep) |
                 ((std::bit_cast<std::uint32_t>(variance[i]) & kExponent) + kStep);
  }
  return (found & kWatched) != 0 || (exponents >> 31) != 0;
}

void note(double dx, double dy, MaskBits bits, bool finite, Nearest& out) {
  if ((bits & kWatched) == 0 && finite) return;
  const double d = distance_to_pixel(dx, dy);
  if ((bits & mask::oversaturated) != 0) out.saturated = std::min(out.saturated, d);
  if ((bits & mask::leaked) != 0) out.leaked = std::min(out.leaked, d);
  if ((bits & mask::interpolated) != 0) out.interpolated = std::min(out.interpolated, d);
  const auto broken = static_cast<MaskBits>(bits & mask::unusable & ~mask::saturated);
  if (broken == mask::cosmic && finite)
    out.cosmic = std::min(out.cosmic, d);
  else if (broken != 0 || !finite)
    out.unusable = std::min(out.unusable, d);
  out.all_finite = out.all_finite && finite;
}

}  // namespace

double distance_to_pixel(double dx, double dy) noexcept {
  return std::hypot(std::max(std::abs(dx) - 0.5, 0.0), std::max(std::abs(dy) - 0.5, 0.0));
}

void fetch_pixels(const Frame& frame, double x, double y, double radius_px) noexcept {
  const auto nx = static_cast<double>(frame.nx());
  const auto ny = static_cast<double>(frame.ny());
  if (frame.signal_e.empty()) return;
  const auto ix_low = static_cast<std::int64_t>(std::clamp(x - radius_px, 0.0, nx - 1.0));
  const auto ix_high = static_cast<std::int64_t>(std::clamp(x + radius_px, 0.0, nx - 1.0));
  const auto iy_low = static_cast<std::int64_t>(std::clamp(y - radius_px, 0.0, ny - 1.0));
  const auto iy_high = static_cast<std::int64_t>(std::clamp(y + radius_px, 0.0, ny - 1.0));
  for (std::int64_t iy = iy_low; iy <= iy_high; ++iy) {
    const auto at = iy * frame.nx();
    for (const std::int64_t ix : {ix_low, ix_high}) {
      __builtin_prefetch(frame.signal_e.pixels().data() + at + ix);
      __builtin_prefetch(frame.variance_e2.pixels().data() + at + ix);
    }
    __builtin_prefetch(frame.mask.pixels().data() + at + ix_low);
  }
}

Nearest nearest_pixels(const Frame& frame, double x, double y, double radius_px) noexcept {
  const auto nx = static_cast<double>(frame.nx());
  const auto ny = static_cast<double>(frame.ny());
  Nearest out;
  out.edge = std::max(0.0, std::min({x + 0.5, nx - 0.5 - x, y + 0.5, ny - 0.5 - y}));
  // One pixel more than needed, so that rounding cannot lose one, and whole blocks where the frame
  // has them.
  const auto ix_low = static_cast<std::int64_t>(std::clamp(x - radius_px - 1.0, 0.0, nx));
  const auto ix_end = static_cast<std::int64_t>(std::clamp(x + radius_px + 2.0, 0.0, nx));
  const auto iy_low = static_cast<std::int64_t>(std::clamp(y - radius_px - 1.0, 0.0, ny));
  const auto iy_end = static_cast<std::int64_t>(std::clamp(y + radius_px + 2.0, 0.0, ny));
  if (ix_low >= ix_end) return out;
  const auto n_right = static_cast<std::size_t>(frame.nx() - ix_low);
  const auto n_block = (static_cast<std::size_t>(ix_end - ix_low) + kBlock - 1) / kBlock;
  const bool has_blocks = n_block * kBlock <= n_right;
  const std::size_t n = has_blocks ? n_block * kBlock : n_right;
  for (std::int64_t iy = iy_low; iy < iy_end; ++iy) {
    const float* const value = frame.signal_e.row(iy).data() + ix_low;
    const float* const variance = frame.variance_e2.row(iy).data() + ix_low;
    const MaskBits* const bits = frame.mask.row(iy).data() + ix_low;
    if (has_blocks && !has_unusual(n_block, value, variance, bits)) continue;
    const double dy = static_cast<double>(iy) - y;
    for (std::size_t i = 0; i < n; ++i)
      note(static_cast<double>(ix_low + static_cast<std::int64_t>(i)) - x, dy, bits[i],
           std::isfinite(value[i]) && std::isfinite(variance[i]), out);
  }
  return out;
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "detect/stamp.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace skyweft::detect {
namespace {

constexpr std::uint32_t kHuge = std::bit_cast<std::uint32_t>(1e30f);

/// Whether all pixels of a row can be used; one pass over whole numbers, which vectorises.
bool all_good(const float* signal, const MaskBits* bits, int n, MaskBits refused) {
  unsigned any = 0;
  for (int i = 0; i < n; ++i) any |= bits[i];
  std::uint32_t huge = 0;  // |v| as an integer sorts like |v|; infinities and NaNs come last
  for (int i = 0; i < n; ++i)
    huge |= (std::bit_cast<std::uint32_t>(signal[i]) & 0x7fffffffu) > kHuge ? 1u : 0u;
  return (any & refused) == 0 && huge == 0;
}

/// Copies the part of a row that lies on the frame; returns false when a pixel was left out.
bool copy_row(const Frame& frame, const Background& background, std::int64_t x, std::int64_t y,
              int n, MaskBits refused, float* light, float* variance) {
  const float* signal = frame.signal_e.row(y).data() + x;
  const float* level = background.level_e.row(y).data() + x;
  const float* noise = frame.variance_e2.row(y).data() + x;
  const MaskBits* bits = frame.mask.row(y).data() + x;
  if (all_good(signal, bits, n, refused)) {
    for (int i = 0; i < n; ++i) light[i] = signal[i] - level[i];
    for (int i = 0; i < n; ++i) variance[i] = noise[i];
    return true;
  }
  for (int i = 0; i < n; ++i) {
    const bool good = (bits[i] & refused) == 0 && std::abs(signal[i]) < 1e30f;
    light[i] = good ? signal[i] - level[i] : 0.0f;
    variance[i] = good ? noise[i] : 0.0f;
  }
  return false;
}

/// A value of exactly zero variance marks a pixel that was left out.
void drop_mirrors(Stamp& stamp, const std::vector<std::uint8_t>& out_of_use) {
  const int side = 2 * stamp.radius + 1;
  for (int j = 0; j < side; ++j)
    for (int i = 0; i < side; ++i) {
      if (out_of_use[static_cast<std::size_t>(j * side + i)] == 0) continue;
      const auto at = static_cast<std::size_t>((side - 1 - j) * stamp.stride + side - 1 - i);
      stamp.light_e[at] = 0.0f;
      stamp.variance[at] = 0.0f;
    }
}

}  // namespace

void cut_stamp(const Frame& frame, const Background& background, std::int64_t x_px,
               std::int64_t y_px, int radius, const StampRule& rule, Stamp& out) {
  radius = std::max(0, radius);
  const int side = 2 * radius + 1;
  out.x_px = x_px;
  out.y_px = y_px;
  out.radius = radius;
  out.stride = (side + 3) / 4 * 4;
  out.whole = true;
  const auto size = static_cast<std::size_t>(out.stride * side + 4);
  out.light_e.assign(size, 0.0f);
  out.variance.assign(size, 0.0f);
  const std::int64_t x0 = x_px - radius, y0 = y_px - radius;
  const std::int64_t first = std::clamp<std::int64_t>(-x0, 0, side);
  const std::int64_t last = std::clamp<std::int64_t>(frame.nx() - x0, first, side);
  for (int j = 0; j < side; ++j) {
    const std::int64_t y = y0 + j;
    const bool on = y >= 0 && y < frame.ny() && last > first;
    const std::int64_t at = static_cast<std::int64_t>(j) * out.stride + first;
    const bool all =
        on && copy_row(frame, background, x0 + first, y, static_cast<int>(last - first),
                       rule.refused, out.light_e.data() + at, out.variance.data() + at);
    out.whole = out.whole && all && last - first == side;
  }
  if (out.whole || !rule.mirrored) return;
  std::vector<std::uint8_t> left_out(static_cast<std::size_t>(side * side), 1);
  for (int j = 0; j < side; ++j)
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t x = x0 + i, y = y0 + j;
      if (y < 0 || y >= frame.ny()) continue;
      const bool good =
          (frame.mask(x, y) & rule.refused) == 0 && std::abs(frame.signal_e(x, y)) < 1e30f;
      left_out[static_cast<std::size_t>(j * side + i)] = good ? 0 : 1;
    }
  drop_mirrors(out, left_out);
}

void expect_stamp(const Frame& frame, const Background& background, double x_px, double y_px,
                  int radius) {
  const std::int64_t cx = std::lround(x_px), cy = std::lround(y_px);
  if (!frame.mask.contains(cx, cy)) return;
  const auto x0 = static_cast<std::size_t>(std::max<std::int64_t>(0, cx - radius));
  const auto x1 = static_cast<std::size_t>(std::min(frame.nx() - 1, cx + radius));
  const std::int64_t y1 = std::min(frame.ny() - 1, cy + radius);
  for (std::int64_t y = std::max<std::int64_t>(0, cy - radius); y <= y1; ++y) {
    for (const std::size_t x : {x0, x1}) {  // a row of a small stamp lies in one or two cache lines
      __builtin_prefetch(&frame.signal_e.row(y)[x]);
      __builtin_prefetch(&background.level_e.row(y)[x]);
      __builtin_prefetch(&frame.variance_e2.row(y)[x]);
    }
    __builtin_prefetch(&frame.mask.row(y)[x0]);
  }
}

}  // namespace skyweft::detect

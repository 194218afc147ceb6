// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/sky_pixels.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace skyweft::phot {
namespace {

// px; wide, because memory is read along rows
constexpr std::int64_t kTileX = 256;
constexpr std::int64_t kTileY = 32;

// All ones: infinity or NaN. One step more overflows into the sign bit.
constexpr std::uint32_t kExponent = 0x7f800000U;
constexpr std::uint32_t kStep = 0x00800000U;

/// Whether a pixel is unusable or not finite.
bool has_bad(std::size_t n, const float* __restrict value, const MaskBits* __restrict bits) {
  MaskBits found = 0;
  std::uint32_t exponents = 0;
  for (std::size_t i = 0; i < n; ++i) {
    found = static_cast<MaskBits>(found | bits[i]);
    exponents |= (std::bit_cast<std::uint32_t>(value[i]) & kExponent) + kStep;
  }
  return (found & mask::unusable) != 0 || (exponents >> 31) != 0;
}

/// Marks these pixels.
void mark_bad(std::size_t n, const float* value, const MaskBits* bits, std::uint8_t* is_other) {
  for (std::size_t i = 0; i < n; ++i)
    if ((bits[i] & mask::unusable) != 0 || !std::isfinite(value[i])) is_other[i] = 1;
}

/// The smallest integer that is not below v >= 0.
std::int32_t ceil_of(double v) {
  const auto whole = static_cast<std::int32_t>(v);
  return whole + (static_cast<double>(whole) < v ? 1 : 0);
}

}  // namespace

SkyPixels::SkyPixels(const Frame& frame)
    : frame_(&frame),
      is_other_(frame.nx(), frame.ny()),
      is_known_((frame.nx() + kTileX - 1) / kTileX, (frame.ny() + kTileY - 1) / kTileY) {}

void SkyPixels::look_at(std::int64_t ix_low, std::int64_t ix_end, std::int64_t iy_low,
                        std::int64_t iy_end) {
  for (std::int64_t ty = iy_low / kTileY; ty * kTileY < iy_end; ++ty)
    for (std::int64_t tx = ix_low / kTileX; tx * kTileX < ix_end; ++tx) {
      if (is_known_(tx, ty) != 0) continue;
      is_known_(tx, ty) = 1;
      const std::int64_t left = tx * kTileX;
      const auto n = static_cast<std::size_t>(std::min(kTileX, frame_->nx() - left));
      for (std::int64_t iy = ty * kTileY; iy < std::min((ty + 1) * kTileY, frame_->ny()); ++iy) {
        const float* const value = frame_->signal_e.row(iy).data() + left;
        const MaskBits* const bits = frame_->mask.row(iy).data() + left;
        if (has_bad(n, value, bits)) mark_bad(n, value, bits, is_other_.row(iy).data() + left);
      }
    }
}

void SkyPixels::find_spans(double x, double y, double inner_px, double outer_px) {
  const auto nx = static_cast<double>(frame_->nx());
  const auto ny = static_cast<double>(frame_->ny());
  iy_low_ = static_cast<std::int64_t>(std::clamp(std::ceil(y - outer_px), 0.0, ny));
  const auto iy_end =
      static_cast<std::int64_t>(std::clamp(std::floor(y + outer_px) + 1.0, 0.0, ny));
  n_row_ = iy_end > iy_low_ ? static_cast<std::size_t>(iy_end - iy_low_) : 0;
  if (spans_.size() < n_row_) spans_.resize(n_row_);
  const double outer2 = outer_px * outer_px;
  const double inner2 = inner_px * inner_px;
  for (std::size_t k = 0; k < n_row_; ++k) {
    const double dy = static_cast<double>(iy_low_ + static_cast<std::int64_t>(k)) - y;
    const double half2 = outer2 - dy * dy;
    const double hole2 = inner2 - dy * dy;
    const double half = std::sqrt(half2 > 0.0 ? half2 : 0.0);
    const double hole = std::sqrt(hole2 > 0.0 ? hole2 : 0.0);
    Span& s = spans_[k];
    s.first = ceil_of(std::clamp(x - half, 0.0, nx));
    s.end = std::max(s.first, static_cast<std::int32_t>(std::clamp(x + half + 1.0, 0.0, nx)));
    const std::int32_t left = ceil_of(std::clamp(x - hole, 0.0, nx));
    const auto right = static_cast<std::int32_t>(std::clamp(x + hole + 1.0, 0.0, nx));
    s.left_end = hole2 >= 0.0 ? std::clamp(left, s.first, s.end) : s.end;
    s.right_begin = hole2 >= 0.0 ? std::clamp(right, s.left_end, s.end) : s.end;
  }
  look_at(static_cast<std::int64_t>(std::clamp(x - outer_px - 1.0, 0.0, nx)),
          static_cast<std::int64_t>(std::clamp(x + outer_px + 2.0, 0.0, nx)), iy_low_, iy_end);
}

void SkyPixels::exclude(double x, double y, double radius_px) {
  const auto nx = static_cast<double>(frame_->nx());
  const auto ny = static_cast<double>(frame_->ny());
  const auto iy_low = static_cast<std::int64_t>(std::clamp(std::ceil(y - radius_px), 0.0, ny));
  const auto iy_end =
      static_cast<std::int64_t>(std::clamp(std::floor(y + radius_px) + 1.0, 0.0, ny));
  for (std::int64_t iy = iy_low; iy < iy_end; ++iy) {
    const double dy = static_cast<double>(iy) - y;
    const double half2 = radius_px * radius_px - dy * dy;
    const double half = std::sqrt(half2 > 0.0 ? half2 : 0.0);
    const std::int32_t first = ceil_of(std::clamp(x - half, 0.0, nx));
    const auto end = static_cast<std::int32_t>(std::clamp(x + half + 1.0, 0.0, nx));
    std::uint8_t* const row = is_other_.row(iy).data();
    for (std::int32_t ix = first; ix < end; ++ix) row[ix] = 1;
  }
}

void SkyPixels::gather(double x, double y, double inner_px, double outer_px, SkySample& out) {
  find_spans(x, y, inner_px, outer_px);
  std::size_t n_largest = 0;
  for (std::size_t k = 0; k < n_row_; ++k)
    n_largest += static_cast<std::size_t>(spans_[k].end - spans_[k].first);
  out.reset(n_largest);
  float* const kept = out.value.data();
  std::size_t n = 0;
  for (std::size_t k = 0; k < n_row_; ++k) {
    const std::int64_t iy = iy_low_ + static_cast<std::int64_t>(k);
    const float* const value = frame_->signal_e.row(iy).data();
    const std::uint8_t* const is_other = is_other_.row(iy).data();
    const auto take = [&](std::int32_t first, std::int32_t end) {
      // Always written, kept when it is sky: no branch to mispredict.
      for (std::int32_t ix = first; ix < end; ++ix) {
        kept[n] = value[ix];
        n += 1U - is_other[ix];
      }
    };
    const Span s = spans_[k];
    take(s.first, s.left_end);
    take(s.right_begin, s.end);
  }
  out.n = n;
}

void SkyPixels::gather(double x, double y, double inner_px, double outer_px, PlaneSample& out) {
  find_spans(x, y, inner_px, outer_px);
  out.clear();
  for (std::size_t k = 0; k < n_row_; ++k) {
    const std::int64_t iy = iy_low_ + static_cast<std::int64_t>(k);
    const float* const value = frame_->signal_e.row(iy).data();
    const std::uint8_t* const is_other = is_other_.row(iy).data();
    const double dy = static_cast<double>(iy) - y;
    const auto take = [&](std::int32_t first, std::int32_t end) {
      for (std::int32_t ix = first; ix < end; ++ix)
        if (is_other[ix] == 0)
          out.push_back(static_cast<double>(ix) - x, dy, static_cast<double>(value[ix]));
    };
    take(spans_[k].first, spans_[k].left_end);
    take(spans_[k].right_begin, spans_[k].end);
  }
}

}  // namespace skyweft::phot

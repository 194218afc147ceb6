// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "phot/aperture_sums.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/wide_copies.hpp"
#include "phot/overlap.hpp"

namespace skyweft::phot {
namespace {

std::int64_t ceil_index(double v) {
  return static_cast<std::int64_t>(std::ceil(v));
}
std::int64_t floor_index(double v) {
  return static_cast<std::int64_t>(std::floor(v));
}

// Four numbers side by side; the order of every sum is fixed, whatever the width of the registers.
constexpr std::size_t kLanes = 4;
using Doubles = double __attribute__((vector_size(kLanes * sizeof(double))));
using Integers = std::int64_t __attribute__((vector_size(kLanes * sizeof(std::int64_t))));

/// Adds n pixels, weight[i] of pixel offset[i] from where signal and variance point.
SKYWEFT_WIDE_COPIES
void add_pixels(std::size_t n, const double* __restrict weight,
                const std::int32_t* __restrict offset, const float* __restrict signal,
                const float* __restrict variance, ApertureSum& out) noexcept {
  Doubles area{};
  Doubles of_signal{};
  Doubles of_variance{};
  Doubles square{};
  Integers n_pixel{};
  for (std::size_t i = 0; i < n; i += kLanes) {
    Doubles w;
    std::memcpy(&w, weight + i, sizeof w);
    const std::int32_t* const at = offset + i;
    const Doubles light{static_cast<double>(signal[at[0]]), static_cast<double>(signal[at[1]]),
                        static_cast<double>(signal[at[2]]), static_cast<double>(signal[at[3]])};
    const Doubles noise{static_cast<double>(variance[at[0]]), static_cast<double>(variance[at[1]]),
                        static_cast<double>(variance[at[2]]), static_cast<double>(variance[at[3]])};
    const Doubles w2 = w * w;
    area += w;
    of_signal += w * light;
    of_variance += w2 * noise;
    square += w2;
    n_pixel -= w > 0.0;  // −1 where true
  }
  const auto total = [](const auto& s) { return (s[0] + s[1]) + (s[2] + s[3]); };
  out.area += total(area);
  out.signal += total(of_signal);
  out.variance += total(of_variance);
  out.square += total(square);
  out.n_pixel += static_cast<double>(total(n_pixel));
}

/// Adds the moments of a ring's pixels, counted from the star's own pixel.
void add_moments(std::size_t n, const double* weight, const RingPixels& pixels, ApertureSum& out) {
  for (std::size_t i = 0; i < n; ++i) {
    out.moment_x -= weight[i] * (pixels.sign_x[i] * (pixels.far_x[i] - 0.5));
    out.moment_y -= weight[i] * (pixels.sign_y[i] * (pixels.far_y[i] - 0.5));
  }
}

}  // namespace

AreaSums::AreaSums(const Frame& frame, std::span<const double> radii_px, bool with_moments)
    : frame_(&frame),
      radii_px_(radii_px.begin(), radii_px.end()),
      with_moments_(with_moments),
      all_(radii_px.size()) {
  std::iota(all_.begin(), all_.end(), std::size_t{0});
  std::ranges::stable_sort(all_, {}, [&](std::size_t a) { return radii_px_[a]; });
  std::vector<double> tabled_px;
  for (const std::size_t a : all_) {
    const double r = radii_px_[a];
    if (!(r > 0.0)) throw Error{Errc::internal, fmt::format("an aperture of {} px", r)};
    if (r >= kSmallestRing && r <= kLargestRing) {
      tabled_.push_back(a);
      tabled_px.push_back(r);
    } else {
      others_.push_back(a);
    }
  }
  if (!tabled_px.empty()) table_reach_px_ = tabled_px.back() + 1.5;
  tables_ = RingTables(std::move(tabled_px), frame.nx());
}

void AreaSums::at(double x, double y, bool all_finite, std::span<ApertureSum> out) {
  std::ranges::fill(out, ApertureSum{});
  const double column = std::floor(x + 0.5);
  const double row = std::floor(y + 0.5);
  const bool is_inside = column >= table_reach_px_ && row >= table_reach_px_ &&
                         column + table_reach_px_ < static_cast<double>(frame_->nx()) &&
                         row + table_reach_px_ < static_cast<double>(frame_->ny());
  if (!is_inside || !all_finite || tabled_.empty()) {
    by_rows(x, y, all_, out);
    return;
  }
  by_rows(x, y, others_, out);
  const double fx = x - column;
  const double fy = y - row;
  const RingTable& table = tables_.at(fx, fy);
  const auto centre =
      static_cast<std::ptrdiff_t>(row) * frame_->nx() + static_cast<std::ptrdiff_t>(column);
  const float* const signal = frame_->signal_e.pixels().data() + centre;
  const float* const variance = frame_->variance_e2.pixels().data() + centre;
  ApertureSum whole;
  std::size_t i = 0;
  for (std::size_t k = 0; k < table.rings.size(); ++k) {
    const Ring& ring = table.rings[k];
    const auto end = static_cast<std::size_t>(ring.whole_end);
    for (; i < end; ++i) {
      whole.signal += static_cast<double>(signal[table.whole_offset[i]]);
      whole.variance += static_cast<double>(variance[table.whole_offset[i]]);
    }
    whole.area = whole.square = whole.n_pixel = static_cast<double>(end);

    const auto first = static_cast<std::size_t>(ring.first);
    const auto n_all = static_cast<std::size_t>(ring.n_all);
    if (weight_.size() < n_all) weight_.resize(n_all);
    const auto part = [&](const std::vector<double>& c) {
      return std::span{c}.subspan(first, n_all);
    };
    const RingPixels pixels{part(table.sign_x), part(table.far_x), part(table.sign_y),
                            part(table.far_y)};
    overlap_areas(pixels, fx, fy, ring.radius_px, std::span{weight_}.first(n_all));
    double* const first_part = weight_.data() + ring.n_pixel - ring.n_split;
    const double* const second_part = weight_.data() + ring.n_padded;
    for (std::int32_t p = 0; p < ring.n_split; ++p) first_part[p] += second_part[p];
    ApertureSum& sum = out[tabled_[k]];
    sum = whole;
    const auto n_padded = static_cast<std::size_t>(ring.n_padded);
    add_pixels(n_padded, weight_.data(), table.offset.data() + first, signal, variance, sum);
    if (with_moments_) {
      sum.moment_x = ring.sum_column;
      sum.moment_y = ring.sum_row;
      add_moments(n_padded, weight_.data(), pixels, sum);
      sum.moment_x -= fx * sum.area;
      sum.moment_y -= fy * sum.area;
    }
  }
}

/// One pass over the rows of the largest circle: whole pixels from running sums of the row, pixels
/// on the circle by their exact overlap.
void AreaSums::by_rows(double x, double y, std::span<const std::size_t> apertures,
                       std::span<ApertureSum> out) {
  if (apertures.empty()) return;
  const double largest = radii_px_[apertures.back()];
  const std::int64_t ix_low = std::max<std::int64_t>(0, ceil_index(x - largest - 0.5));
  const std::int64_t ix_high = std::min(frame_->nx() - 1, floor_index(x + largest + 0.5));
  const std::int64_t iy_low = std::max<std::int64_t>(0, ceil_index(y - largest - 0.5));
  const std::int64_t iy_high = std::min(frame_->ny() - 1, floor_index(y + largest + 0.5));
  if (ix_low > ix_high) return;
  const auto n = static_cast<std::size_t>(ix_high - ix_low + 1);
  running_.resize(n + 1);
  for (std::int64_t iy = iy_low; iy <= iy_high; ++iy) {
    const auto left = static_cast<std::size_t>(ix_low);
    const auto value = frame_->signal_e.row(iy).subspan(left, n);
    const auto variance = frame_->variance_e2.row(iy).subspan(left, n);
    const double dy = static_cast<double>(iy) - y;
    const auto is_finite = [&](std::size_t i) {
      return std::isfinite(value[i]) && std::isfinite(variance[i]);
    };
    Running sum;
    running_[0] = sum;
    for (std::size_t i = 0; i < n; ++i) {
      if (is_finite(i)) {
        sum.signal += static_cast<double>(value[i]);
        sum.variance += static_cast<double>(variance[i]);
      }
      running_[i + 1] = sum;
    }
    const double dy_near = std::max(std::abs(dy) - 0.5, 0.0);
    const double dy_far = std::abs(dy) + 0.5;
    for (const std::size_t a : apertures) {
      const double r = radii_px_[a];
      const double touched2 = r * r - dy_near * dy_near;
      if (touched2 <= 0.0) continue;
      const double touched = std::sqrt(touched2);
      const std::int64_t first = std::max(ix_low, ceil_index(x - touched - 0.5));
      const std::int64_t last = std::min(ix_high, floor_index(x + touched + 0.5));
      // Whole pixels [whole_first, whole_end), empty when the circle holds none in this row.
      std::int64_t whole_first = last + 1;
      std::int64_t whole_end = last + 1;
      const double inside2 = r * r - dy_far * dy_far;
      if (inside2 > 0.25) {
        const double inside = std::sqrt(inside2);
        const std::int64_t from = std::max(first, ceil_index(x - inside + 0.5));
        const std::int64_t end = std::min(last, floor_index(x + inside - 0.5)) + 1;
        if (from < end) {
          whole_first = from;
          whole_end = end;
        }
      }
      ApertureSum& s = out[a];
      const auto add_cut_pixels = [&](std::int64_t from, std::int64_t end) {
        for (std::int64_t ix = from; ix < end; ++ix) {
          const auto i = static_cast<std::size_t>(ix - ix_low);
          const double dx = static_cast<double>(ix) - x;
          const double w = circle_pixel_overlap(dx, dy, r);
          s.area += w;
          s.square += w * w;
          s.n_pixel += w > 0.0 ? 1.0 : 0.0;
          s.moment_x += w * dx;  // cheap beside the overlap
          s.moment_y += w * dy;
          if (!is_finite(i)) continue;
          s.signal += w * static_cast<double>(value[i]);
          s.variance += w * w * static_cast<double>(variance[i]);
        }
      };
      add_cut_pixels(first, whole_first);
      add_cut_pixels(whole_end, last + 1);
      if (whole_first < whole_end) {
        const Running& low = running_[static_cast<std::size_t>(whole_first - ix_low)];
        const Running& high = running_[static_cast<std::size_t>(whole_end - ix_low)];
        const auto n_whole = static_cast<double>(whole_end - whole_first);
        const double middle = 0.5 * static_cast<double>(whole_first + whole_end - 1);
        s.area += n_whole;
        s.square += n_whole;
        s.n_pixel += n_whole;
        s.moment_x += n_whole * (middle - x);
        s.moment_y += n_whole * dy;
        s.signal += high.signal - low.signal;
        s.variance += high.variance - low.variance;
      }
    }
  }
}

}  // namespace skyweft::phot

// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <algorithm>

#include "calib/stack_block.hpp"
#include "calib/stack_column.hpp"
#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {

StackedStrip stack_strip(std::span<const float> samples, std::int64_t n_frame, std::int64_t n_px,
                         double noise_floor_gain, double noise_floor_read_e,
                         const StackConfig& config, double pedestal) {
  const auto n = static_cast<std::size_t>(n_frame);
  const auto width = static_cast<std::size_t>(n_px);
  if (samples.size() != n * width)
    throw Error{Errc::internal, "stack_strip: samples are not [n_frame][n_px]"};
  StackedStrip out{.value = std::vector<float>(width, 0.0F),
                   .error = std::vector<float>(width, 0.0F),
                   .count = std::vector<std::uint16_t>(width, 0),
                   .mask = std::vector<MaskBits>(width, 0),
                   .scale = std::vector<float>(width, 0.0F)};
  const StackRule rule = stack_rule(config, noise_floor_gain, noise_floor_read_e, pedestal);
  const VectorUnit unit = widest_unit();
  std::vector<BlockRow> rows;
  std::vector<float> column;
  BlockStats block;
  for (std::int64_t first = 0; first < n_px; first += kBlockWidth) {
    const std::int64_t n_here = std::min(kBlockWidth, n_px - first);
    sort_block(samples.data() + first, n_frame, n_px, n_here, rule.n_low, rule.n_high, unit, rows,
               block);
    for (std::int64_t i = 0; i < n_here; ++i) {
      const auto lane = static_cast<std::size_t>(i);
      const auto to = static_cast<std::size_t>(first + i);
      const auto sorted = [&](std::int64_t k) { return rows[static_cast<std::size_t>(k)][lane]; };
      StackedPixel pixel;
      float mad = 0.0F;
      if (const std::int64_t kept = block.n[lane]; kept > rule.n_low + rule.n_high) {
        const bool full = kept == block.n_full;
        const ColumnStats stats{.n = kept,
                                .median = block.median[lane],
                                .mad = block.mad[lane],
                                .mean = block.mean[lane],
                                .squares = block.squares[lane],
                                .low = sorted(rule.n_low),
                                .high = sorted(kept - 1 - rule.n_high)};
        if (full) mad = stats.mad;
        if (full && nothing_to_clip(stats, stats.low, stats.high, rule)) {
          pixel = finish_pixel(stats, rule);
        } else {
          column.clear();
          for (std::int64_t k = 0; k < kept; ++k) column.push_back(sorted(k));
          pixel = stack_column(column, rule);
          if (!full) mad = column_stats(column, 0, 0).mad;
        }
      }
      out.value[to] = static_cast<float>(pixel.value);
      out.error[to] = static_cast<float>(pixel.error);
      out.count[to] = static_cast<std::uint16_t>(std::min<std::int64_t>(pixel.n, 65535));
      out.scale[to] = static_cast<float>(kMadToSigma * static_cast<double>(mad));
      if (pixel.n < config.min_frames) out.mask[to] = mask::fault;
    }
  }
  return out;
}

}  // namespace skyweft::calib

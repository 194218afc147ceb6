// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "calib/stack_column.hpp"
#include "core/robust.hpp"

namespace skyweft::support {

inline calib::ColumnStats stats_twin(std::vector<float> v, std::int64_t n_low,
                                     std::int64_t n_high) {
  calib::ColumnStats out{.n = static_cast<std::int64_t>(v.size())};
  if (out.n <= n_low + n_high) return {};
  std::vector<float> copy = v;
  out.median = median_in_place(std::span<float>{copy});
  for (std::size_t k = 0; k < v.size(); ++k)
    copy[k] =
        static_cast<float>(std::abs(static_cast<double>(v[k]) - static_cast<double>(out.median)));
  out.mad = median_in_place(std::span<float>{copy});
  std::sort(v.begin(), v.end());
  const std::vector<float> kept(v.begin() + n_low, v.end() - n_high);
  out.low = kept.front();
  out.high = kept.back();
  double sum = 0.0;
  for (const float x : kept) sum += static_cast<double>(x);
  out.mean = sum / static_cast<double>(kept.size());
  for (const float x : kept) {
    const double d = static_cast<double>(x) - out.mean;
    out.squares += d * d;
  }
  return out;
}

/// What calib::stack_strip() must equal to the last bit: one pixel at a time, a median by selection
/// and a MAD by selection in every round.
inline calib::StackedStrip stack_twin(std::span<const float> samples, std::int64_t n_frame,
                                      std::int64_t n_px, const calib::StackConfig& config,
                                      const calib::StackRule& rule) {
  calib::StackedStrip out;
  for (std::int64_t i = 0; i < n_px; ++i) {
    std::vector<float> left;
    for (std::int64_t k = 0; k < n_frame; ++k)
      if (const float v = samples[static_cast<std::size_t>(k * n_px + i)]; std::isfinite(v))
        left.push_back(v);
    calib::ColumnStats stats = stats_twin(left, rule.n_low, rule.n_high);
    out.scale.push_back(static_cast<float>(kMadToSigma * static_cast<double>(stats.mad)));
    for (int round = 0; rule.combine == calib::Combine::clip && round < rule.max_rounds; ++round) {
      const auto median = static_cast<double>(stats.median);
      const double scale = std::max(kMadToSigma * static_cast<double>(stats.mad),
                                    calib::expected_noise(median, rule));
      const auto n_gone = std::erase_if(left, [&](float x) {
        const auto v = static_cast<double>(x);
        return v < median - rule.clip_low * scale || v > median + rule.clip_high * scale;
      });
      if (n_gone == 0 || left.empty()) break;
      stats = stats_twin(left, 0, 0);
    }
    const calib::StackedPixel pixel = calib::finish_pixel(stats, rule);
    out.value.push_back(static_cast<float>(pixel.value));
    out.error.push_back(static_cast<float>(pixel.error));
    out.count.push_back(static_cast<std::uint16_t>(pixel.n));
    out.mask.push_back(pixel.n < config.min_frames ? mask::fault : MaskBits{0});
  }
  return out;
}

}  // namespace skyweft::support

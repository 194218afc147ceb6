// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/stack.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/robust.hpp"

namespace skyweft::calib {
namespace {

struct Centre {
  double median;
  double scale;
};

/// Median and floored MAD; reorders `values`, uses `scratch` of the same length.
Centre centre_of(std::span<float> values, std::span<float> scratch, double gain, double read_e,
                 double pedestal) {
  const double median = static_cast<double>(median_in_place(values));
  for (std::size_t k = 0; k < values.size(); ++k)
    scratch[k] = static_cast<float>(std::abs(static_cast<double>(values[k]) - median));
  const double scale = kMadToSigma * static_cast<double>(median_in_place(scratch));
  if (!(gain > 0.0)) return {median, scale};
  const double photons_e = gain * std::max(median - pedestal, 0.0);
  return {median, std::max(scale, std::sqrt(read_e * read_e + photons_e) / gain)};
}

}  // namespace

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
                   .mask = std::vector<MaskBits>(width, 0)};
  std::vector<float> column(n);
  std::vector<float> scratch(n);
  for (std::size_t i = 0; i < width; ++i) {
    std::size_t kept = 0;
    for (std::size_t k = 0; k < n; ++k)
      if (const float v = samples[k * width + i]; std::isfinite(v)) column[kept++] = v;
    // The sum below runs in ascending order, whatever order the frames came in.
    std::sort(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(kept));
    std::span<float> values{column.data(), kept};
    double scale = 0.0;
    for (int round = 0; !values.empty(); ++round) {
      const Centre c = centre_of(values, {scratch.data(), values.size()}, noise_floor_gain,
                                 noise_floor_read_e, pedestal);
      scale = c.scale;
      if (round >= config.max_rounds) break;
      const std::size_t before = values.size();
      std::sort(values.begin(), values.end());
      const auto first = std::ranges::lower_bound(values, c.median - config.clip_low * c.scale, {},
                                                  [](float v) { return static_cast<double>(v); });
      const auto end =
          std::ranges::upper_bound(first, values.end(), c.median + config.clip_high * c.scale, {},
                                   [](float v) { return static_cast<double>(v); });
      values = {first, end};
      if (values.size() == before) break;
    }
    if (!values.empty()) {
      std::sort(values.begin(), values.end());
      double sum = 0.0;
      for (const float v : values) sum += static_cast<double>(v);
      const auto count = static_cast<double>(values.size());
      out.value[i] = static_cast<float>(sum / count);
      out.error[i] = static_cast<float>(scale / std::sqrt(count));
      out.count[i] = static_cast<std::uint16_t>(std::min<std::size_t>(values.size(), 65535));
    }
    if (static_cast<std::int64_t>(values.size()) < config.min_frames) out.mask[i] = mask::fault;
  }
  return out;
}

}  // namespace skyweft::calib

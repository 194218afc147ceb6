// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "lc/epd.hpp"

#include <cmath>
#include <numeric>

#include "lc/epd_group.hpp"

namespace skyweft::lc {
std::vector<std::uint8_t> event_mask(std::span<const double> time_bjd_tdb,
                                     const KnownEvent& event) {
  std::vector<std::uint8_t> out(time_bjd_tdb.size(), 0);
  if (!(event.duration_d > 0.0)) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    double from_mid_d = time_bjd_tdb[i] - event.mid_bjd;
    if (event.period_d > 0.0)
      from_mid_d -= event.period_d * std::round(from_mid_d / event.period_d);
    out[i] = std::abs(from_mid_d) <= 0.5 * event.duration_d ? 1 : 0;
  }
  return out;
}

EpdResult detrend_external(std::span<float> mag, std::span<QualityBits> quality,
                           const NamedColumns& points, const Terms& terms,
                           std::span<const std::uint8_t> excluded, const EpdConfig& config) {
  (void)points.find(terms);
  std::vector<std::int64_t> frames(mag.size());
  std::iota(frames.begin(), frames.end(), std::int64_t{0});
  const EpdGroup group{terms, points, frames, config};
  EpdWork work;
  return group.detrend({.mag = mag, .quality = quality, .excluded = excluded}, work).front();
}

}  // namespace skyweft::lc

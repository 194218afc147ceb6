// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "calib/shutter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/robust.hpp"
#include "core/units.hpp"

namespace skyweft::calib {
namespace {

void check_size(std::int64_t measured, std::int64_t expected, const char* axis) {
  if (measured == expected) return;
  throw Error{Errc::bad_input,
              fmt::format("exposures for the shutter have {0} = {1} and {0} = {2}; take them all "
                          "with the same window and binning",
                          axis, measured, expected)}
      .because({fmt::format("frame_{}", axis), static_cast<double>(measured),
                static_cast<double>(expected)});
}

}  // namespace

ShutterMap fit_shutter_map(const Frame& short_frame, const Frame& long_frame) {
  const double t_short = short_frame.exposure_s;
  const double t_long = long_frame.exposure_s;
  if (!(t_short > 0.0) || !(t_long > t_short))
    throw Error{Errc::bad_input,
                fmt::format("exposures of {} s and {} s are no pair for the shutter; give a short "
                            "and a longer one",
                            t_short, t_long)}
        .because({"shutter_exposure_s", t_short, t_long});
  check_size(short_frame.nx(), long_frame.nx(), "nx");
  check_size(short_frame.ny(), long_frame.ny(), "ny");
  const std::int64_t nx = short_frame.nx();
  const std::int64_t ny = short_frame.ny();
  ShutterMap out{.delay_s = Grid<float>(nx, ny),
                 .variance_s2 = Grid<float>(nx, ny),
                 .mask = Mask(nx, ny, mask::no_data)};
  for (std::size_t i = 0; i < out.mask.pixels().size(); ++i) {
    const int bits = short_frame.mask.pixels()[i] | long_frame.mask.pixels()[i];
    const auto s = static_cast<double>(short_frame.signal_e.pixels()[i]);
    const auto l = static_cast<double>(long_frame.signal_e.pixels()[i]);
    if ((bits & mask::unusable) != 0 || !(s > 0.0) || !(l > s) || !std::isfinite(l)) continue;
    const double r = s / l;
    const double slope = (t_long - t_short) / ((1.0 - r) * (1.0 - r));
    const double relative = static_cast<double>(short_frame.variance_e2.pixels()[i]) / (s * s) +
                            static_cast<double>(long_frame.variance_e2.pixels()[i]) / (l * l);
    out.delay_s.pixels()[i] = static_cast<float>((r * t_long - t_short) / (1.0 - r));
    out.variance_s2.pixels()[i] = static_cast<float>(r * r * relative * slope * slope);
    out.mask.pixels()[i] = 0;
  }
  return out;
}

ShutterMap average_shutter_maps(std::span<const ShutterMap> maps) {
  std::vector<double> weight;
  double all = 0.0;
  for (const ShutterMap& map : maps) {
    check_size(map.mask.nx(), maps[0].mask.nx(), "nx");
    check_size(map.mask.ny(), maps[0].mask.ny(), "ny");
    std::vector<double> variance;
    for (std::size_t i = 0; i < map.mask.pixels().size(); ++i)
      if (map.mask.pixels()[i] == 0)
        variance.push_back(static_cast<double>(map.variance_s2.pixels()[i]));
    const double median = median_in_place(variance);
    weight.push_back(median > 0.0 ? 1.0 / median : 0.0);
    all += weight.back();
  }
  if (!(all > 0.0))
    throw Error{Errc::bad_input,
                "no pair of exposures measures the shutter; are they bright, and not saturated?"}
        .because({"shutter_maps", 0.0, 1.0});
  const std::int64_t nx = maps[0].mask.nx();
  const std::int64_t ny = maps[0].mask.ny();
  ShutterMap out{.delay_s = Grid<float>(nx, ny),
                 .variance_s2 = Grid<float>(nx, ny),
                 .mask = Mask(nx, ny, mask::no_data)};
  for (std::size_t i = 0; i < out.mask.pixels().size(); ++i) {
    double sum = 0.0;
    double variance = 0.0;
    double total = 0.0;
    for (std::size_t k = 0; k < maps.size(); ++k) {
      if (maps[k].mask.pixels()[i] != 0) continue;
      total += weight[k];
      sum += weight[k] * static_cast<double>(maps[k].delay_s.pixels()[i]);
      variance += weight[k] * weight[k] * static_cast<double>(maps[k].variance_s2.pixels()[i]);
    }
    if (!(total > 0.0)) continue;
    out.delay_s.pixels()[i] = static_cast<float>(sum / total);
    out.variance_s2.pixels()[i] = static_cast<float>(variance / (total * total));
    out.mask.pixels()[i] = 0;
  }
  return out;
}

void shutter_factor_row(std::span<const float> delay_s, double exposure_s,
                        std::span<float> factor) {
  const auto t = static_cast<float>(exposure_s);
  for (std::size_t i = 0; i < delay_s.size(); ++i) {
    const float open = t + delay_s[i];
    factor[i] = open > 0.0F ? t / open : kNaNf;
  }
}

}  // namespace skyweft::calib

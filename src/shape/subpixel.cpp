// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/subpixel.hpp"

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft::shape {

std::optional<SubPixelMap> named_subpixel_map(std::string_view name) {
  if (name == "uniform") return SubPixelMap{};
  if (name == "bayer") name = "bayer-00";
  constexpr std::string_view kBayer = "bayer-";
  if (name.size() != kBayer.size() + 2 || !name.starts_with(kBayer)) return std::nullopt;
  const char x = name[kBayer.size()];
  const char y = name[kBayer.size() + 1];
  if ((x != '0' && x != '1') || (y != '0' && y != '1')) return std::nullopt;
  SubPixelMap map{Grid<double>{2, 2, 0.0}};
  map.sensitivity(x - '0', y - '0') = 4.0;
  return map;
}

SubPixelMap subpixel_map(Grid<double> sensitivity) {
  double sum = 0.0;
  for (const double s : sensitivity.pixels()) {
    if (!(std::isfinite(s) && s >= 0.0))
      throw Error{
          Errc::bad_config,
          fmt::format("the sub-pixel map holds {}; sensitivities are numbers of at least 0", s)}
          .because({"subpixel_sensitivity", s, 0.0});
    sum += s;
  }
  const double mean = sensitivity.empty() ? 0.0 : sum / static_cast<double>(sensitivity.size());
  if (!(std::isfinite(mean) && mean > 0.0))
    throw Error{Errc::bad_config,
                fmt::format("the mean of the sub-pixel map is {}; some part of a pixel must be "
                            "sensitive",
                            mean)}
        .because({"subpixel_mean", mean, 0.0});
  for (double& s : sensitivity.pixels()) s /= mean;
  return {std::move(sensitivity)};
}

}  // namespace skyweft::shape

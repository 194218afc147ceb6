// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "shape/grid_lines.hpp"

#include <array>

namespace skyweft::shape {

ShapeConfig with_grid(ShapeConfig config, double fwhm_px) {
  constexpr std::array<double, 5> kLines{0.3, 0.9, 1.6, 2.5, 3.8};  // FWHM
  constexpr double kUnknown_px = 2.5;
  if (config.grid != "fwhm") return config;
  const double unit = fwhm_px > 0.0 ? fwhm_px : kUnknown_px;
  std::vector<double> lines;
  for (std::size_t k = kLines.size(); k-- > 0;) lines.push_back(-unit * kLines[k]);
  for (const double line : kLines) lines.push_back(unit * line);
  config.x_grid_px = lines;
  config.y_grid_px = lines;
  return config;
}

}  // namespace skyweft::shape

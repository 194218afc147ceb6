// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "calib/overscan.hpp"
#include "core/grid.hpp"
#include "core/units.hpp"
#include "data/detector.hpp"
#include "data/flags.hpp"

namespace skyweft::support {

/// One model, with no column left out.
inline calib::OverscanConfig overscan_model(const char* model) {
  calib::OverscanConfig config;
  config.overscan = model;
  config.overscan_skip_px = 0;
  return config;
}

/// An amplifier of 4 data columns and `n_col` overscan columns to their right, `ny` rows high.
inline Amplifier overscan_right(std::int64_t ny, std::int64_t n_col) {
  return {.name = "A",
          .data = {0, 0, 4, ny},
          .overscan = {4, 0, 4 + n_col, ny},
          .frame = {0, 0, 4, ny}};
}

/// A raw image of such an amplifier: level(row) plus Gaussian noise, in whole ADU if asked.
inline Grid<float> overscan_image(std::int64_t ny, std::int64_t n_col, double sigma,
                                  const std::function<double(double)>& level,
                                  std::mt19937_64& random, bool whole = false) {
  std::normal_distribution<double> noise(0.0, sigma);
  Grid<float> raw(4 + n_col, ny);
  for (std::int64_t iy = 0; iy < ny; ++iy)
    for (float& v : raw.row(iy)) {
      const double value = level(static_cast<double>(iy)) + noise(random);
      v = static_cast<float>(whole ? std::nearbyint(value) : value);
    }
  return raw;
}

/// The slow obvious running median of the rows' medians, for values without ties or outliers; NaN
/// where no row of the window has a usable pixel.
inline std::vector<double> overscan_row_twin(const Grid<float>& raw, const Mask& bits,
                                             const PixelBox& box, std::int64_t window) {
  const auto middle = [](std::vector<double> v) {
    if (v.empty()) return kNaN;
    std::sort(v.begin(), v.end());
    return 0.5 * (v[(v.size() - 1) / 2] + v[v.size() / 2]);
  };
  std::vector<double> medians;
  for (std::int64_t iy = box.y0; iy < box.y1; ++iy) {
    std::vector<double> row;
    for (std::int64_t ix = box.x0; ix < box.x1; ++ix)
      if ((bits(ix, iy) & mask::unusable) == 0) row.push_back(static_cast<double>(raw(ix, iy)));
    medians.push_back(middle(row));
  }
  std::vector<double> out;
  const auto n = static_cast<std::int64_t>(medians.size());
  for (std::int64_t k = 0; k < n; ++k) {
    std::vector<double> near;
    for (std::int64_t j = k - window / 2; j <= k + window / 2; ++j)
      if (j >= 0 && j < n && !std::isnan(medians[static_cast<std::size_t>(j)]))
        near.push_back(medians[static_cast<std::size_t>(j)]);
    out.push_back(middle(near));
  }
  return out;
}

}  // namespace skyweft::support

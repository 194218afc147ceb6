// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <span>
#include <vector>

#include "calib/masters.hpp"
#include "core/grid.hpp"

namespace skyweft::support {

/// One pixel of every input of the calibration, in double.
struct TwinPixel {
  double adu = 0.0, bias = 0.0, bias_error = 0.0, dark = 0.0, dark_error = 0.0;
  double flat = 1.0, flat_error = 0.0, delay_s = 0.0, delay_error_s = 0.0;
};

/// What is the same for all pixels.
struct TwinScale {
  double gain = 1.0, read_noise_e = 0.0, dark_scale = 1.0, level_adu2 = 0.0, exposure_s = 1.0;
  std::vector<double> linearity;
};

struct TwinResult {
  double signal_e = 0.0;
  double variance_e2 = 0.0;
};

/// The calibration's formula as one reads it, for a pixel that has a value.
inline TwinResult calibrate_pixel(const TwinPixel& p, const TwinScale& s) {
  const double x = p.adu - p.bias;
  double level = x;
  double slope = 1.0;
  for (std::size_t k = 0; k < s.linearity.size(); ++k) {
    const auto order = static_cast<double>(k + 1);
    level += s.linearity[k] * std::pow(x, order + 1.0);
    slope += (order + 1.0) * s.linearity[k] * std::pow(x, order);
  }
  const double flat = p.flat > 0.0 ? p.flat : 1.0;
  const double longer = 1.0 + p.delay_s / s.exposure_s;
  const double response = flat * longer;
  const double response_error =
      std::hypot(p.flat_error * longer, flat * p.delay_error_s / s.exposure_s);
  const double g = s.gain;
  const double signal = g * (level - s.dark_scale * p.dark) / response;
  const double electronic = s.read_noise_e * s.read_noise_e + g * g / 12.0 +
                            g * g * (s.level_adu2 + p.bias_error * p.bias_error);
  const double of_dark = g * s.dark_scale * p.dark_error;
  const double of_flat = signal * response_error;
  return {signal, (g * std::max(level, 0.0) + slope * slope * electronic + of_dark * of_dark +
                   of_flat * of_flat) /
                      (response * response)};
}

/// Memory of one master.
struct HeldMaster {
  Grid<float> value, error;
  Mask mask;
  calib::MasterView view(double exposure_s = 0.0) const {
    return {.nx = value.nx(),
            .ny = value.ny(),
            .value = value.pixels(),
            .error = error.pixels(),
            .mask = mask.pixels(),
            .exposure_s = exposure_s};
  }
};

inline HeldMaster master_like(std::int64_t nx, std::int64_t ny, float value, float error) {
  return {Grid<float>(nx, ny, value), Grid<float>(nx, ny, error), Mask(nx, ny)};
}

/// Adds Gaussian noise to all pixels.
inline void add_noise(Grid<float>& pixels, double sigma, std::mt19937_64& random) {
  std::normal_distribution<double> noise(0.0, sigma);
  for (float& v : pixels.pixels()) v = static_cast<float>(static_cast<double>(v) + noise(random));
}

}  // namespace skyweft::support
